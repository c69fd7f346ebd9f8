//! Dimensions of the shared schema and their codes.

use super::cell::Cell;

/// How `_`, the code of what is not stated, is written.
pub const NOT_STATED: &str = "_";

/// A way to break figures down, such as `age_group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The coalition's own number for it.
    pub id: u16,
    /// Becomes a column; never changes.
    pub code: String,
    /// What people read.
    pub name: String,
    /// Whether one person may be under several of its codes. Then they are never summed.
    pub overlapping: bool,
    /// Without `_`, which every dimension has.
    pub codes: Vec<DimensionCode>,
}

/// One code of a dimension, such as `young_adult`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DimensionCode {
    /// From 1; 0 is `_`.
    pub id: u16,
    /// Unique in the dimension, ignoring case; never changes.
    pub code: String,
    /// What people read.
    pub name: String,
    /// A retired code takes no new figures; those that it has still count.
    pub retired: bool,
}

impl Dimension {
    /// The code with that id; `None` for `_` and for ids that it does not have.
    pub fn code_by_id(&self, id: u16) -> Option<&DimensionCode> {
        // Ids are given in order, so that the place is nearly always the id.
        let place = usize::from(id.checked_sub(1)?);
        self.codes
            .get(place)
            .filter(|code| code.id == id)
            .or_else(|| self.codes.iter().find(|code| code.id == id))
    }

    /// The code's text, `_` for 0; `None` for ids that it does not have.
    pub fn code_text(&self, id: u16) -> Option<&str> {
        if id == Cell::NOT_STATED {
            Some(NOT_STATED)
        } else {
            self.code_by_id(id).map(|code| code.code.as_str())
        }
    }

    /// The codes that take figures, in their order, without `_`.
    pub fn active_codes(&self) -> impl Iterator<Item = &DimensionCode> {
        self.codes.iter().filter(|code| !code.retired)
    }

    /// How many places the dimension has in a lattice: its codes, `_`, and its absence.
    pub fn places(&self) -> u64 {
        self.codes.len() as u64 + 2
    }
}
