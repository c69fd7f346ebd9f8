//! The formats that a submission can have.

use super::incoming::{Input, Sink};
use super::{submission_csv, submission_json};
use crate::error::{Error, Result};

/// How a submission is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON document.
    Json,
    /// CSV, a row for each figure.
    Csv,
}

impl Format {
    /// The format that a file's name tells by its ending.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The format of a media type, without its parameters and in lower case.
    pub fn of(media_type: &str) -> Result<Self> {
        match media_type {
            "application/json" => Ok(Self::Json),
            "text/csv" => Ok(Self::Csv),
            _ => Err(Error::UnsupportedMediaType(
                "figures come in as application/json or as text/csv: say which in Content-Type".into(),
            )),
        }
    }

    /// Reads it from its beginning; what keeps it from being read at all is the error.
    pub fn read(self, input: &mut dyn Input, sink: &mut dyn Sink) -> Result<()> {
        match self {
            Self::Json => submission_json::read(input, sink),
            Self::Csv => submission_csv::read(input, sink),
        }
    }
}
