//! What everybody reported at one cell, and nothing else of what they did.

use std::collections::HashMap;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt};

use super::Read;
use super::arrays::{Arrays, Column};
use super::connection::{Connection, each};
use super::figures::{FEW, broken};
use super::many::{Bind, Many};
use super::own::is_own;
use crate::auth::ReadsCoalition;
use crate::domain::answer::Answer;
use crate::domain::cell::Cell;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::Result;

/// By measure and period, the organizations with their answers.
type Reported = HashMap<(i32, Period), Vec<(i32, Answer)>>;

/// What everybody reported at one cell for some measures and periods: the organizations in the order of their ids.
pub(in crate::store) fn load<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    cell: &Cell,
    slices: &[(i32, Period)],
) -> Result<Reported> {
    // No figure has had a cell without an id.
    let Some(cell_id) = schema.cell_id(cell) else {
        return Ok(Reported::new());
    };
    let coalition_id = tx.tenant().coalition_id();
    let rows = match tx.connection {
        Connection::Postgres(c) if slices.len() > FEW => in_arrays(coalition_id, cell_id, slices).load(c)?,
        _ => by_values(tx.connection, coalition_id, cell_id, slices)?,
    };
    let mut reported = Reported::new();
    for of_slice in rows.chunk_by(|left, right| (left.0, left.1) == (right.0, right.1)) {
        let Some(&(measure, period, ..)) = of_slice.first() else {
            continue;
        };
        let period = Period::from_encoded(period).ok_or_else(|| broken("a period"))?;
        let answers = of_slice.iter().map(|&(_, _, organization, value, flags)| {
            let answer = Answer::from_columns(value, flags).ok_or_else(|| broken("an answer"))?;
            Ok((organization, answer))
        });
        let answers = answers.collect::<Result<Vec<_>>>()?;
        reported.entry((measure, period)).or_default().extend(answers);
    }
    for answers in reported.values_mut() {
        answers.sort_unstable_by_key(|(organization, _)| *organization);
    }
    Ok(reported)
}

/// Measure, period, organization, value and flags.
type ReportedRow = (i32, i32, i32, Option<i64>, i16);
type ReportedSql = (Integer, Integer, Integer, Nullable<BigInt>, SmallInt);

fn by_values(
    connection: &mut Connection,
    coalition_id: i32,
    cell_id: i32,
    slices: &[(i32, Period)],
) -> Result<Vec<ReportedRow>> {
    let wanted = slices
        .iter()
        .map(|(measure, period)| [coalition_id, *measure, period.encoded(), cell_id].map(Bind::Int));
    let wanted: Vec<_> = wanted.collect();
    let select = "SELECT o.measure_id, o.period, o.organization_id, o.value, o.flags FROM (VALUES";
    let join = concat!(
        ") AS s CROSS JOIN observations o WHERE o.coalition_id",
        is_own!(),
        "s.column1 AND o.measure_id = s.column2 \
        AND o.period = s.column3 AND o.cell_id = s.column4"
    );
    let mut rows = Vec::new();
    for query in Many::<4, ReportedSql>::statements(select, &wanted, join) {
        rows.extend(each!(connection, c => query.load::<ReportedRow>(c))?);
    }
    Ok(rows)
}

fn in_arrays(coalition_id: i32, cell_id: i32, slices: &[(i32, Period)]) -> Arrays<'_, ReportedSql> {
    Arrays {
        // OFFSET 0 keeps PostgreSQL to the index: see the stored figures.
        texts: &[
            "SELECT o.measure_id, o.period, o.organization_id, o.value, o.flags FROM unnest(",
            ", ",
            concat!(
                ") AS s (measure_id, period) CROSS JOIN LATERAL (SELECT * FROM observations o WHERE o.coalition_id",
                is_own!()
            ),
            " AND o.measure_id = s.measure_id AND o.period = s.period AND o.cell_id = ",
        ],
        columns: vec![
            Column::Ints(slices.iter().map(|(measure, _)| *measure).collect()),
            Column::Ints(slices.iter().map(|(_, period)| period.encoded()).collect()),
            Column::Int(coalition_id),
            Column::Int(cell_id),
        ],
        end: " OFFSET 0) AS o",
        answers: PhantomData,
    }
}
