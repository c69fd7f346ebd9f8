//! Organizations' figures, read from the observations: as they hold now, or as they were known at an instant.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};

use super::Read;
use super::arrays::{Arrays, Column};
use super::connection::{Connection, each};
use super::many::{Bind, Many};
use super::own::own;
use super::schema::{observation_history, observations};
use crate::auth::{InCoalition, ReadsCoalition};
use crate::domain::answer::Answer;
use crate::domain::cell::Cell;
use crate::domain::figures::Figures;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// A measure and the first and last period of a stretch of its slices.
pub type Stretch = (i32, Period, Period);

/// Where a figure stands among those of one organization.
pub type Place = (i32, Period, Cell);

/// A figure with what is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What was answered.
    pub answer: Answer,
    /// The submission that brought it.
    pub submission_id: i64,
    /// When, in microseconds.
    pub recorded_at: i64,
    /// What was said of it.
    pub note: Option<String>,
}

/// All figures of one organization.
pub fn load<S: InCoalition>(tx: &mut Read<'_, S>, organization_id: i32) -> Result<Figures> {
    let schema = tx.schema()?;
    load_all(
        tx.connection,
        tx.tenant().coalition_id(),
        &schema,
        organization_id,
    )
}

pub(in crate::store) fn load_all(
    connection: &mut Connection,
    coalition_id: i32,
    schema: &Schema,
    organization_id: i32,
) -> Result<Figures> {
    let rows: Vec<Columns> = observations::table
        .filter(own!(observations::coalition_id, coalition_id))
        .filter(observations::organization_id.eq(organization_id))
        .select(COLUMNS)
        .load(connection)?;
    let mut figures = Figures::new();
    for row in rows {
        let ((measure, period, cell), stored) = read(schema, row)?;
        figures
            .entry((measure, period))
            .or_default()
            .insert(cell, stored.answer);
    }
    Ok(figures)
}

/// Some organizations' figures in some stretches of each, with what is kept beside them.
pub(in crate::store) fn load_stored<S: InCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    stretches: &[(i32, Stretch)],
) -> Result<HashMap<i32, BTreeMap<Place, Stored>>> {
    let coalition_id = tx.tenant().coalition_id();
    let rows = match tx.connection {
        Connection::Postgres(c) if stretches.len() > FEW => in_arrays(coalition_id, stretches).load(c)?,
        _ => load_in_groups(tx.connection, coalition_id, stretches)?,
    };
    let mut stored: HashMap<i32, BTreeMap<Place, Stored>> = HashMap::new();
    for (organization, columns) in rows {
        let (place, found) = read(schema, columns)?;
        stored.entry(organization).or_default().insert(place, found);
    }
    Ok(stored)
}

/// So many stretches PostgreSQL takes as a list of values; more as arrays.
const FEW: usize = 16;

type StoredRow = (i32, Columns);
type StoredSql = (
    Integer,
    (
        Integer,
        Integer,
        Integer,
        Nullable<BigInt>,
        SmallInt,
        BigInt,
        BigInt,
        Nullable<Text>,
    ),
);

fn in_arrays(coalition_id: i32, stretches: &[(i32, Stretch)]) -> Arrays<'_, StoredSql> {
    let column = |of: fn(&(i32, Stretch)) -> i32| Column::Ints(stretches.iter().map(of).collect());
    Arrays {
        // OFFSET 0 keeps PostgreSQL from joining in another way than by the index, for which it would have to know the
        // table better than it does while it grows.
        texts: &[
            "SELECT o.organization_id, o.measure_id, o.period, o.cell_id, o.value, o.flags, o.submission_id, \
                o.recorded_at, o.note FROM unnest(",
            ", ",
            ", ",
            ", ",
            ") AS s (organization_id, measure_id, first, last) CROSS JOIN LATERAL (SELECT * FROM observations o \
                WHERE o.coalition_id = ",
        ],
        columns: vec![
            column(|(organization, _)| *organization),
            column(|(_, (measure, ..))| *measure),
            column(|(_, (_, first, _))| first.encoded()),
            column(|(_, (_, _, last))| last.encoded()),
            Column::Int(coalition_id),
        ],
        end: " AND o.organization_id = s.organization_id AND o.measure_id = s.measure_id \
            AND o.period BETWEEN s.first AND s.last OFFSET 0) AS o",
        answers: PhantomData,
    }
}

fn load_in_groups(
    connection: &mut Connection,
    coalition_id: i32,
    stretches: &[(i32, Stretch)],
) -> Result<Vec<StoredRow>> {
    let wanted: Vec<_> = stretches
        .iter()
        .map(|&(organization, (measure, first, last))| {
            [
                Bind::Int(coalition_id),
                Bind::Int(organization),
                Bind::Int(measure),
                Bind::Int(first.encoded()),
                Bind::Int(last.encoded()),
            ]
        })
        .collect();
    let select = "SELECT o.organization_id, o.measure_id, o.period, o.cell_id, o.value, o.flags, o.submission_id, \
        o.recorded_at, o.note FROM (VALUES";
    // Without statistics, SQLite would go through all organizations' figures of a measure and period.
    let join = match connection {
        Connection::Sqlite(_) => {
            ") AS s CROSS JOIN observations o INDEXED BY observations_by_organization \
                WHERE o.coalition_id = s.column1 AND o.organization_id = s.column2 AND o.measure_id = s.column3 \
                AND o.period BETWEEN s.column4 AND s.column5"
        }
        Connection::Postgres(_) => {
            ") AS s CROSS JOIN observations o \
                WHERE o.coalition_id = s.column1 AND o.organization_id = s.column2 AND o.measure_id = s.column3 \
                AND o.period BETWEEN s.column4 AND s.column5"
        }
    };
    let mut rows = Vec::new();
    for query in Many::<5, StoredSql>::statements(select, &wanted, join) {
        rows.extend(each!(connection, c => query.load::<StoredRow>(c))?);
    }
    Ok(rows)
}

/// Every organization's figures in some stretches: as they hold now, or as they were known at an instant.
pub(in crate::store) fn load_everybody<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    stretches: &[Stretch],
    as_of: Option<i64>,
) -> Result<BTreeMap<i32, Figures>> {
    let coalition_id = tx.tenant().coalition_id();
    let mut everybody: BTreeMap<i32, Figures> = BTreeMap::new();
    for &(measure, first, last) in stretches {
        let mut rows = load_now(tx.connection, coalition_id, (measure, first, last), as_of)?;
        if let Some(instant) = as_of {
            rows.extend(load_past(
                tx.connection,
                coalition_id,
                (measure, first, last),
                instant,
            )?);
        }
        for (organization, period, cell, value, flags) in rows {
            let answer = Answer::from_columns(value, flags).ok_or_else(|| broken("an answer"))?;
            let period = Period::from_encoded(period).ok_or_else(|| broken("a period"))?;
            let cell = schema.cell_by_id(cell).ok_or_else(|| broken("a cell"))?;
            everybody
                .entry(organization)
                .or_default()
                .entry((measure, period))
                .or_default()
                .insert(cell, answer);
        }
    }
    Ok(everybody)
}

type Bare = (i32, i32, i32, Option<i64>, i16);

fn load_now(
    connection: &mut Connection,
    coalition_id: i32,
    stretch: Stretch,
    as_of: Option<i64>,
) -> Result<Vec<Bare>> {
    let (measure, first, last) = stretch;
    let rows = observations::table
        .filter(own!(observations::coalition_id, coalition_id))
        .filter(observations::measure_id.eq(measure))
        .filter(observations::period.between(first.encoded(), last.encoded()))
        .filter(observations::recorded_at.le(as_of.unwrap_or(i64::MAX)))
        .select((
            observations::organization_id,
            observations::period,
            observations::cell_id,
            observations::value,
            observations::flags,
        ))
        .load(connection)?;
    Ok(rows)
}

fn load_past(
    connection: &mut Connection,
    coalition_id: i32,
    stretch: Stretch,
    instant: i64,
) -> Result<Vec<Bare>> {
    let (measure, first, last) = stretch;
    let rows = observation_history::table
        .filter(own!(observation_history::coalition_id, coalition_id))
        .filter(observation_history::measure_id.eq(measure))
        .filter(observation_history::period.between(first.encoded(), last.encoded()))
        .filter(observation_history::recorded_at.le(instant))
        .filter(observation_history::superseded_at.gt(instant))
        .select((
            observation_history::organization_id,
            observation_history::period,
            observation_history::cell_id,
            observation_history::value,
            observation_history::flags,
        ))
        .load(connection)?;
    Ok(rows)
}

type Columns = (i32, i32, i32, Option<i64>, i16, i64, i64, Option<String>);
type Selected = (
    observations::measure_id,
    observations::period,
    observations::cell_id,
    observations::value,
    observations::flags,
    observations::submission_id,
    observations::recorded_at,
    observations::note,
);
const COLUMNS: Selected = (
    observations::measure_id,
    observations::period,
    observations::cell_id,
    observations::value,
    observations::flags,
    observations::submission_id,
    observations::recorded_at,
    observations::note,
);

fn read(schema: &Schema, row: Columns) -> Result<(Place, Stored)> {
    let (measure, period, cell, value, flags, submission_id, recorded_at, note) = row;
    let answer = Answer::from_columns(value, flags).ok_or_else(|| broken("an answer"))?;
    let period = Period::from_encoded(period).ok_or_else(|| broken("a period"))?;
    let cell = schema.cell_by_id(cell).ok_or_else(|| broken("a cell"))?;
    Ok((
        (measure, period, cell),
        Stored {
            answer,
            submission_id,
            recorded_at,
            note,
        },
    ))
}

pub(super) fn broken(what: &str) -> Error {
    Error::internal(format!("an observation has {what} that nothing can be"))
}
