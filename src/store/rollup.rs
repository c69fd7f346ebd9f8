//! The live totals over organizations, and who answered: changed by exact differences in the transaction that changes
//! the observations.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use diesel::upsert::excluded;

use super::connection::each;
use super::figures::{Stretch, load_everybody};
use super::kept::Kept;
use super::schema::{coverage, rollup};
use super::{Read, Write, memberships};
use crate::auth::InCoalition;
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
    use rollup as r;
    let coalition_id = tx.tenant().coalition_id();
    for (&(measure, period, cell), delta) in &deltas.totals {
        let cell_id = schema
            .cell_id(&cell)
            .ok_or_else(|| Error::internal("a total has a cell without an id"))?;
        let too_large = || too_large(schema, measure, period);
        let values = (
            r::coalition_id.eq(coalition_id),
            r::measure_id.eq(measure),
            r::period.eq(period.encoded()),
            r::cell_id.eq(cell_id),
            r::sum.eq(i64::try_from(delta.sum).map_err(|_| too_large())?),
            r::denominator.eq(i64::try_from(delta.denominator).map_err(|_| too_large())?),
            r::contributors.eq(delta.contributors),
            r::estimated.eq(delta.estimated),
        );
        each!(tx.connection, c => Kept(diesel::insert_into(r::table)
            .values(values)
            .on_conflict((r::coalition_id, r::measure_id, r::period, r::cell_id))
            .do_update()
            .set((
                r::sum.eq(r::sum + excluded(r::sum)),
                r::denominator.eq(r::denominator + excluded(r::denominator)),
                r::contributors.eq(r::contributors + excluded(r::contributors)),
                r::estimated.eq(r::estimated + excluded(r::estimated)),
            )))
            .execute(c))
        .map_err(|error| {
            if is_out_of_range(&error) {
                too_large()
            } else {
                error.into()
            }
        })?;
        if delta.contributors < 0 {
            diesel::delete(r::table.find((coalition_id, measure, period.encoded(), cell_id)))
                .filter(r::contributors.eq(0))
                .execute(tx.connection)?;
        }
    }
    Ok(())
}

fn apply_coverage<S: InCoalition>(tx: &mut Write<'_, S>, deltas: &Deltas) -> Result<()> {
    use coverage as v;
    let coalition_id = tx.tenant().coalition_id();
    for (&(measure, period), delta) in &deltas.coverage {
        let values = (
            v::coalition_id.eq(coalition_id),
            v::measure_id.eq(measure),
            v::period.eq(period.encoded()),
            v::contributors.eq(delta.contributors),
            v::not_applicable.eq(delta.not_applicable),
            v::outsiders.eq(delta.outsiders),
            v::answered.eq(delta.answered),
        );
        each!(tx.connection, c => Kept(diesel::insert_into(v::table)
            .values(values)
            .on_conflict((v::coalition_id, v::measure_id, v::period))
            .do_update()
            .set((
                v::contributors.eq(v::contributors + excluded(v::contributors)),
                v::not_applicable.eq(v::not_applicable + excluded(v::not_applicable)),
                v::outsiders.eq(v::outsiders + excluded(v::outsiders)),
                v::answered.eq(v::answered + excluded(v::answered)),
            )))
            .execute(c))?;
        if delta.answered < 0 {
            diesel::delete(v::table.find((coalition_id, measure, period.encoded())))
                .filter(v::answered.eq(0))
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
pub(in crate::store) fn load<S: InCoalition>(
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
pub(in crate::store) fn load_coverage<S: InCoalition>(
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

fn too_large(schema: &Schema, measure: i32, period: Period) -> Error {
    let code = schema
        .measure(measure)
        .map_or("", |measure| measure.code.as_str());
    Error::invalid(
        "",
        "total_too_large",
        format!("the coalition's total of {code} in {period} would be too large to be kept"),
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
