//! Submitted rows checked against the shared schema: what they would change, and what is wrong with them.
//!
//! Whether a change is new, repeats what is stored or withdraws nothing is not asked here.

use super::answer::Answer;
use super::cell::Cell;
use super::period::Period;
use serde::Serialize;

pub use super::submission_row::Checker;

/// One observation as it was sent, before anything is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubmittedRow {
    /// The code of a measure.
    pub measure: Option<String>,
    /// A period in words.
    pub period: Option<String>,
    /// Dimensions and codes, in the order in which they stood.
    pub cell: Vec<(String, String)>,
    /// The value, if there is one.
    pub value: SubmittedValue,
    /// The stated reason why there is none.
    pub missing: Option<String>,
    /// Whether the value is an estimate.
    pub estimated: bool,
    /// The code of the organization on whose behalf it is reported.
    pub organization: Option<String>,
    /// A remark on the figure.
    pub note: Option<String>,
}

/// The value of a submitted row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SubmittedValue {
    /// There was none.
    #[default]
    Absent,
    /// `null`: alone, it withdraws.
    Null,
    /// The digits as they were sent.
    Number(String),
}

/// What a good row does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The place of the row among the submitted, from 0.
    pub row: usize,
    /// Whose figure it is.
    pub organization_id: i32,
    /// The measure.
    pub measure_id: i32,
    /// In the measure's frequency.
    pub period: Period,
    /// Within the measure's dimensions.
    pub cell: Cell,
    /// The remark on the figure, if there is one.
    pub note: Option<String>,
    /// `None` withdraws.
    pub answer: Option<Answer>,
}

/// What is wrong with a row, or worth a second look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// The place of the row among the submitted, from 0.
    pub row: usize,
    /// An RFC 6901 pointer into the submission, such as `/observations/0/value`.
    pub pointer: String,
    /// A stable name for programs.
    pub code: &'static str,
    /// For people: what is wrong, and what would be right.
    pub detail: String,
}

/// Who submits.
pub struct Submitter<'a> {
    /// The submitter's own organization.
    pub organization_id: i32,
    /// Whether it may report on behalf of others.
    pub is_backbone: bool,
    /// Finds, by code and ignoring case, the organizations of the coalition that can be reported for.
    pub organizations: &'a dyn Fn(&str) -> Option<i32>,
}

/// The changes of the good rows and the errors of the others, both in the order of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Of the good rows.
    pub changes: Vec<Change>,
    /// Of the others; a row may have several.
    pub errors: Vec<RowError>,
}
