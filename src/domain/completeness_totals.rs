//! How complete the coalition's reports are, from its coverage: the counts of `completeness` over all organizations,
//! as far as coverage knows them.

use super::completeness::{Counts, Window};
use super::coverage::Coverage;
use super::period::Period;
use super::roster::Roster;
use super::schema::Schema;
use std::collections::{BTreeMap, HashMap};

/// Counts of measures that are expected of organizations: a measure that is expected of two counts twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Those expected, less those not applicable.
    pub expected: i64,
    /// Those of the expected that have a value.
    pub reported: i64,
    /// Those stated to be not applicable.
    pub not_applicable: i64,
}

impl From<Counts> for Totals {
    /// Those of one organization.
    fn from(counts: Counts) -> Self {
        Self {
            expected: counts.expected.into(),
            reported: counts.reported.into(),
            not_applicable: counts.not_applicable.into(),
        }
    }
}

/// The totals of the last period of each window, over all organizations.
pub fn totals(
    schema: &Schema,
    roster: &Roster,
    windows: &[Window<'_>],
    coverage: &HashMap<(i32, Period), Coverage>,
) -> BTreeMap<Period, Totals> {
    let mut eligible = roster.everybody();
    let mut totals: BTreeMap<Period, Totals> = BTreeMap::new();
    for &(measure, (_, period)) in windows {
        let counts = coverage.get(&(measure.id, period)).copied().unwrap_or_default();
        let count = i64::from(eligible.count(schema, measure, period));
        let total = totals.entry(period).or_default();
        total.expected += count - i64::from(counts.not_applicable);
        total.reported += i64::from(counts.contributors - counts.outsiders);
        total.not_applicable += i64::from(counts.not_applicable);
    }
    totals
}
