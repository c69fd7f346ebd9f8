//! A cube as lines of JSON: the rows of the flat JSON, one on each line, for programs that read a row at a time.

use super::cube_format::{CubeAnswer, CubeFormat};
use super::json_rows::JsonRows;
use crate::error::Result;

/// Each line ends in a line feed, the last one too.
pub const FORMAT: CubeFormat = CubeFormat {
    name: "ndjson",
    media_type: "application/x-ndjson",
    ending: Some("ndjson"),
    takes_bom: false,
    is_light: true,
    write,
};

fn write(answer: &CubeAnswer<'_>) -> Result<Vec<u8>> {
    let mut rows = JsonRows::of(answer)?;
    let mut bytes = Vec::new();
    for row in &answer.cube.rows {
        rows.write(&mut bytes, row)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}
