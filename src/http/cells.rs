//! Cells as they are answered: codes of dimensions by dimension.

use std::collections::BTreeMap;

use crate::domain::cell::Cell;
use crate::domain::schema::Schema;

/// `{"age_group": "young_adult"}`; `{}` is the headline.
pub type CellCodes = BTreeMap<String, String>;

/// A cell in codes.
pub fn codes(schema: &Schema, cell: &Cell) -> CellCodes {
    schema
        .cell_codes(cell)
        .into_iter()
        .map(|(dimension, code)| (dimension.to_owned(), code.to_owned()))
        .collect()
}
