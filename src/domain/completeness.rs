//! Who has reported what, and whether it was in time.
//!
//! Only numbers in use are reported, each in the periods of its own frequency, and only of a period that has ended is
//! anything said. What is expected of whom is decided as for aggregates (see `membership`). A slice counts as reported
//! if it has a value at any cell; else it stands by the reason that was stated; else it is missing.
//!
//! Figures of a period are due `due_days` days after its last day, that day included. What counts is when a slice was
//! answered first: a correction does not make it late, nor does it if an answer was taken back and given again.

use super::coverage::Standing;
use super::measure::Measure;
use super::membership::Membership;
use super::period::Period;
use super::period_range::PeriodRange;
use super::schema::Schema;
use super::words::words;
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

words! {
    /// Whether a measure was answered for.
    Status {
        /// There is a value.
        Reported = "reported",
        /// It was stated that the figure cannot be had: nothing more is awaited, but nothing is known.
        NotAvailable = "not_available",
        /// It was stated that there is nothing to measure: nothing is expected.
        NotApplicable = "not_applicable",
        /// Nothing was said.
        Missing = "missing",
    }
}

words! {
    /// How an answer stands to its due date.
    Timeliness {
        /// It came by then.
        OnTime = "on_time",
        /// It came later.
        Late = "late",
        /// It has not come, and there is time.
        Awaited = "awaited",
        /// It has not come, and there is no time left.
        Overdue = "overdue",
    }
}

/// A measure with the first and the last period that are asked about.
pub type Window<'a> = (&'a Measure, (Period, Period));

/// What one organization answered for one measure and period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Where it stands.
    pub standing: Standing,
    /// When it first answered, in microseconds.
    pub first_at: i64,
    /// The day of that.
    pub first_on: NaiveDate,
}

/// A measure that is expected of an organization in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which one.
    pub measure_id: i32,
    /// Whether it was answered for.
    pub status: Status,
    /// By when it is due.
    pub due_on: Option<NaiveDate>,
    /// When it was first answered for, in microseconds.
    pub first_at: Option<i64>,
    /// Whether that was in time; nothing without a due date, or if it is not applicable.
    pub timeliness: Option<Timeliness>,
}

/// How many measures stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Those reported, not available or missing: as in aggregates, those not applicable are not expected.
    pub expected: u32,
    /// Those with a value.
    pub reported: u32,
    /// Those stated to be not available.
    pub not_available: u32,
    /// Those stated to be not applicable.
    pub not_applicable: u32,
    /// Those of which nothing was said.
    pub missing: u32,
    /// Those answered by their due date.
    pub on_time: u32,
    /// Those answered after it.
    pub late: u32,
    /// Those missing after it.
    pub overdue: u32,
}

/// The last period of the measure's frequency that has ended, or those of a range that have; `earliest` stands for a
/// range without a beginning. `None` where there is no such period.
pub fn window<'a>(
    schema: &Schema,
    measure: &'a Measure,
    range: Option<PeriodRange>,
    earliest: Option<Period>,
    today: NaiveDate,
) -> Option<Window<'a>> {
    let start = schema.fiscal_start;
    let ended = Period::containing(measure.frequency, today, start).previous()?;
    let (first, last) = match range {
        None => (ended, ended),
        Some(range) => {
            let (first, last) = range.bounds(measure.frequency, start)?;
            let first = match range.from {
                Some(_) => first,
                None => earliest?,
            };
            (first, last.min(ended))
        }
    };
    (first <= last).then_some((measure, (first, last)))
}

/// The measures that are expected of an organization, by period, in the order of the windows.
pub fn expected<'a>(
    schema: &Schema,
    membership: &Membership,
    windows: &[Window<'a>],
) -> BTreeMap<Period, Vec<&'a Measure>> {
    let mut expected: BTreeMap<Period, Vec<&Measure>> = BTreeMap::new();
    for &(measure, (first, last)) in windows {
        let periods = std::iter::successors(Some(first), |period| period.next());
        for period in periods.take_while(|period| *period <= last) {
            if membership.expects(schema, measure, period) {
                expected.entry(period).or_default().push(measure);
            }
        }
    }
    expected
}

impl Item {
    /// How an expected measure stands in a period, given what was answered.
    pub fn of(
        schema: &Schema,
        measure: &Measure,
        period: Period,
        answered: Option<Answered>,
        today: NaiveDate,
    ) -> Self {
        let status = match answered.map(|answered| answered.standing) {
            Some(Standing::Contributed) => Status::Reported,
            Some(Standing::NotAvailable) => Status::NotAvailable,
            Some(Standing::NotApplicable) => Status::NotApplicable,
            None => Status::Missing,
        };
        let due_on = measure.due_days.and_then(|days| {
            let end = period.end(schema.fiscal_start);
            end.checked_add_days(Days::new(days.into()))
        });
        let timeliness = due_on.and_then(|due| match answered {
            _ if status == Status::NotApplicable => None,
            Some(answered) if answered.first_on <= due => Some(Timeliness::OnTime),
            Some(_) => Some(Timeliness::Late),
            None if today <= due => Some(Timeliness::Awaited),
            None => Some(Timeliness::Overdue),
        });
        Self {
            measure_id: measure.id,
            status,
            due_on,
            first_at: answered.map(|answered| answered.first_at),
            timeliness,
        }
    }
}

impl Counts {
    /// The counts of some measures.
    pub fn of(items: &[Item]) -> Self {
        let mut counts = Self::default();
        for item in items {
            *match item.status {
                Status::Reported => &mut counts.reported,
                Status::NotAvailable => &mut counts.not_available,
                Status::NotApplicable => &mut counts.not_applicable,
                Status::Missing => &mut counts.missing,
            } += 1;
            match item.timeliness {
                Some(Timeliness::OnTime) => counts.on_time += 1,
                Some(Timeliness::Late) => counts.late += 1,
                Some(Timeliness::Overdue) => counts.overdue += 1,
                Some(Timeliness::Awaited) | None => {}
            }
        }
        counts.expected = counts.reported + counts.not_available + counts.missing;
        counts
    }
}

#[cfg(test)]
#[path = "completeness_tests.rs"]
mod tests;
