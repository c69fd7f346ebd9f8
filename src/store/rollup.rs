//! The live totals over organizations, and who answered: changed by exact differences in the transaction that changes
//! the observations.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Diesel};

use super::connection::each;
use super::figures::{Stretch, load_everybody};
use super::many::{Bind, Many};
use super::schema::{coverage, rollup};
use super::{Read, Write, memberships};
use crate::auth::{InCoalition, ReadsCoalition};
use crate::domain::cell::Cell;
use crate::domain::coverage::Coverage;
use crate::domain::period::Period;
use crate::domain::rollup::{Deltas, Effect, Effects, effects};
use crate::domain::schema::Schema;
use crate::domain::totals::Total;
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
    let Some((numerator, denominator, _)) = schema.measure(measure_id).and_then(|measure| measure.sides())
    else {
        return Ok(());
    };
    let sides = BTreeSet::from([numerator.measure_id, denominator.measure_id]);
    let stretches: Vec<Stretch> = sides
        .iter()
        .filter_map(|&id| schema.measure(id))
        .map(|side| {
            (
                side.id,
                Period::least(side.frequency),
                Period::greatest(side.frequency),
            )
        })
        .collect();
    let everybody = load_everybody(tx, &schema, &stretches, None)?;
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

/// The totals of some stretches, those of one cell only where one is given.
pub(in crate::store) fn load<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    stretches: &[Stretch],
    only: Option<Cell>,
) -> Result<Vec<(i32, Period, Cell, Total)>> {
    let only = match only.map(|cell| schema.cell_id(&cell)) {
        Some(None) => return Ok(Vec::new()),
        Some(Some(id)) => Some(id),
        None => None,
    };
    let mut totals = Vec::new();
    for &(measure, first, last) in stretches {
        let query = rollup::table
            .filter(rollup::coalition_id.eq(tx.tenant().coalition_id()))
            .filter(rollup::measure_id.eq(measure))
            .filter(rollup::period.between(first.encoded(), last.encoded()))
            .select((
                rollup::period,
                rollup::cell_id,
                rollup::sum,
                rollup::denominator,
                rollup::contributors,
                rollup::estimated,
            ));
        let rows: Vec<(i32, i32, i64, i64, i32, i32)> = match only {
            Some(id) => query.filter(rollup::cell_id.eq(id)).load(tx.connection)?,
            None => query.load(tx.connection)?,
        };
        for (period, cell, sum, denominator, contributors, estimated) in rows {
            let (Some(period), Some(cell)) = (Period::from_encoded(period), schema.cell_by_id(cell)) else {
                return Err(Error::internal(
                    "a total has a period or a cell that nothing can be",
                ));
            };
            let effect = Effect {
                sum: sum.into(),
                denominator: denominator.into(),
                contributors,
                estimated,
            };
            totals.push((measure, period, cell, Total::from(effect)));
        }
    }
    Ok(totals)
}

/// Who answered, in some stretches.
pub(in crate::store) fn load_coverage<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    stretches: &[Stretch],
) -> Result<HashMap<(i32, Period), Coverage>> {
    let mut found = HashMap::new();
    for &(measure, first, last) in stretches {
        let rows: Vec<(i32, i32, i32, i32, i32)> = coverage::table
            .filter(coverage::coalition_id.eq(tx.tenant().coalition_id()))
            .filter(coverage::measure_id.eq(measure))
            .filter(coverage::period.between(first.encoded(), last.encoded()))
            .select((
                coverage::period,
                coverage::contributors,
                coverage::not_applicable,
                coverage::outsiders,
                coverage::answered,
            ))
            .load(tx.connection)?;
        for (period, contributors, not_applicable, outsiders, answered) in rows {
            let period =
                Period::from_encoded(period).ok_or_else(|| Error::internal("coverage of no period"))?;
            found.insert(
                (measure, period),
                Coverage {
                    contributors,
                    not_applicable,
                    outsiders,
                    answered,
                },
            );
        }
    }
    Ok(found)
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
