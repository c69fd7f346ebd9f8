//! Days as they are kept: as text, such as `2026-03-05`.

use chrono::NaiveDate;

use crate::error::{Error, Result};

/// The day that was kept so.
pub(in crate::store) fn read_day(text: &str) -> Result<NaiveDate> {
    text.parse()
        .map_err(|_| Error::internal(format!("'{text}' is no date")))
}
