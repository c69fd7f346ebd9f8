//! Rows as JSON objects, for every format that has them. Numbers are written from their digits, never through a float.

use std::io::Write as _;

use super::cube_format::CubeAnswer;
use super::table::{Item, SHARED, Shape};
use crate::domain::cube::Row;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// What writes the rows of one answer.
pub struct JsonRows<'a> {
    schema: &'a Schema,
    shape: Shape,
    /// Each as JSON, with its colon.
    names: Vec<Vec<u8>>,
    /// How every row of the measure and period that was written last begins.
    shared: Vec<u8>,
    of: Option<(i32, Period)>,
    items: Vec<Option<Item<'a>>>,
}

impl<'a> JsonRows<'a> {
    /// For the rows of an answer.
    pub fn of(answer: &CubeAnswer<'a>) -> Result<Self> {
        let shape = Shape::of(answer.schema, answer.question);
        let columns = shape.columns(answer.cube);
        let name = |column: &String| {
            let mut name = serde_json::to_vec(column)?;
            name.push(b':');
            Ok(name)
        };
        Ok(Self {
            schema: answer.schema,
            shape,
            names: columns.iter().map(name).collect::<Result<_>>()?,
            shared: Vec::new(),
            of: None,
            items: Vec::new(),
        })
    }

    /// Adds a row: what is not a column of its measure is left out, what has no figure is null.
    pub fn write(&mut self, bytes: &mut Vec<u8>, row: &'a Row) -> Result<()> {
        let Some(measure) = self.schema.measure(row.measure_id) else {
            return Ok(());
        };
        if self.of != Some((row.measure_id, row.period)) {
            self.share(measure, row.period)?;
        }
        bytes.extend(&self.shared);
        self.items.clear();
        self.shape.add_items(self.schema, measure, row, &mut self.items);
        for (name, item) in self.names.iter().skip(SHARED).zip(&self.items) {
            let Some(item) = item else { continue };
            bytes.push(b',');
            bytes.extend(name);
            write_item(bytes, item)?;
        }
        bytes.push(b'}');
        Ok(())
    }

    /// Makes the beginning that the rows of a measure and period share.
    fn share(&mut self, measure: &Measure, period: Period) -> Result<()> {
        self.shared.clear();
        let items = self.shape.shared_items(self.schema, measure, period);
        for (place, (name, item)) in self.names.iter().zip(&items).enumerate() {
            self.shared.push(if place == 0 { b'{' } else { b',' });
            self.shared.extend(name);
            write_item(&mut self.shared, item)?;
        }
        self.of = Some((measure.id, period));
        Ok(())
    }
}

/// Adds the rows of an answer as a JSON array, a line for each.
pub fn write_array(bytes: &mut Vec<u8>, answer: &CubeAnswer<'_>) -> Result<()> {
    let mut rows = JsonRows::of(answer)?;
    bytes.push(b'[');
    let first = bytes.len();
    for (place, row) in answer.cube.rows.iter().enumerate() {
        if place > 0 {
            bytes.extend(b",\n");
        }
        rows.write(bytes, row)?;
        if place == 0 {
            // The others are about as long, and room that is made once is not copied.
            bytes.reserve((bytes.len() - first + 8) * answer.cube.rows.len());
        }
    }
    bytes.push(b']');
    Ok(())
}

/// Adds one item.
pub fn write_item(bytes: &mut Vec<u8>, item: &Item<'_>) -> Result<()> {
    match item {
        Item::Text(text) => serde_json::to_writer(bytes, text)?,
        Item::Number(number) => match number.as_whole() {
            // Quicker: most numbers are such.
            Some(whole) => serde_json::to_writer(bytes, &whole)?,
            None => write!(bytes, "{number}").map_err(Error::internal)?,
        },
        Item::Date(date) => write!(bytes, "\"{date}\"").map_err(Error::internal)?,
        Item::Flag(flag) => bytes.extend(if *flag { &b"true"[..] } else { b"false" }),
        Item::Nothing => bytes.extend(b"null"),
    }
    Ok(())
}
