//! What the readers of submissions have in common: rows, handed one after another to whoever takes them, so that a
//! file is never in memory as a whole.

use std::io::{BufRead, Seek};

use crate::domain::submission::SubmittedRow;
use crate::error::Result;

/// Something to read from: a body in memory, or a file.
pub trait Input: BufRead + Seek {}
impl<T: BufRead + Seek> Input for T {}

/// A row as it was read, before anything is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it says, or why it cannot be read.
    pub content: std::result::Result<SubmittedRow, Unreadable>,
    /// The line or the row of the sheet that it stands on, from 1; 0 where the format has no lines.
    pub line: u32,
    /// The column of its value, from 0, where the rows of a wide table make several of them.
    pub column: Option<u32>,
}

/// Why a row cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The field, such as `/value`; empty for the row as a whole.
    pub field: &'static str,
    /// A stable name for programs.
    pub code: &'static str,
    /// For people: what is wrong, and what would be right.
    pub detail: String,
}

/// What is known of a table before its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Columns that should be dimensions.
    pub dimensions: Vec<String>,
    /// The name of the sheet, in a workbook.
    pub sheet: Option<String>,
    /// In a workbook, the columns of fields such as `/value` and `/cell/age_group`, from 0.
    pub columns: Vec<(String, u32)>,
    /// Whom the workbook was made for, if it is one that Cairn made.
    pub made_for: Option<MadeFor>,
}

/// A coalition and an organization, by their codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeFor {
    /// The coalition.
    pub coalition: String,
    /// The organization.
    pub organization: String,
}

/// Takes what is read.
pub trait Sink {
    /// Before the rows, once at most; a format without a header has no head.
    fn head(&mut self, head: Head) -> Result<()>;
    /// Where the figures come from, in the submitter's words; before the rows or after them.
    fn source(&mut self, source: String) -> Result<()>;
    /// A row. An error ends the reading.
    fn row(&mut self, row: Row) -> Result<()>;
}

impl Head {
    /// Where a field of a row stands, for people: `Sheet1!D17` in a workbook, `line 17` in a text.
    pub fn place(&self, line: u32, column: Option<u32>, field: &str) -> Option<String> {
        if line == 0 {
            return None;
        }
        let Some(sheet) = &self.sheet else {
            return Some(format!("line {line}"));
        };
        let own = self.columns.iter().find(|(name, _)| name == field);
        let column = column
            .filter(|_| field == "/value")
            .or(own.map(|(_, column)| *column));
        Some(match column {
            Some(column) => format!("{sheet}!{}{line}", letters(column)),
            None => format!("{sheet}!{line}:{line}"),
        })
    }
}

/// The letters of a column, as spreadsheets write them: 0 is `A`, 26 is `AA`.
pub fn letters(column: u32) -> String {
    let (mut rest, mut letters) = (column + 1, Vec::new());
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_columns_as_spreadsheets_do() {
        let names: Vec<String> = [0, 3, 25, 26, 51, 52, 701, 702].map(letters).into();
        assert_eq!(names, ["A", "D", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn names_places_for_people() {
        let head = Head {
            sheet: Some("Sheet1".into()),
            columns: vec![("/value".into(), 3), ("/cell/age_group".into(), 2)],
            ..Head::default()
        };
        let place = |column, field| head.place(17, column, field).unwrap();
        assert_eq!(place(None, "/value"), "Sheet1!D17");
        assert_eq!(place(Some(8), "/value"), "Sheet1!I17");
        assert_eq!(place(Some(8), "/cell/age_group"), "Sheet1!C17");
        assert_eq!(place(None, ""), "Sheet1!17:17");
        assert_eq!(Head::default().place(3, None, "/value").unwrap(), "line 3");
        assert_eq!(Head::default().place(0, None, "/value"), None);
    }
}
