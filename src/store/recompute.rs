//! Everything that is derived, worked out again from the observations: the proof that the live totals are exact.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use diesel::prelude::*;

use super::schema::{coalitions, coverage, observations, rollup};
use super::{System, coalition_clock, figures, memberships, reach, schemas};
use crate::domain::cell::Cell;
use crate::domain::coverage::Coverage;
use crate::domain::period::Period;
use crate::domain::rollup::{Effect, Effects, full};
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// A total or a count that is not what the observations make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The measure.
    pub measure: String,
    /// The period.
    pub period: String,
    /// The cell's key; none where it is about who answered.
    pub cell: Option<String>,
    /// What is stored.
    pub stored: String,
    /// What the observations make.
    pub recomputed: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cell = match self.cell.as_deref() {
            None => "who answered",
            Some("") => "total",
            Some(key) => key,
        };
        let Self {
            measure,
            period,
            stored,
            recomputed,
            ..
        } = self;
        write!(
            f,
            "{measure} {period} {cell}: stored {stored}, recomputed {recomputed}"
        )
    }
}

/// What was looked at, and what was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The coalition.
    pub coalition: String,
    /// How many totals were compared.
    pub totals: usize,
    /// How many observations they were worked out from.
    pub observations: usize,
    /// Where they differ.
    pub differences: Vec<Difference>,
}

/// The coalitions there are, by id and code.
pub fn coalitions(tx: &mut System<'_>) -> Result<Vec<(i32, String)>> {
    Ok(coalitions::table
        .order(coalitions::id)
        .select((coalitions::id, coalitions::code))
        .load(tx.connection)?)
}

/// Recomputes one coalition.
pub fn check(tx: &mut System<'_>, (coalition_id, code): (i32, String)) -> Result<Report> {
    reach::enter(tx.connection, coalition_id)?;
    let tick = coalition_clock::current(tx.connection, coalition_id)?;
    let schema = schemas::load(tx.connection, coalition_id, tick.schema_version)?;
    let mut recomputed = Effects::default();
    let mut count = 0;
    let mut members = memberships::load(tx.connection, coalition_id)?;
    for organization in reporting(tx, coalition_id)? {
        let place = members
            .iter()
            .position(|facts| facts.membership.organization_id == organization);
        let Some(place) = place else {
            return Err(Error::internal(format!(
                "organization {organization} reported, but never joined {code}"
            )));
        };
        let membership = members.swap_remove(place).membership;
        let figures = figures::load_all(tx.connection, coalition_id, &schema, organization)?;
        count += figures.values().map(BTreeMap::len).sum::<usize>();
        let expects = |measure: &_, period| membership.expects(&schema, measure, period);
        recomputed.add(&full(&schema, &figures, &expects), 1);
    }
    let stored = stored(tx, coalition_id, &schema)?;
    let mut differences = totals_that_differ(&schema, &stored, &recomputed);
    differences.extend(counts_that_differ(&schema, &stored, &recomputed));
    Ok(Report {
        coalition: code,
        totals: recomputed.totals.len(),
        observations: count,
        differences,
    })
}

fn reporting(tx: &mut System<'_>, coalition_id: i32) -> Result<Vec<i32>> {
    Ok(observations::table
        .filter(observations::coalition_id.eq(coalition_id))
        .select(observations::organization_id)
        .distinct()
        .load(tx.connection)?)
}

fn stored(tx: &mut System<'_>, coalition_id: i32, schema: &Schema) -> Result<Effects> {
    let mut stored = Effects::default();
    let broken = || Error::internal("a total has a period or a cell that nothing can be");
    let rows: Vec<(i32, i32, i32, i64, i64, i32, i32)> = rollup::table
        .filter(rollup::coalition_id.eq(coalition_id))
        .select((
            rollup::measure_id,
            rollup::period,
            rollup::cell_id,
            rollup::sum,
            rollup::denominator,
            rollup::contributors,
            rollup::estimated,
        ))
        .load(tx.connection)?;
    for (measure, period, cell, sum, denominator, contributors, estimated) in rows {
        let period = Period::from_encoded(period).ok_or_else(broken)?;
        let cell = schema.cell_by_id(cell).ok_or_else(broken)?;
        let effect = Effect {
            sum: sum.into(),
            denominator: denominator.into(),
            contributors,
            estimated,
        };
        stored.totals.insert((measure, period, cell), effect);
    }
    let rows: Vec<(i32, i32, i32, i32, i32, i32)> = coverage::table
        .filter(coverage::coalition_id.eq(coalition_id))
        .select((
            coverage::measure_id,
            coverage::period,
            coverage::contributors,
            coverage::not_applicable,
            coverage::outsiders,
            coverage::answered,
        ))
        .load(tx.connection)?;
    for (measure, period, contributors, not_applicable, outsiders, answered) in rows {
        let period = Period::from_encoded(period).ok_or_else(broken)?;
        let counts = Coverage {
            contributors,
            not_applicable,
            outsiders,
            answered,
        };
        stored.coverage.insert((measure, period), counts);
    }
    Ok(stored)
}

fn totals_that_differ(schema: &Schema, stored: &Effects, recomputed: &Effects) -> Vec<Difference> {
    let show = |effect: Option<&Effect>| match effect {
        None => "nothing".to_owned(),
        Some(effect) => format!(
            "sum {} denominator {} contributors {} estimated {}",
            effect.sum, effect.denominator, effect.contributors, effect.estimated
        ),
    };
    let keys: BTreeSet<&(i32, Period, Cell)> = stored.totals.keys().chain(recomputed.totals.keys()).collect();
    keys.into_iter()
        .filter(|key| stored.totals.get(key) != recomputed.totals.get(key))
        .map(|key| Difference {
            measure: name(schema, key.0),
            period: key.1.to_string(),
            cell: Some(schema.cell_key(&key.2)),
            stored: show(stored.totals.get(key)),
            recomputed: show(recomputed.totals.get(key)),
        })
        .collect()
}

fn counts_that_differ(schema: &Schema, stored: &Effects, recomputed: &Effects) -> Vec<Difference> {
    let show = |counts: Option<&Coverage>| match counts {
        None => "nothing".to_owned(),
        Some(counts) => format!(
            "contributors {} not applicable {} outsiders {} answered {}",
            counts.contributors, counts.not_applicable, counts.outsiders, counts.answered
        ),
    };
    let keys: BTreeSet<&(i32, Period)> = stored.coverage.keys().chain(recomputed.coverage.keys()).collect();
    keys.into_iter()
        .filter(|key| stored.coverage.get(key) != recomputed.coverage.get(key))
        .map(|key| Difference {
            measure: name(schema, key.0),
            period: key.1.to_string(),
            cell: None,
            stored: show(stored.coverage.get(key)),
            recomputed: show(recomputed.coverage.get(key)),
        })
        .collect()
}

fn name(schema: &Schema, measure: i32) -> String {
    schema
        .measure(measure)
        .map_or_else(|| format!("measure {measure}"), |measure| measure.code.clone())
}
