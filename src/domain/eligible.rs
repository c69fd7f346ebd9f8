//! How many organizations of a group are expected to answer, before their answers are looked at.
//!
//! Most members have the same dates and measures as others: each such class is looked at once, however many there are.

use super::by_id::ById;
use super::measure::{Measure, MeasureScope};
use super::membership::Membership;
use super::period::Period;
use super::schema::Schema;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The memberships of a group, and what was counted of them.
#[derive(Clone, Default)]
pub(super) struct Eligible {
    members: Arc<Members>,
    counts: ById<(i32, Period), u32>,
}

#[derive(Clone, Default)]
struct Members {
    /// How many there are of each kind, their organizations left out.
    classes: BTreeMap<Membership, u32>,
    organizations: BTreeSet<i32>,
}

impl Eligible {
    pub fn add(&mut self, membership: &Membership) {
        let members = Arc::make_mut(&mut self.members);
        members.organizations.insert(membership.organization_id);
        let class = Membership {
            organization_id: 0,
            ..membership.clone()
        };
        *members.classes.entry(class).or_default() += 1;
    }

    /// Those of whom an answer for the measure in the period is expected.
    pub fn count(&mut self, schema: &Schema, measure: &Measure, period: Period) -> u32 {
        let members = &self.members;
        *self
            .counts
            .entry((measure.id, period))
            .or_insert_with(|| members.count(schema, measure, period))
    }
}

impl Members {
    fn count(&self, schema: &Schema, measure: &Measure, period: Period) -> u32 {
        let reporters = schema.reporters(measure);
        if measure.scope == MeasureScope::Population && !reporters.is_empty() {
            let is_here = |id: &&i32| self.organizations.contains(id);
            return reporters.iter().filter(is_here).fold(0, |count, _| count + 1);
        }
        let expected = self
            .classes
            .iter()
            .filter(|(class, _)| class.expects(schema, measure, period));
        expected.map(|(_, count)| count).sum()
    }
}
