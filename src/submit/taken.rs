//! Rows that are taken up together.

use crate::formats::incoming::{Head, Row};

/// A piece of the rows, and where it stands.
pub struct Taken<'a> {
    /// What was known before the rows.
    pub head: &'a Head,
    /// How many rows were taken up before.
    pub first: usize,
    /// The rows.
    pub rows: &'a [Row],
}

impl Taken<'_> {
    /// The row of that place among all of the submission, from 0.
    pub fn row(&self, place: usize) -> &Row {
        &self.rows[place - self.first]
    }

    /// Where a field of the row of that place stands in the file, for people.
    pub fn at(&self, place: usize, field: &str) -> Option<String> {
        let row = self.row(place);
        self.head.place(row.line, row.column, field)
    }
}
