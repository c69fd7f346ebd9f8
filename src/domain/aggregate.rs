//! Two ways to the same cube.
//!
//! From the **rollup**: totals over all organizations are there already, at every measure's own frequency. From
//! **observations**: each organization's figures are brought to the period and then added, which also answers by
//! organization, by partner attribute, at coarser periods and `as_of`. Both only fill a `Ledger`; the rows are made of
//! it in one place, so that wherever both ways apply they cannot differ in anything but the sums.
//!
//! What is mostly asked by organization or attribute is answered quicker from what was [reported](super::reported).

use super::bring::{row_cell, shares_in};
use super::by_id::ById;
use super::cell::Cell;
use super::coverage::{Coverage, standing};
use super::cube::Cube;
use super::figures::{Figures, inside, slices};
use super::ledger::{Ledger, finer_sources};
use super::measure::Measure;
use super::period::Period;
use super::question::Question;
use super::rollup::sources;
use super::roster::{OrganizationFacts, Roster};
use super::schema::Schema;
use super::totals::Total;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

/// The answer from the rollup's totals and coverage; which must be the [way](Question::way) to each of
/// its measures.
///
/// Totals that the question does not want are passed over. The coverage must hold what it
/// [needs](Question::coverage_needed). Measures that do not fit the question
/// are left out.
pub fn from_rollup(
    schema: &Schema,
    question: &Question,
    totals: impl IntoIterator<Item = (i32, Period, Cell, Total)>,
    coverage: impl IntoIterator<Item = ((i32, Period), Coverage)>,
    roster: &Roster,
) -> Cube {
    let mut ledger = Ledger::new(schema, question);
    let group = ledger.group(Vec::new());
    *ledger.members(group) = roster.everybody();
    let places: ById<i32, (usize, (Period, Period))> = ledger
        .asked()
        .map(|(place, measure, bounds)| (measure.id, (place, bounds)))
        .collect();
    let place = |id: i32, period: Period| {
        let &(place, (first, last)) = places.get(&id)?;
        (first..=last).contains(&period).then_some(place)
    };
    for (id, period, cell, total) in totals {
        if let Some(place) = place(id, period).filter(|_| question.wants(&cell)) {
            ledger
                .tally(place, period, group)
                .at(question, &cell, |sum| *sum = total);
        }
    }
    for ((id, period), counts) in coverage {
        ledger.cover(group, id, period, &counts);
        if let Some(place) = place(id, period).filter(|_| !counts.is_zero()) {
            ledger.tally(place, period, group);
        }
    }
    ledger.cube()
}

/// The answer from observations. Of each organization, its figures must hold what the question
/// [needs](Question::figures_needed). Organizations without any must be given as well: something may be expected of
/// them. Measures that do not fit the question are left out.
pub fn from_figures(
    schema: &Schema,
    question: &Question,
    organizations: impl IntoIterator<Item = (impl Borrow<OrganizationFacts>, Figures)>,
) -> Cube {
    let mut ledger = Ledger::new(schema, question);
    let asked: Vec<(usize, &Measure, (Period, Period))> = ledger.asked().collect();
    for (facts, figures) in organizations {
        let facts = facts.borrow();
        let expects = |measure: &Measure, period| facts.membership.expects(schema, measure, period);
        let group = ledger.group(question.keys_of(facts));
        ledger.members(group).add(&facts.membership);
        let mut answered: BTreeMap<(i32, Period), Coverage> = BTreeMap::new();
        for &(place, measure, bounds) in &asked {
            let brought = shares_in(schema, measure, &figures, bounds);
            for (&period, cells) in &brought {
                for (cell, share) in cells.iter().filter(|(cell, _)| question.wants(cell)) {
                    ledger
                        .tally(place, period, group)
                        .at(question, cell, |total| total.add(share));
                }
            }
            for period in periods_answered(schema, measure, &figures, bounds) {
                let Some(standing) = standing(
                    schema,
                    measure,
                    &figures,
                    period,
                    brought.contains_key(&period),
                    &expects,
                ) else {
                    continue;
                };
                answered.insert(
                    (measure.id, period),
                    Coverage::of(Some(standing), expects(measure, period)),
                );
                let missing = standing.missing().filter(|_| question.is_by_organization());
                ledger.tally(place, period, group).missing = missing;
            }
            for source in finer_sources(schema, measure, bounds.0.kind()) {
                for (period, _) in slices(
                    &figures,
                    source.id,
                    inside(bounds.0, bounds.1, source.frequency, schema.fiscal_start),
                ) {
                    let standing = standing(schema, source, &figures, period, false, &expects);
                    answered.insert(
                        (source.id, period),
                        Coverage::of(standing, expects(source, period)),
                    );
                }
            }
            if question.is_by_organization() {
                for ((period, cell), reason) in stated(schema, measure, &figures, bounds) {
                    if let Some(tally) = ledger
                        .answered(place, period, group)
                        .filter(|_| question.wants(&cell))
                    {
                        tally.stated.insert(cell, reason);
                    }
                }
            }
        }
        for ((id, period), counts) in &answered {
            ledger.cover(group, *id, *period, counts);
        }
    }
    ledger.cube()
}

fn periods_answered(
    schema: &Schema,
    measure: &Measure,
    figures: &Figures,
    (first, last): (Period, Period),
) -> BTreeSet<Period> {
    let start = schema.fiscal_start;
    let coarse = |source: &Measure| {
        let answered = slices(figures, source.id, inside(first, last, source.frequency, start));
        answered
            .filter_map(|(period, _)| period.coarsen(first.kind(), start))
            .collect::<Vec<_>>()
    };
    sources(schema, measure).into_iter().flat_map(coarse).collect()
}

/// The reasons that an organization stated in place of values, by the period and cell of the row they stand for. Where
/// it stated several, `not_available` goes before `not_applicable` in a number, since more is awaited of it, and the
/// other way round between the sides of a ratio.
fn stated(
    schema: &Schema,
    measure: &Measure,
    figures: &Figures,
    bounds: (Period, Period),
) -> BTreeMap<(Period, Cell), &'static str> {
    let of_number = |number: &Measure| {
        let mut reasons: BTreeMap<(Period, Cell), &'static str> = BTreeMap::new();
        let finer = inside(bounds.0, bounds.1, number.frequency, schema.fiscal_start);
        for (period, slice) in slices(figures, number.id, finer) {
            let Some(coarse) = period.coarsen(bounds.0.kind(), schema.fiscal_start) else {
                continue;
            };
            for (&cell, reason) in slice
                .iter()
                .filter_map(|(cell, answer)| Some((cell, answer.missing()?)))
            {
                let kept = reasons.entry((coarse, cell)).or_insert(reason);
                *kept = (*kept).max(reason);
            }
        }
        reasons
    };
    let Some((numerator, denominator, _)) = measure.sides() else {
        return of_number(measure);
    };
    let mut reasons: BTreeMap<(Period, Cell), &'static str> = BTreeMap::new();
    for side in [numerator, denominator] {
        for ((period, cell), reason) in schema.measure(side.measure_id).map(of_number).unwrap_or_default() {
            if let Some(row) = row_cell(measure, &cell, &side.cell) {
                let kept = reasons.entry((period, row)).or_insert(reason);
                *kept = (*kept).min(reason);
            }
        }
    }
    reasons
}

#[cfg(test)]
#[path = "aggregate_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "aggregate_value_tests.rs"]
mod value_tests;

#[cfg(test)]
#[path = "aggregate_coverage_tests.rs"]
mod coverage_tests;

#[cfg(test)]
#[path = "aggregate_bounds_tests.rs"]
mod bounds_tests;

#[cfg(test)]
#[path = "aggregate_laws.rs"]
mod laws;

#[cfg(test)]
#[path = "reported_laws.rs"]
mod reported_laws;
