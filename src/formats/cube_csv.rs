//! A cube as CSV: one header, one line for each row, nothing where there is no figure.

use super::neutral;
use super::table::{Item, Shape};
use crate::domain::cube::Cube;
use crate::domain::question::Question;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// The bytes.
pub fn write(schema: &Schema, question: &Question, cube: &Cube) -> Result<Vec<u8>> {
    let shape = Shape::of(schema, question);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(shape.columns(cube))
        .map_err(Error::internal)?;
    for row in &cube.rows {
        for item in shape.items(schema, row) {
            writer
                .write_field(cell(&item).as_bytes())
                .map_err(Error::internal)?;
        }
        writer.write_record(None::<&[u8]>).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

fn cell(item: &Option<Item>) -> std::borrow::Cow<'_, str> {
    match item {
        Some(Item::Text(text)) => neutral(text),
        Some(Item::Number(digits)) => digits.into(),
        Some(Item::Flag(flag)) => if *flag { "true" } else { "false" }.into(),
        Some(Item::Nothing) | None => "".into(),
    }
}
