//! The answer to a question: flat rows, the same for every format.
//!
//! What must be hidden is hidden here (see `disclosure`) before any format sees it. An absent figure, a stated
//! reason, a zero and a suppressed figure stay four different things: no row; `missing`; a value of 0; and the status
//! `suppressed` with nothing else.

use super::period::Period;
use super::rational::Rational;
use super::status::Status;
use std::sync::Arc;

/// One row: one measure, one period, and one key for each column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The measure that was asked for; of a ratio, not that of a side.
    pub measure_id: i32,
    /// Of the kind asked for, else of the measure's own frequency.
    pub period: Period,
    /// The codes, organizations and attribute values, in the order of the cube's columns. `_` is not stated; in the
    /// remainder row, whatever no other row of the answer shows.
    pub keys: Arc<[String]>,
    /// In units of the measure, rounded half away from zero; `None` is no value, never zero.
    pub value: Option<i128>,
    /// The summed numerators of a ratio, in units of the numerator's measure; `None` for a number.
    pub numerator: Option<i128>,
    /// The summed denominators of a ratio, in units of the denominator's measure; `None` for a number.
    pub denominator: Option<i128>,
    /// The value before rounding, not in units.
    pub exact: Option<Rational>,
    /// Of a figure that counts people, where it was asked: at least and at most so many there are, in units of the
    /// measure.
    pub people: Option<(i128, i128)>,
    /// How many organizations the figure is made of; `None` in a suppressed row, because a small number of them is
    /// just what it must not tell.
    pub contributors: Option<u32>,
    /// How many of them with an estimate in it; `None` in a suppressed row.
    pub estimated: Option<u32>,
    /// How many organizations were expected to answer for the measure and period.
    pub expected: u32,
    /// How many were before any of them answered: all that a suppressed row may tell.
    pub eligible: u32,
    /// Why there is no value, or how complete it is.
    pub status: Status,
    /// Whether a break begins within the period.
    pub is_break: bool,
    /// Of a row by organization: the reason that it stated in place of a value.
    pub missing: Option<&'static str>,
    /// Whether it is what the other rows lack to the figure of the filtered cell.
    pub is_remainder: bool,
}

/// Columns and rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cube {
    /// The names of what the rows are broken down by; measure and period come before them.
    pub columns: Vec<String>,
    /// By measure in the order asked, then by period, then by the columns: codes in their dimension's order,
    /// organizations and attribute values alphabetically, `_` last.
    pub rows: Vec<Row>,
}
