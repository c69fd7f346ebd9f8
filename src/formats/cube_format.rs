//! The formats in which a cube is answered. Each is a file with its `FORMAT`, and a line in the list here; from the
//! list come what `?format=` takes, what `Accept` is matched with, and the tests that hold every format to the same
//! figures.

use super::cube_meta::Meta;
use super::{cube_csv, cube_json, cube_json_stat, cube_ndjson, cube_vega_lite, cube_xlsx};
use crate::domain::cube::Cube;
use crate::domain::question::Question;
use crate::domain::schema::Schema;
use crate::error::Result;

/// Every format; the first is the one that is answered where nothing is asked for.
pub static CUBE_FORMATS: [CubeFormat; 6] = [
    cube_json::FORMAT,
    cube_csv::FORMAT,
    cube_ndjson::FORMAT,
    cube_json_stat::FORMAT,
    cube_xlsx::FORMAT,
    cube_vega_lite::FORMAT,
];

/// U+FEFF: tells a spreadsheet that a text is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A format: its names, and the function that writes it.
#[derive(Clone, Copy, Debug)]
pub struct CubeFormat {
    /// As `?format=` has it.
    pub name: &'static str,
    /// As `Content-Type` has it; without its parameters, as `Accept` has it.
    pub media_type: &'static str,
    /// The ending of the file that a browser keeps it as; `None` where a browser shows it.
    pub ending: Option<&'static str>,
    /// Whether the bytes may begin with a byte order mark.
    pub takes_bom: bool,
    /// Whether it is written a row after another, in no more time than they took to read.
    pub is_light: bool,
    /// The bytes of an answer: the same for the same answer, always.
    pub write: fn(&CubeAnswer<'_>) -> Result<Vec<u8>>,
}

impl CubeFormat {
    /// The bytes of an answer, with a byte order mark before them if that is wanted and the format takes one.
    pub fn render(&self, answer: &CubeAnswer<'_>, has_bom: bool) -> Result<Vec<u8>> {
        let mut bytes = (self.write)(answer)?;
        if has_bom && self.takes_bom {
            bytes.splice(..0, BYTE_ORDER_MARK.bytes());
        }
        Ok(bytes)
    }
}

/// A finished cube, in which everything is hidden that has to be, and what its readers need to know of it.
#[derive(Clone, Copy, Debug)]
pub struct CubeAnswer<'a> {
    /// What the codes mean.
    pub schema: &'a Schema,
    /// What was asked.
    pub question: &'a Question,
    /// The rows.
    pub cube: &'a Cube,
    /// What holds for the answer as a whole.
    pub meta: &'a Meta<'a>,
}
