//! The one clock: UTC microseconds. Tests hold it still; nothing else in the crate asks the system for the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that only moves when told to: microseconds since 1970.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// Now, in microseconds since 1970-01-01T00:00:00Z.
    pub fn now(&self) -> i64 {
        match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the clock that everything else asks"
            )]
            Self::System => Utc::now().timestamp_micros(),
            Self::Fixed(micros) => micros.load(Ordering::SeqCst),
        }
    }

    /// Today's date in UTC.
    pub fn today(&self) -> NaiveDate {
        date_of(self.now())
    }
}

/// The UTC date of an instant in microseconds.
pub fn date_of(micros: i64) -> NaiveDate {
    DateTime::from_timestamp_micros(micros)
        .unwrap_or_default()
        .date_naive()
}

/// An instant as RFC 3339 in UTC, to the microsecond.
pub fn rfc3339(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Reads an RFC 3339 instant; `None` where it is not one.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|instant| instant.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_reads() {
        let micros = parse_rfc3339("2026-06-30T00:00:00.000001Z").unwrap();
        assert_eq!(rfc3339(micros), "2026-06-30T00:00:00.000001Z");
        assert_eq!(date_of(micros).to_string(), "2026-06-30");
        assert_eq!(parse_rfc3339("yesterday"), None);
    }
}
