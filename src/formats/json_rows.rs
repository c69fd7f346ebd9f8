//! Rows as JSON objects, for every format that has them. Numbers are written from their digits, never through a float.

use super::cube_format::CubeAnswer;
use super::table::{Item, Shape};
use crate::domain::cube::Row;
use crate::domain::schema::Schema;
use crate::error::Result;

/// What writes the rows of one answer.
pub struct JsonRows<'a> {
    schema: &'a Schema,
    shape: Shape,
    /// As JSON.
    names: Vec<Vec<u8>>,
}

impl<'a> JsonRows<'a> {
    /// For the rows of an answer.
    pub fn of(answer: &CubeAnswer<'a>) -> Result<Self> {
        let shape = Shape::of(answer.schema, answer.question);
        let columns = shape.columns(answer.cube);
        let names = columns
            .iter()
            .map(serde_json::to_vec)
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self {
            schema: answer.schema,
            shape,
            names,
        })
    }

    /// Adds a row: what is not a column of its measure is left out, what has no figure is null.
    pub fn write(&self, bytes: &mut Vec<u8>, row: &Row) -> Result<()> {
        bytes.push(b'{');
        let mut is_first = true;
        for (name, item) in self.names.iter().zip(self.shape.items(self.schema, row)) {
            let Some(item) = item else { continue };
            if !std::mem::take(&mut is_first) {
                bytes.push(b',');
            }
            bytes.extend(name);
            bytes.push(b':');
            write_item(bytes, &item)?;
        }
        bytes.push(b'}');
        Ok(())
    }
}

/// The rows of an answer as a JSON array, a line for each.
pub fn array(answer: &CubeAnswer<'_>) -> Result<Vec<u8>> {
    let rows = JsonRows::of(answer)?;
    let mut bytes = vec![b'['];
    for (place, row) in answer.cube.rows.iter().enumerate() {
        if place > 0 {
            bytes.extend(b",\n");
        }
        rows.write(&mut bytes, row)?;
    }
    bytes.push(b']');
    Ok(bytes)
}

/// Adds one item.
pub fn write_item(bytes: &mut Vec<u8>, item: &Item) -> Result<()> {
    match item {
        Item::Text(text) => serde_json::to_writer(bytes, text)?,
        Item::Number(digits) => bytes.extend(digits.bytes()),
        Item::Date(date) => bytes.extend(format!("\"{date}\"").bytes()),
        Item::Flag(flag) => bytes.extend(flag.to_string().bytes()),
        Item::Nothing => bytes.extend(b"null"),
    }
    Ok(())
}
