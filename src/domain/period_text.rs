//! Periods as people write them: `2026`, `2026-H1`, `2026-Q1`, `2026-03`, `2026-W09`, `2026-03-15`, `FY2026`.

use super::period::{Period, YEARS};
use super::period_kind::{FiscalStart, PeriodKind};
use chrono::{Datelike, NaiveDate, Weekday};
use std::fmt;

/// Why a text is not a period, in words for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// The text has none of the shapes of a period.
    #[error(
        "`{0}` is not a period; write a year as 2026, a half as 2026-H1, a quarter as 2026-Q1, a month as 2026-03, \
         a week as 2026-W09, a day as 2026-03-15, a fiscal year as FY2026"
    )]
    Shape(String),
    /// The shape is right, but the calendar has no such period.
    #[error("`{0}` is not in the calendar: {1}")]
    NotInCalendar(String, &'static str),
    /// A range without any bound, or whose end lies before its beginning.
    #[error("`{0}` is not a range of periods: {1}; write 2009..2017, 2015.. or ..2017")]
    Range(String, &'static str),
}

impl Period {
    /// Reads a period. Refuses years outside 1000 to 9999 and what the calendar does not have, such as week 53
    /// of a year with 52.
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let shape = || PeriodError::Shape(text.chars().take(40).collect());
        let bytes = text.as_bytes();
        if let Some(year) = text.strip_prefix("FY").or_else(|| text.strip_prefix("fy")) {
            return Self::of_year(
                PeriodKind::FiscalYear,
                text,
                digits(year.as_bytes(), 4).ok_or_else(shape)?,
                1,
                0,
            );
        }
        let year = digits(bytes.get(..4).ok_or_else(shape)?, 4).ok_or_else(shape)?;
        let part = |from: usize, length: usize| digits(&bytes[from..], length).ok_or_else(shape);
        match &bytes[4..] {
            [] => Self::of_year(PeriodKind::Year, text, year, 1, 0),
            [b'-', b'H' | b'h', _] => Self::of_year(PeriodKind::Half, text, year, 2, part(6, 1)? - 1),
            [b'-', b'Q' | b'q', _] => Self::of_year(PeriodKind::Quarter, text, year, 4, part(6, 1)? - 1),
            [b'-', _, _] => Self::of_year(PeriodKind::Month, text, year, 12, part(5, 2)? - 1),
            [b'-', b'W' | b'w', _, _] => {
                let week = NaiveDate::from_isoywd_opt(year, part(6, 2)? as u32, Weekday::Mon);
                Self::of_date(PeriodKind::Week, text, year, week, "that year has no such week")
            }
            [b'-', _, _, b'-', _, _] => {
                let date = NaiveDate::from_ymd_opt(year, part(5, 2)? as u32, part(8, 2)? as u32);
                Self::of_date(PeriodKind::Day, text, year, date, "that year has no such day")
            }
            _ => Err(shape()),
        }
    }

    fn of_year(kind: PeriodKind, text: &str, year: i32, parts: i32, part: i32) -> Result<Self, PeriodError> {
        if !(0..parts).contains(&part) {
            let problem = match kind {
                PeriodKind::Half => "halves are H1 and H2",
                PeriodKind::Quarter => "quarters are Q1 to Q4",
                _ => "months are 01 to 12",
            };
            return Err(PeriodError::NotInCalendar(text.into(), problem));
        }
        Self::from_ordinal(kind, year * parts + part)
            .ok_or_else(|| PeriodError::NotInCalendar(text.into(), OUTSIDE))
    }

    fn of_date(
        kind: PeriodKind,
        text: &str,
        year: i32,
        date: Option<NaiveDate>,
        problem: &'static str,
    ) -> Result<Self, PeriodError> {
        let date = date.ok_or(PeriodError::NotInCalendar(text.into(), problem))?;
        let period = Self::containing(kind, date, FiscalStart::JANUARY);
        let inside = YEARS.contains(&year) && period.start(FiscalStart::JANUARY) == date;
        inside
            .then_some(period)
            .ok_or(PeriodError::NotInCalendar(text.into(), OUTSIDE))
    }
}

const OUTSIDE: &str = "periods lie between the years 1000 and 9999";

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ordinal = self.ordinal();
        match self.kind() {
            PeriodKind::Day => write!(f, "{}", self.start(FiscalStart::JANUARY).format("%Y-%m-%d")),
            PeriodKind::Week => {
                let week = self.start(FiscalStart::JANUARY).iso_week();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
            PeriodKind::Month => write!(f, "{:04}-{:02}", ordinal / 12, ordinal % 12 + 1),
            PeriodKind::Quarter => write!(f, "{:04}-Q{}", ordinal / 4, ordinal % 4 + 1),
            PeriodKind::Half => write!(f, "{:04}-H{}", ordinal / 2, ordinal % 2 + 1),
            PeriodKind::Year => write!(f, "{ordinal:04}"),
            PeriodKind::FiscalYear => write!(f, "FY{ordinal:04}"),
        }
    }
}

/// A number of exactly so many digits.
fn digits(bytes: &[u8], length: usize) -> Option<i32> {
    if bytes.len() < length || (length != 2 && bytes.len() != length) {
        return None;
    }
    bytes[..length].iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + i32::from(byte - b'0'))
    })
}
