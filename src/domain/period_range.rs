//! A range of time, as an aggregate's question asks for it, and the periods that lie wholly within it.

use super::period::Period;
use super::period_kind::{FiscalStart, PeriodKind};
use super::period_text::PeriodError;
use chrono::NaiveDate;

/// Days from and to, both included; a missing side is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeriodRange {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
}

impl PeriodRange {
    /// All of time.
    pub const ALL: Self = Self { from: None, to: None };

    /// Reads `2009..2017`, `2015..`, `..2017` or a single period such as `2017`: from the first day of the first
    /// to the last day of the last, whatever their kinds.
    pub fn parse(text: &str, fiscal_start: FiscalStart) -> Result<Self, PeriodError> {
        let Some((first, last)) = text.split_once("..") else {
            let period = Period::parse(text)?;
            return Ok(Self {
                from: Some(period.start(fiscal_start)),
                to: Some(period.end(fiscal_start)),
            });
        };
        let side = |text: &str| {
            if text.is_empty() {
                Ok(None)
            } else {
                Period::parse(text).map(Some)
            }
        };
        let (first, last) = (side(first)?, side(last)?);
        let range = Self {
            from: first.map(|p| p.start(fiscal_start)),
            to: last.map(|p| p.end(fiscal_start)),
        };
        match (range.from, range.to) {
            (None, None) => Err(PeriodError::Range(
                text.into(),
                "it has neither a beginning nor an end",
            )),
            (Some(from), Some(to)) if from > to => {
                Err(PeriodError::Range(text.into(), "it ends before it begins"))
            }
            _ => Ok(range),
        }
    }

    /// The first and the last period of a kind that lie wholly within the range; an unbounded side is the least
    /// or greatest of the kind. `None` when there is none.
    pub fn bounds(&self, kind: PeriodKind, fiscal_start: FiscalStart) -> Option<(Period, Period)> {
        let first = match self.from {
            None => Period::least(kind),
            Some(from) => {
                let period = Period::containing(kind, from, fiscal_start);
                if period.start(fiscal_start) >= from {
                    period
                } else {
                    period.next()?
                }
            }
        };
        let last = match self.to {
            None => Period::greatest(kind),
            Some(to) => {
                let period = Period::containing(kind, to, fiscal_start);
                if period.end(fiscal_start) <= to {
                    period
                } else {
                    period.previous()?
                }
            }
        };
        (first <= last).then_some((first, last))
    }
}

/// The bounds of a range in every kind of period, made once.
#[derive(Debug, Clone)]
pub struct Bounds(Vec<Option<(Period, Period)>>);

impl Bounds {
    pub(super) fn new(range: &PeriodRange, fiscal_start: FiscalStart) -> Self {
        let kinds = PeriodKind::ALL.iter();
        Self(kinds.map(|&kind| range.bounds(kind, fiscal_start)).collect())
    }

    /// The first and the last period of the kind; `None` where there is none.
    pub fn of(&self, kind: PeriodKind) -> Option<(Period, Period)> {
        // In the order of `ALL`.
        self.0.get(kind as usize).copied().flatten()
    }
}
