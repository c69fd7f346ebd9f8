//! How many organizations of a group are expected to answer, before their answers are looked at.
//!
//! Rows of one period have most of it in common: those with the usual measures are counted once for all measures that
//! are usually asked for.

use super::measure::{Measure, MeasureScope};
use super::membership::Membership;
use super::period::Period;
use super::schema::Schema;
use std::collections::HashMap;

/// The memberships of a group, and what was counted of them.
#[derive(Default)]
pub(super) struct Eligible {
    usual: Vec<Membership>,
    chosen: Vec<Membership>,
    /// By measure where it matters which one it is.
    counts: HashMap<(Option<i32>, Period), u32>,
}

impl Eligible {
    pub fn add(&mut self, memberships: Vec<Membership>) {
        let (usual, chosen): (Vec<_>, Vec<_>) = memberships
            .into_iter()
            .partition(|membership| membership.measures.is_none());
        self.usual.extend(usual);
        self.chosen.extend(chosen);
    }

    /// Those of whom an answer for the measure in the period is expected.
    pub fn count(&mut self, schema: &Schema, measure: &Measure, period: Period) -> u32 {
        let Self {
            usual,
            chosen,
            counts,
        } = self;
        let expects = |membership: &&Membership| membership.expects(schema, measure, period);
        let of_measure = (Some(measure.id), period);
        if measure.scope == MeasureScope::Population {
            let all = || usual.iter().chain(chosen.iter()).filter(expects);
            return *counts.entry(of_measure).or_insert_with(|| all().fold(0, add_one));
        }
        let mut count = 0;
        if !usual.is_empty() && schema.is_usually_asked_for(measure) {
            let is_eligible = |membership: &&Membership| membership.is_eligible(period, schema.fiscal_start);
            let all = || usual.iter().filter(is_eligible);
            count += *counts
                .entry((None, period))
                .or_insert_with(|| all().fold(0, add_one));
        }
        if !chosen.is_empty() {
            let all = || chosen.iter().filter(expects);
            count += *counts.entry(of_measure).or_insert_with(|| all().fold(0, add_one));
        }
        count
    }
}

fn add_one(count: u32, _: &Membership) -> u32 {
    count + 1
}
