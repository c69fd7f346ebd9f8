//! The rollup: totals over organizations, kept up to date by exact differences.
//!
//! For every slice, an organization adds its resolved figures to the totals of their cells, and itself to the
//! coverage of the measure and period. A write changes some slices; the rollup then changes by what the organization
//! adds after it less what it added before. A ratio has totals of its own, at its own frequency, because its shares
//! are decided for each organization; they change with every slice of either side.
//!
//! Integers only, so that the differences add up to exactly what a recomputation gives. There is no minimum or maximum
//! here, because differences cannot correct them. Only stored frequencies: coarser periods are made from observations.

use super::bring::shares_in;
use super::cell::Cell;
use super::coverage::{Coverage, Expects, standing};
use super::figures::{Figures, inside, slices};
use super::measure::Measure;
use super::period::Period;
use super::resolve::Share;
use super::schema::Schema;
use std::collections::{BTreeMap, BTreeSet};

/// What one organization adds to the total at a cell; also a change of that total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effect {
    /// In units of the measure; of a ratio, in units of its numerator's measure.
    pub sum: i128,
    /// Of a ratio, in units of its denominator's measure; else 0.
    pub denominator: i128,
    /// How many organizations more, or fewer, have a share at the cell.
    pub contributors: i32,
    /// How many of them with an estimate in it.
    pub estimated: i32,
}

impl Effect {
    /// What a share adds.
    pub fn of(share: &Share) -> Self {
        Self {
            sum: share.sum,
            denominator: share.denominator,
            contributors: 1,
            estimated: i32::from(share.estimated),
        }
    }

    /// Adds the other `times` times; −1 takes it away.
    pub fn add(&mut self, other: &Self, times: i32) {
        self.sum += other.sum * i128::from(times);
        self.denominator += other.denominator * i128::from(times);
        self.contributors += other.contributors * times;
        self.estimated += other.estimated * times;
    }

    /// Whether it changes nothing.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// What an organization adds to totals by (measure id, period, cell) and to coverage by (measure id, period); or the
/// difference between two of these. Sorted, without zeros.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// By (measure id, period, cell).
    pub totals: BTreeMap<(i32, Period, Cell), Effect>,
    /// By (measure id, period).
    pub coverage: BTreeMap<(i32, Period), Coverage>,
}

/// The change that a write makes to the rollup.
pub type Deltas = Effects;

impl Effects {
    /// The change from `before` to these.
    pub fn minus(&self, before: &Self) -> Deltas {
        let mut deltas = self.clone();
        deltas.add(before, -1);
        deltas
    }

    /// Adds the other's `times` times, and drops what has become zero. Differences of several writes add up to one.
    pub fn add(&mut self, other: &Self, times: i32) {
        for (key, effect) in &other.totals {
            let sum = self.totals.entry(*key).or_default();
            sum.add(effect, times);
            if sum.is_zero() {
                self.totals.remove(key);
            }
        }
        for (key, coverage) in &other.coverage {
            let sum = self.coverage.entry(*key).or_default();
            sum.add(coverage, times);
            if sum.is_zero() {
                self.coverage.remove(key);
            }
        }
    }
}

/// What one organization adds for the touched slices of number measures, and for every ratio that depends on one of
/// them. Its figures must hold what [`needed`] names. Slices that are not there add nothing.
pub fn effects(
    schema: &Schema,
    touched: &BTreeSet<(i32, Period)>,
    figures: &Figures,
    expects: Expects,
) -> Effects {
    let mut effects = Effects::default();
    for (measure, period) in dependents(schema, touched) {
        let brought = shares_in(schema, measure, figures, (period, period))
            .remove(&period)
            .unwrap_or_default();
        let coverage = covered(schema, measure, figures, period, !brought.is_empty(), expects);
        if !coverage.is_zero() {
            effects.coverage.insert((measure.id, period), coverage);
        }
        effects.totals.extend(
            brought
                .iter()
                .map(|(&cell, share)| ((measure.id, period, cell), Effect::of(share))),
        );
    }
    effects
}

fn covered(
    schema: &Schema,
    measure: &Measure,
    figures: &Figures,
    period: Period,
    shared: bool,
    expects: Expects,
) -> Coverage {
    let standing = standing(schema, measure, figures, period, shared, expects);
    Coverage::of(standing, standing.is_some() && expects(measure, period))
}

/// What one organization adds to the coverage of one measure, in every period that its figures touch. They must hold
/// all that it answered for the numbers that the measure is made of.
pub fn coverage_of(
    schema: &Schema,
    measure: &Measure,
    figures: &Figures,
    expects: Expects,
) -> BTreeMap<Period, Coverage> {
    let (at, start) = (measure.frequency, schema.fiscal_start);
    let touched = sources(schema, measure).into_iter().flat_map(|source| {
        let all = (
            Period::least(source.frequency),
            Period::greatest(source.frequency),
        );
        slices(figures, source.id, all).filter_map(|(period, _)| period.coarsen(at, start))
    });
    let touched: BTreeSet<Period> = touched.collect();
    let coverage = touched.into_iter().map(|period| {
        let shared = measure.is_ratio() && !shares_in(schema, measure, figures, (period, period)).is_empty();
        let coverage = covered(schema, measure, figures, period, shared, expects);
        (period, coverage)
    });
    coverage.collect()
}

/// Everything that one organization adds, for a recomputation of the whole rollup from its whole figures.
pub fn full(schema: &Schema, figures: &Figures, expects: Expects) -> Effects {
    effects(schema, &figures.keys().copied().collect(), figures, expects)
}

/// Which of the organization's slices must be loaded to compute the effects of touching some: these themselves, and
/// both sides of every dependent ratio over the ratio's period. As (measure id, first period, last period), sorted,
/// without overlaps.
pub fn needed(schema: &Schema, touched: &BTreeSet<(i32, Period)>) -> Vec<(i32, Period, Period)> {
    let mut ranges = BTreeSet::new();
    for (measure, period) in dependents(schema, touched) {
        for source in sources(schema, measure) {
            let (first, last) = inside(period, period, source.frequency, schema.fiscal_start);
            ranges.insert((source.id, first, last));
        }
    }
    merged(ranges)
}

/// The number measures that a measure is made of: itself, or its two sides.
pub fn sources<'a>(schema: &'a Schema, measure: &'a Measure) -> Vec<&'a Measure> {
    match measure.sides() {
        None => vec![measure],
        Some((numerator, denominator, _)) => {
            let ids = BTreeSet::from([numerator.measure_id, denominator.measure_id]);
            ids.into_iter().filter_map(|id| schema.measure(id)).collect()
        }
    }
}

/// Joins ranges of one measure that overlap or touch.
pub(super) fn merged(ranges: BTreeSet<(i32, Period, Period)>) -> Vec<(i32, Period, Period)> {
    let mut merged: Vec<(i32, Period, Period)> = Vec::new();
    for (measure, first, last) in ranges {
        match merged.last_mut() {
            Some((same, _, end)) if *same == measure && (first <= *end || end.next() == Some(first)) => {
                *end = last.max(*end)
            }
            _ => merged.push((measure, first, last)),
        }
    }
    merged
}

/// The touched slices and those of the ratios that depend on them, at the ratios' own frequency.
fn dependents<'a>(schema: &'a Schema, touched: &BTreeSet<(i32, Period)>) -> Vec<(&'a Measure, Period)> {
    let mut slices = BTreeSet::new();
    for &(id, period) in touched {
        slices.insert((id, period));
        for &ratio in schema.ratios_of(id) {
            let coarse = schema
                .measure(ratio)
                .and_then(|ratio| period.coarsen(ratio.frequency, schema.fiscal_start));
            slices.extend(coarse.map(|coarse| (ratio, coarse)));
        }
    }
    slices
        .into_iter()
        .filter_map(|(id, period)| Some((schema.measure(id)?, period)))
        .collect()
}

#[cfg(test)]
#[path = "rollup_tests.rs"]
mod tests;
