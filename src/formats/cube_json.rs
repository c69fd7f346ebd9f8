//! A cube as flat JSON rows. Numbers are written from their digits, never through a float.

use super::table::{Item, Shape};
use crate::domain::cube::Cube;
use crate::domain::question::Question;
use crate::domain::schema::Schema;
use crate::error::Result;

/// The rows, as the bytes of a JSON array.
pub fn write(schema: &Schema, question: &Question, cube: &Cube) -> Result<Vec<u8>> {
    let shape = Shape::of(schema, question);
    let names: Vec<Vec<u8>> = shape
        .columns(cube)
        .iter()
        .map(serde_json::to_vec)
        .collect::<std::result::Result<_, _>>()?;
    let mut bytes = vec![b'['];
    for (place, row) in cube.rows.iter().enumerate() {
        bytes.extend(if place == 0 { "{" } else { ",\n{" }.bytes());
        let mut is_first = true;
        for (name, item) in names.iter().zip(shape.items(schema, row)) {
            let Some(item) = item else { continue };
            if !std::mem::take(&mut is_first) {
                bytes.push(b',');
            }
            bytes.extend(name);
            bytes.push(b':');
            match item {
                Item::Text(text) => serde_json::to_writer(&mut bytes, &text)?,
                Item::Number(digits) => bytes.extend(digits.bytes()),
                Item::Flag(flag) => bytes.extend(if flag { "true" } else { "false" }.bytes()),
                Item::Nothing => bytes.extend(b"null"),
            }
        }
        bytes.push(b'}');
    }
    bytes.push(b']');
    Ok(bytes)
}
