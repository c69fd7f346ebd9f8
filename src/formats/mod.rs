//! Submissions in, cubes out: the formats that partners send and dashboards read.

pub mod cube_csv;
pub mod cube_json;
pub mod incoming;
mod neutral;
pub mod submission_csv;
pub mod submission_json;
pub mod table;

use crate::domain::submission::{RowError, SubmittedRow};

pub use neutral::neutral;

/// A submission as it came in, before anything is known about it.
#[derive(Debug, Default)]
pub struct ParsedSubmission {
    /// Where the figures come from, in the submitter's words.
    pub source: Option<String>,
    /// The rows.
    pub rows: Vec<SubmittedRow>,
    /// Columns that should be dimensions.
    pub dimensions: Vec<String>,
    /// Rows that could not be read; their places in `rows` hold nothing.
    pub unreadable: Vec<RowError>,
}
