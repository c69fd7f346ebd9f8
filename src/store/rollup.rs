//! The live totals over organizations, and who answered: changed by exact differences in the transaction that changes
//! the observations.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Diesel};

use super::connection::each;
use super::figures::{Stretch, load_everybody};
use super::many::{Bind, Many};
use super::schema::{coverage, rollup};
use super::{Write, memberships};
use crate::auth::InCoalition;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::rollup::{Deltas, Effects, effects, sources};
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// Adds differences to the totals. Every cell they name must have an id.
pub(in crate::store) fn apply<S: InCoalition>(
    tx: &mut Write<'_, S>,
    schema: &Schema,
    deltas: &Deltas,
) -> Result<()> {
    apply_totals(tx, schema, deltas)?;
    apply_coverage(tx, deltas)
}

fn apply_totals<S: InCoalition>(tx: &mut Write<'_, S>, schema: &Schema, deltas: &Deltas) -> Result<()> {
    let coalition_id = tx.tenant().coalition_id();
    let too_large = || too_large(schema, deltas);
    let rows = deltas.totals.iter().map(|(&(measure, period, cell), delta)| {
        let cell_id = schema
            .cell_id(&cell)
            .ok_or_else(|| Error::internal("a total has a cell without an id"))?;
        Ok([
            Bind::Int(coalition_id),
            Bind::Int(measure),
            Bind::Int(period.encoded()),
            Bind::Int(cell_id),
            Bind::Big(i64::try_from(delta.sum).map_err(|_| too_large())?),
            Bind::Big(i64::try_from(delta.denominator).map_err(|_| too_large())?),
            Bind::Int(delta.contributors),
            Bind::Int(delta.estimated),
        ])
    });
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let into = "INSERT INTO rollup (coalition_id, measure_id, period, cell_id, sum, denominator, contributors, \
        estimated) VALUES";
    let adding = " ON CONFLICT (coalition_id, measure_id, period, cell_id) DO UPDATE SET \
        sum = rollup.sum + excluded.sum, denominator = rollup.denominator + excluded.denominator, \
        contributors = rollup.contributors + excluded.contributors, estimated = rollup.estimated + excluded.estimated";
    for statement in Many::<8>::statements(into, &rows, adding) {
        each!(tx.connection, c => statement.execute(c)).map_err(|error| {
            if is_out_of_range(&error) {
                too_large()
            } else {
                error.into()
            }
        })?;
    }
    for ((measure, period, cell), delta) in &deltas.totals {
        if delta.contributors < 0
            && let Some(cell_id) = schema.cell_id(cell)
        {
            diesel::delete(rollup::table.find((coalition_id, *measure, period.encoded(), cell_id)))
                .filter(rollup::contributors.eq(0))
                .execute(tx.connection)?;
        }
    }
    Ok(())
}

fn apply_coverage<S: InCoalition>(tx: &mut Write<'_, S>, deltas: &Deltas) -> Result<()> {
    let coalition_id = tx.tenant().coalition_id();
    let rows = deltas.coverage.iter().map(|(&(measure, period), delta)| {
        [
            Bind::Int(coalition_id),
            Bind::Int(measure),
            Bind::Int(period.encoded()),
            Bind::Int(delta.contributors),
            Bind::Int(delta.not_applicable),
            Bind::Int(delta.outsiders),
            Bind::Int(delta.answered),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let into = "INSERT INTO coverage (coalition_id, measure_id, period, contributors, not_applicable, outsiders, \
        answered) VALUES";
    let adding = " ON CONFLICT (coalition_id, measure_id, period) DO UPDATE SET \
        contributors = coverage.contributors + excluded.contributors, \
        not_applicable = coverage.not_applicable + excluded.not_applicable, \
        outsiders = coverage.outsiders + excluded.outsiders, answered = coverage.answered + excluded.answered";
    for statement in Many::<7>::statements(into, &rows, adding) {
        each!(tx.connection, c => statement.execute(c))?;
    }
    for ((measure, period), delta) in &deltas.coverage {
        if delta.answered < 0 {
            diesel::delete(coverage::table.find((coalition_id, *measure, period.encoded())))
                .filter(coverage::answered.eq(0))
                .execute(tx.connection)?;
        }
    }
    Ok(())
}

/// Fills the totals of a new ratio measure from the observations of its sides.
pub fn fill<S: InCoalition>(tx: &mut Write<'_, S>, measure_id: i32) -> Result<()> {
    let schema = tx.schema()?;
    let Some(measure) = schema.measure(measure_id).filter(|measure| measure.is_ratio()) else {
        return Ok(());
    };
    let everybody = load_everybody(tx, &schema, &stretches_of(&schema, measure), None)?;
    let members = memberships::list(tx)?;
    let mut all = Effects::default();
    for facts in members {
        let Some(figures) = everybody.get(&facts.membership.organization_id) else {
            continue;
        };
        let touched = figures.keys().copied().collect();
        let expects = |measure: &_, period| facts.membership.expects(&schema, measure, period);
        all.add(&effects(&schema, &touched, figures, &expects), 1);
    }
    all.totals.retain(|(measure, ..), _| *measure == measure_id);
    all.coverage.retain(|(measure, _), _| *measure == measure_id);
    let schema = super::cells::ensure(tx, schema, all.totals.keys().map(|(_, _, cell)| *cell))?;
    apply(tx, &schema, &all)
}

/// Everything that a measure is made of.
pub(in crate::store) fn stretches_of(schema: &Schema, measure: &Measure) -> Vec<Stretch> {
    let all = |source: &Measure| {
        let (first, last) = (
            Period::least(source.frequency),
            Period::greatest(source.frequency),
        );
        (source.id, first, last)
    };
    sources(schema, measure).into_iter().map(all).collect()
}

fn too_large(schema: &Schema, deltas: &Deltas) -> Error {
    let measures: BTreeSet<i32> = deltas.totals.keys().map(|(measure, ..)| *measure).collect();
    let of = match measures
        .first()
        .filter(|_| measures.len() == 1)
        .and_then(|id| schema.measure(*id))
    {
        Some(measure) => format!("the coalition's total of {}", measure.code),
        None => "one of the coalition's totals".to_owned(),
    };
    Error::invalid(
        "",
        "total_too_large",
        format!("{of} would be too large to be kept"),
    )
}

/// PostgreSQL says so; SQLite would go on with a float, which a check of the table refuses.
fn is_out_of_range(error: &Diesel) -> bool {
    match error {
        Diesel::DatabaseError(DatabaseErrorKind::CheckViolation, _) => true,
        Diesel::DatabaseError(_, information) => information.message().contains("out of range"),
        _ => false,
    }
}
