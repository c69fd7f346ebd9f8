//! Observations: what each organization answered, one row for each figure that holds.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::changeset::Step;
use super::connection::{Connection, each};
use super::kept::Kept;
use super::schema::{observation_history, observations, organizations, submissions};
use super::{Read, Write};
use crate::auth::InCoalition;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this measure.
    pub measure_id: Option<i32>,
    /// Only this organization.
    pub organization_id: Option<i32>,
    /// Only these periods, of one kind: the first and the last.
    pub periods: Vec<(Period, Period)>,
    /// After this row.
    pub after: Option<Key>,
    /// At most so many.
    pub limit: i64,
}

/// Where a row stands in the list: measure, period, cell, organization.
pub type Key = (i32, i32, i32, i32);

/// A row as stored, with the codes of its organization and the id of its submission.
#[derive(Clone, Debug, Queryable)]
pub struct Observation {
    /// The measure.
    pub measure_id: i32,
    /// The period, encoded.
    pub period: i32,
    /// The cell.
    pub cell_id: i32,
    /// The organization.
    pub organization_id: i32,
    /// Its code.
    pub organization: String,
    /// The value, in units of the measure.
    pub value: Option<i64>,
    /// Whether it is an estimate, or why there is no value.
    pub flags: i16,
    /// What was said of it.
    pub note: Option<String>,
    /// The submission that brought it.
    pub submission: String,
    /// When, in microseconds.
    pub recorded_at: i64,
}

impl Observation {
    /// Where the row stands in the list.
    pub fn key(&self) -> Key {
        (self.measure_id, self.period, self.cell_id, self.organization_id)
    }
}

/// Rows in the order of their keys.
pub fn list<S: InCoalition>(tx: &mut Read<'_, S>, filter: &Filter) -> Result<Vec<Observation>> {
    use observations as o;
    let mut query = o::table
        .inner_join(organizations::table.on(organizations::id.eq(o::organization_id)))
        .inner_join(
            submissions::table.on(submissions::coalition_id
                .eq(o::coalition_id)
                .and(submissions::id.eq(o::submission_id))),
        )
        .filter(o::coalition_id.eq(tx.tenant().coalition_id()))
        .select((
            o::measure_id,
            o::period,
            o::cell_id,
            o::organization_id,
            organizations::code,
            o::value,
            o::flags,
            o::note,
            submissions::uuid,
            o::recorded_at,
        ))
        .order((o::measure_id, o::period, o::cell_id, o::organization_id))
        .limit(filter.limit)
        .into_boxed();
    if let Some(measure) = filter.measure_id {
        query = query.filter(o::measure_id.eq(measure));
    }
    if let Some(organization) = filter.organization_id {
        query = query.filter(o::organization_id.eq(organization));
    }
    if let Some((first, rest)) = filter.periods.split_first() {
        let within = |(first, last): &(Period, Period)| o::period.between(first.encoded(), last.encoded());
        query = match rest {
            [] => query.filter(within(first)),
            rest => {
                let mut any: Box<dyn BoxableExpression<_, _, SqlType = _>> = Box::new(within(first));
                for bounds in rest {
                    any = Box::new(any.or(within(bounds)));
                }
                query.filter(any)
            }
        };
    }
    if let Some((measure, period, cell, organization)) = filter.after {
        query = query.filter(
            o::measure_id.gt(measure).or(o::measure_id.eq(measure).and(
                o::period.gt(period).or(o::period.eq(period).and(
                    o::cell_id
                        .gt(cell)
                        .or(o::cell_id.eq(cell).and(o::organization_id.gt(organization))),
                )),
            )),
        );
    }
    Ok(query.load(tx.connection)?)
}

/// Whether the coalition has any.
pub fn exist<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<bool> {
    let found: Option<i32> = observations::table
        .filter(observations::coalition_id.eq(tx.tenant().coalition_id()))
        .select(observations::measure_id)
        .first(tx.connection)
        .optional()?;
    Ok(found.is_some())
}

/// Carries out one step of a changeset: what held until now goes into history.
pub(in crate::store) fn carry_out<S: InCoalition>(
    tx: &mut Write<'_, S>,
    schema: &Schema,
    step: &Step,
) -> Result<()> {
    let (measure, period, cell) = step.place;
    let cell = schema
        .cell_id(&cell)
        .ok_or_else(|| Error::internal("a step has a cell without an id"))?;
    let key = (
        tx.tenant().coalition_id(),
        measure,
        period.encoded(),
        cell,
        step.organization_id,
    );
    let (now, submission) = (tx.recorded_at(), tx.revision());
    if step.before.is_some() {
        keep(tx.connection, key, step, (now, submission))?;
    }
    match step.answer {
        Some(answer) => put(
            tx.connection,
            key,
            answer.to_columns(),
            step.note.as_deref(),
            (now, submission),
        ),
        None => {
            diesel::delete(observations::table.find(key)).execute(tx.connection)?;
            Ok(())
        }
    }
}

type RowKey = (i32, i32, i32, i32, i32);

fn keep(connection: &mut Connection, key: RowKey, step: &Step, (now, submission): (i64, i64)) -> Result<()> {
    use observation_history as h;
    let Some(before) = &step.before else { return Ok(()) };
    let (value, flags) = before.answer.to_columns();
    diesel::insert_into(h::table)
        .values((
            h::coalition_id.eq(key.0),
            h::measure_id.eq(key.1),
            h::period.eq(key.2),
            h::cell_id.eq(key.3),
            h::organization_id.eq(key.4),
            h::recorded_at.eq(before.recorded_at),
            h::value.eq(value),
            h::flags.eq(flags),
            h::submission_id.eq(before.submission_id),
            h::note.eq(before.note.as_deref()),
            h::superseded_at.eq(now),
            h::superseded_by.eq(submission),
        ))
        .execute(connection)?;
    Ok(())
}

fn put(
    connection: &mut Connection,
    key: RowKey,
    (value, flags): (Option<i64>, i16),
    note: Option<&str>,
    (now, submission): (i64, i64),
) -> Result<()> {
    use observations as o;
    let values = (
        o::coalition_id.eq(key.0),
        o::measure_id.eq(key.1),
        o::period.eq(key.2),
        o::cell_id.eq(key.3),
        o::organization_id.eq(key.4),
        o::value.eq(value),
        o::flags.eq(flags),
        o::submission_id.eq(submission),
        o::recorded_at.eq(now),
        o::note.eq(note),
    );
    each!(connection, c => Kept(diesel::insert_into(o::table)
        .values(values)
        .on_conflict((o::coalition_id, o::measure_id, o::period, o::cell_id, o::organization_id))
        .do_update()
        .set((
            o::value.eq(excluded(o::value)),
            o::flags.eq(excluded(o::flags)),
            o::submission_id.eq(excluded(o::submission_id)),
            o::recorded_at.eq(excluded(o::recorded_at)),
            o::note.eq(excluded(o::note)),
        )))
        .execute(c))?;
    Ok(())
}
