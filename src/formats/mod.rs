//! Submissions in, cubes out: the formats that partners send and dashboards read.

pub mod collected;
pub mod cube_csv;
pub mod cube_json;
pub mod incoming;
pub mod json_issue;
mod neutral;
pub mod submission;
pub mod submission_csv;
pub mod submission_json;
pub mod submission_ndjson;
pub mod table;
mod text_input;

pub use neutral::neutral;
