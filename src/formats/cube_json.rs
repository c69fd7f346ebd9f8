//! A cube as flat JSON rows.

use super::cube_format::{CubeAnswer, CubeFormat};
use super::json_rows;
use crate::error::Result;

/// `{"data": […], "meta": {…}}`.
pub const FORMAT: CubeFormat = CubeFormat {
    name: "json",
    media_type: "application/json",
    ending: None,
    takes_bom: false,
    is_light: true,
    write,
};

fn write(answer: &CubeAnswer<'_>) -> Result<Vec<u8>> {
    let mut bytes = b"{\"data\":".to_vec();
    json_rows::write_array(&mut bytes, answer)?;
    bytes.extend(b",\"meta\":");
    serde_json::to_writer(&mut bytes, answer.meta)?;
    bytes.push(b'}');
    Ok(bytes)
}
