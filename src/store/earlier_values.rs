//! What figures said before, from the history.

use std::collections::HashMap;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};

use super::Read;
use super::arrays::{Arrays, Column};
use super::connection::Connection;
use super::own::own;
use super::row_key::{Key, stands};
use super::schema::{observation_history, organizations, submissions};
use crate::auth::InCoalition;
use crate::domain::answer::Answer;
use crate::error::{Error, Result};

/// The earlier values of one answer, unless a single figure has more.
const MOST: usize = 10_000;
/// Figures that are asked about at once.
const AT_ONCE: usize = 20;

/// An answer that held, and then no longer.
#[derive(Clone, Debug)]
pub struct EarlierValue {
    /// What was answered.
    pub answer: Answer,
    /// What was said of it.
    pub note: Option<String>,
    /// The submission that brought it.
    pub submission: String,
    /// Since when it held, in microseconds.
    pub recorded_at: i64,
    /// Until when, in microseconds.
    pub superseded_at: i64,
    /// The submission that corrected it or took it back.
    pub superseded_by: String,
}

/// An earlier value with the figure that it was of.
#[derive(Clone, Debug)]
pub struct Superseded {
    /// Where the figure stands.
    pub key: Key,
    /// The organization's code.
    pub organization: String,
    /// What it said.
    pub value: EarlierValue,
}

type Row = (
    Key,
    (Option<i64>, i16, Option<String>),
    (String, i64),
    (String, i64),
);

type RowSql = (
    (Integer, Integer, Integer, Integer),
    (Nullable<BigInt>, SmallInt, Nullable<Text>),
    (Text, BigInt),
    (Text, BigInt),
);

/// The earlier values of some figures as known at an instant, each newest first: of the first figures only, if those
/// have very many.
pub fn list<S: InCoalition>(
    tx: &mut Read<'_, S>,
    keys: &[Key],
    until: i64,
) -> Result<Vec<Vec<EarlierValue>>> {
    let (mut listed, mut count) = (Vec::with_capacity(keys.len()), 0);
    for some in keys.chunks(AT_ONCE) {
        if count >= MOST {
            break;
        }
        let mut found: HashMap<Key, Vec<EarlierValue>> = HashMap::new();
        for row in load(tx, some, until)? {
            count += 1;
            found.entry(row.0).or_default().push(read(row)?);
        }
        listed.extend(some.iter().map(|key| found.remove(key).unwrap_or_default()));
    }
    Ok(listed)
}

fn load<S: InCoalition>(tx: &mut Read<'_, S>, keys: &[Key], until: i64) -> Result<Vec<Row>> {
    let coalition_id = tx.tenant().coalition_id();
    match tx.connection {
        Connection::Postgres(c) => Ok(in_arrays(coalition_id, keys, until).load(c)?),
        _ => by_keys(tx.connection, coalition_id, keys, until),
    }
}

fn in_arrays(coalition_id: i32, keys: &[Key], until: i64) -> Arrays<'_, RowSql> {
    let of_keys = |part: fn(&Key) -> i32| Column::Ints(keys.iter().map(part).collect());
    Arrays {
        // OFFSET 0 keeps PostgreSQL to the keys, also where it has no statistics: after a crash or a restore it would go
        // through all that the organization has reported.
        texts: &[
            "SELECT h.measure_id, h.period, h.cell_id, h.organization_id, h.value, h.flags, h.note, s.uuid, \
             h.recorded_at, e.uuid, h.superseded_at FROM unnest(",
            ", ",
            ", ",
            ", ",
            ") AS k (measure_id, period, cell_id, organization_id) \
             CROSS JOIN LATERAL (SELECT * FROM observation_history o WHERE o.coalition_id = ",
            " AND o.measure_id = k.measure_id AND o.period = k.period AND o.cell_id = k.cell_id \
             AND o.organization_id = k.organization_id OFFSET 0) AS h \
             CROSS JOIN LATERAL (SELECT uuid FROM submissions WHERE coalition_id = ",
            " AND id = h.submission_id OFFSET 0) AS s \
             CROSS JOIN LATERAL (SELECT uuid FROM submissions WHERE coalition_id = ",
            " AND id = h.superseded_by OFFSET 0) AS e WHERE h.superseded_at <= ",
        ],
        columns: vec![
            of_keys(|key| key.0),
            of_keys(|key| key.1),
            of_keys(|key| key.2),
            of_keys(|key| key.3),
            Column::Int(coalition_id),
            Column::Int(coalition_id),
            Column::Int(coalition_id),
            Column::Big(until),
        ],
        end: " ORDER BY h.recorded_at DESC",
        answers: PhantomData,
    }
}

fn by_keys(connection: &mut Connection, coalition_id: i32, keys: &[Key], until: i64) -> Result<Vec<Row>> {
    use observation_history as h;
    let ended_by = diesel::alias!(submissions as ended_by);
    // The coalition stands in each part, so that each is found by the whole key.
    let at = |&(measure, period, cell, organization): &Key| {
        h::coalition_id
            .eq(coalition_id)
            .and(h::measure_id.eq(measure))
            .and(h::period.eq(period))
            .and(h::cell_id.eq(cell))
            .and(h::organization_id.eq(organization))
    };
    let query = h::table
        .inner_join(
            submissions::table.on(submissions::coalition_id
                .eq(h::coalition_id)
                .and(submissions::id.eq(h::submission_id))),
        )
        .inner_join(
            ended_by.on(ended_by
                .field(submissions::coalition_id)
                .eq(h::coalition_id)
                .and(ended_by.field(submissions::id).eq(h::superseded_by))),
        )
        .filter(h::superseded_at.le(until))
        .order(h::recorded_at.desc())
        .select((
            (h::measure_id, h::period, h::cell_id, h::organization_id),
            (h::value, h::flags, h::note),
            (submissions::uuid, h::recorded_at),
            (ended_by.field(submissions::uuid), h::superseded_at),
        ))
        .into_boxed();
    let Some((first, rest)) = keys.split_first() else {
        return Ok(Vec::new());
    };
    let mut any: Box<dyn BoxableExpression<_, _, SqlType = _>> = Box::new(at(first));
    for key in rest {
        any = Box::new(any.or(at(key)));
    }
    Ok(query.filter(any).load(connection)?)
}

/// A page of all earlier values of the coalition's figures, or of one organization's, as known at an instant: in the
/// order of figures, the oldest of each first, from after one on.
pub fn list_all<S: InCoalition>(
    tx: &mut Read<'_, S>,
    organization_id: Option<i32>,
    until: i64,
    after: Option<(Key, i64)>,
    limit: i64,
) -> Result<Vec<Superseded>> {
    use observation_history as h;
    let ended_by = diesel::alias!(submissions as ended_by);
    let mut query = h::table
        .inner_join(organizations::table.on(organizations::id.eq(h::organization_id)))
        .inner_join(
            submissions::table.on(submissions::coalition_id
                .eq(h::coalition_id)
                .and(submissions::id.eq(h::submission_id))),
        )
        .inner_join(
            ended_by.on(ended_by
                .field(submissions::coalition_id)
                .eq(h::coalition_id)
                .and(ended_by.field(submissions::id).eq(h::superseded_by))),
        )
        .filter(own!(h::coalition_id, tx.tenant().coalition_id()))
        .filter(h::superseded_at.le(until))
        .order((
            h::measure_id,
            h::period,
            h::cell_id,
            h::organization_id,
            h::recorded_at,
        ))
        .limit(limit)
        .select((
            organizations::code,
            (
                (h::measure_id, h::period, h::cell_id, h::organization_id),
                (h::value, h::flags, h::note),
                (submissions::uuid, h::recorded_at),
                (ended_by.field(submissions::uuid), h::superseded_at),
            ),
        ))
        .into_boxed();
    if let Some(organization_id) = organization_id {
        query = query.filter(h::organization_id.eq(organization_id));
    }
    if let Some((key, recorded_at)) = after {
        let same = stands!("observation_history", "=", key).and(h::recorded_at.gt(recorded_at));
        query = query.filter(stands!("observation_history", ">", key).or(same));
    }
    let rows: Vec<(String, Row)> = query.load(tx.connection)?;
    rows.into_iter()
        .map(|(organization, row)| {
            Ok(Superseded {
                key: row.0,
                organization,
                value: read(row)?,
            })
        })
        .collect()
}

fn read((_, (value, flags, note), begun, ended): Row) -> Result<EarlierValue> {
    let answer = Answer::from_columns(value, flags)
        .ok_or_else(|| Error::internal("the history has an answer that nothing can be"))?;
    Ok(EarlierValue {
        answer,
        note,
        submission: begun.0,
        recorded_at: begun.1,
        superseded_at: ended.1,
        superseded_by: ended.0,
    })
}
