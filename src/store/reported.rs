//! What everybody reported at one cell, and nothing else of what they did.

use std::collections::HashMap;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt};

use super::Read;
use super::arrays::{Arrays, Column};
use super::connection::{Connection, each};
use super::figures::broken;
use super::own::{is_own, own};
use super::schema::observations;
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
    let mut reported = match &mut *tx.connection {
        // Not a turn to the server and back for each.
        Connection::Postgres(c) if slices.len() > 1 => of_slices(c, coalition_id, cell_id, slices)?,
        connection => {
            let mut reported = Reported::new();
            for &slice in slices {
                reported.insert(slice, of_slice(connection, coalition_id, cell_id, slice)?);
            }
            reported
        }
    };
    for answers in reported.values_mut() {
        answers.sort_unstable_by_key(|(organization, _)| *organization);
    }
    Ok(reported)
}

/// Organization, value and flags.
type AnswerRow = (i32, Option<i64>, i16);
/// Measure and period before it.
type ReportedRow = (i32, i32, AnswerRow);
type ReportedSql = (Integer, Integer, (Integer, Nullable<BigInt>, SmallInt));

fn read((organization, value, flags): AnswerRow) -> Result<(i32, Answer)> {
    let answer = Answer::from_columns(value, flags).ok_or_else(|| broken("an answer"))?;
    Ok((organization, answer))
}

fn of_slice(
    connection: &mut Connection,
    coalition_id: i32,
    cell_id: i32,
    (measure, period): (i32, Period),
) -> Result<Vec<(i32, Answer)>> {
    let query = observations::table
        .filter(own!(observations::coalition_id, coalition_id))
        .filter(observations::measure_id.eq(measure))
        .filter(observations::period.eq(period.encoded()))
        .filter(observations::cell_id.eq(cell_id))
        .select((
            observations::organization_id,
            observations::value,
            observations::flags,
        ));
    let rows: Vec<AnswerRow> = each!(connection, c => query.load(c))?;
    rows.into_iter().map(read).collect()
}

fn of_slices(
    connection: &mut PgConnection,
    coalition_id: i32,
    cell_id: i32,
    slices: &[(i32, Period)],
) -> Result<Reported> {
    let rows: Vec<ReportedRow> = in_arrays(coalition_id, cell_id, slices).load(connection)?;
    let mut reported = Reported::new();
    for rows in rows.chunk_by(|left, right| (left.0, left.1) == (right.0, right.1)) {
        let Some(&(measure, period, _)) = rows.first() else {
            continue;
        };
        let period = Period::from_encoded(period).ok_or_else(|| broken("a period"))?;
        let answers = rows.iter().map(|&(_, _, answer)| read(answer));
        let answers = answers.collect::<Result<Vec<_>>>()?;
        reported.entry((measure, period)).or_default().extend(answers);
    }
    Ok(reported)
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
