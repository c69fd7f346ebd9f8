//! The formats that a submission can have.

use super::incoming::{Input, Sink};
use super::{submission_csv, submission_json, submission_ndjson, submission_wide, submission_xlsx};
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// How a submission is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON document.
    Json,
    /// JSON, an observation a line.
    Ndjson,
    /// CSV, a row for each figure.
    Csv,
    /// CSV, a column for each measure.
    WideCsv,
    /// A workbook, in either layout.
    Xlsx,
}

/// How a table is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// A row for each figure.
    #[default]
    Tidy,
    /// A column for each measure.
    Wide,
}

/// Reads a format that can be read without knowing the schema.
pub type PlainReader = fn(&mut dyn Input, &mut dyn Sink) -> Result<()>;

impl Format {
    /// The format that a file's name tells by its ending.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    const ALL: [Self; 5] = [Self::Json, Self::Ndjson, Self::Csv, Self::WideCsv, Self::Xlsx];

    /// Its name, as it is written down.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::WideCsv => "wide_csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// Reads what was written down.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|format| format.as_str() == name);
        found.ok_or_else(|| Error::internal(format!("'{name}' is no format")))
    }

    /// The format of a media type, without its parameters and in lower case.
    pub fn of(media_type: &str) -> Result<Self> {
        match media_type {
            "application/json" => Ok(Self::Json),
            "application/x-ndjson" => Ok(Self::Ndjson),
            "text/csv" => Ok(Self::Csv),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Ok(Self::Xlsx),
            _ => Err(Error::UnsupportedMediaType(
                "figures come in as application/json, application/x-ndjson, text/csv or \
                 application/vnd.openxmlformats-officedocument.spreadsheetml.sheet (a workbook): say which in \
                 Content-Type"
                    .into(),
            )),
        }
    }

    /// The format, laid out so. A workbook shows its layout itself; JSON has none.
    pub fn laid_out(self, layout: Option<Layout>) -> Result<Self> {
        match (self, layout) {
            (format, None) => Ok(format),
            (Self::Csv | Self::WideCsv, Some(Layout::Tidy)) => Ok(Self::Csv),
            (Self::Csv | Self::WideCsv, Some(Layout::Wide)) => Ok(Self::WideCsv),
            (Self::Json | Self::Ndjson | Self::Xlsx, Some(_)) => Err(Error::invalid(
                "?layout",
                "layout_of_csv_only",
                "only text/csv is sent in one layout or another: leave `layout` out",
            )),
        }
    }

    /// How to read it, if that takes no schema.
    pub fn plain_reader(self) -> Option<PlainReader> {
        match self {
            Self::Json => Some(submission_json::read),
            Self::Ndjson => Some(submission_ndjson::read),
            Self::Csv => Some(submission_csv::read),
            Self::WideCsv | Self::Xlsx => None,
        }
    }

    /// Reads it from its beginning; what keeps it from being read at all is the error.
    pub fn read(self, input: &mut dyn Input, schema: &Schema, sink: &mut dyn Sink) -> Result<()> {
        match self {
            Self::Json => submission_json::read(input, sink),
            Self::Ndjson => submission_ndjson::read(input, sink),
            Self::Csv => submission_csv::read(input, sink),
            Self::WideCsv => submission_wide::read(input, schema, sink),
            Self::Xlsx => submission_xlsx::read(input, schema, sink),
        }
    }
}
