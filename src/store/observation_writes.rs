//! What a submission does to the observations and their history: some thousands of rows at a time.

use std::marker::PhantomData;

use diesel::prelude::*;

use super::Write;
use super::arrays::{Arrays, Column};
use super::changeset::{Mark, Step};
use super::connection::{Connection, each};
use super::many::{Bind, Many};
use super::schema::observations;
use crate::auth::InCoalition;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// From so many rows on, PostgreSQL takes them faster as arrays. `COPY` would be faster still, but is refused where there
/// is row-level security.
const MANY: usize = 200;

/// Carries out the steps of a changeset: what held until now goes into history. The marks are in the order of their
/// rows; no two steps are about the same figure.
pub(in crate::store) fn carry_out<S: InCoalition>(
    tx: &mut Write<'_, S>,
    schema: &Schema,
    steps: &[Step],
    marks: &[Mark],
) -> Result<()> {
    let write = Recorded {
        coalition_id: tx.tenant().coalition_id(),
        marks,
        schema,
    };
    let mut steps: Vec<&Step> = steps.iter().collect();
    if let Connection::Sqlite(_) = tx.connection {
        // In the order of the primary key, neighbours go to the same page. On PostgreSQL the table has no order of its
        // own, and rows are read by organization, in whose order they come.
        steps.sort_unstable_by_key(|step| (step.place, step.organization_id));
    }
    let superseded = steps.iter().filter_map(|step| write.superseded(step).transpose());
    insert_history(tx.connection, superseded.collect::<Result<_>>()?)?;
    let (mut created, mut updated, mut withdrawn) = (Vec::new(), Vec::new(), Vec::new());
    for step in steps {
        match (step.answer, &step.before) {
            (None, _) => withdrawn.push(write.key(step)?),
            (Some(answer), None) => created.push(write.observation(step, answer.to_columns())?),
            (Some(answer), Some(_)) => updated.push(write.observation(step, answer.to_columns())?),
        }
    }
    insert(tx.connection, created)?;
    update(tx.connection, &updated)?;
    delete(tx.connection, &withdrawn)
}

/// What the rows of one transaction have in common.
struct Recorded<'s> {
    coalition_id: i32,
    marks: &'s [Mark],
    schema: &'s Schema,
}

struct Key {
    coalition_id: i32,
    measure_id: i32,
    period: i32,
    cell_id: i32,
    organization_id: i32,
}

struct NewObservation<'s> {
    coalition_id: i32,
    measure_id: i32,
    period: i32,
    cell_id: i32,
    organization_id: i32,
    value: Option<i64>,
    flags: i16,
    submission_id: i64,
    recorded_at: i64,
    note: Option<&'s str>,
}

struct Superseded<'s> {
    coalition_id: i32,
    measure_id: i32,
    period: i32,
    cell_id: i32,
    organization_id: i32,
    recorded_at: i64,
    value: Option<i64>,
    flags: i16,
    submission_id: i64,
    note: Option<&'s str>,
    superseded_at: i64,
    superseded_by: i64,
}

impl Recorded<'_> {
    fn mark(&self, step: &Step) -> Result<Mark> {
        let before = self.marks.partition_point(|mark| mark.first_row <= step.row);
        let mark = before.checked_sub(1).and_then(|place| self.marks.get(place));
        mark.copied()
            .ok_or_else(|| Error::internal("a step belongs to no submission"))
    }

    fn key(&self, step: &Step) -> Result<Key> {
        let (measure_id, period, cell) = step.place;
        let cell_id = self.schema.cell_id(&cell);
        Ok(Key {
            coalition_id: self.coalition_id,
            measure_id,
            period: period.encoded(),
            cell_id: cell_id.ok_or_else(|| Error::internal("a step has a cell without an id"))?,
            organization_id: step.organization_id,
        })
    }

    fn observation<'s>(
        &self,
        step: &'s Step,
        (value, flags): (Option<i64>, i16),
    ) -> Result<NewObservation<'s>> {
        let (key, mark) = (self.key(step)?, self.mark(step)?);
        Ok(NewObservation {
            coalition_id: key.coalition_id,
            measure_id: key.measure_id,
            period: key.period,
            cell_id: key.cell_id,
            organization_id: key.organization_id,
            value,
            flags,
            submission_id: mark.submission_id,
            recorded_at: mark.recorded_at,
            note: step.note.as_deref(),
        })
    }

    fn superseded<'s>(&self, step: &'s Step) -> Result<Option<Superseded<'s>>> {
        let Some(before) = &step.before else {
            return Ok(None);
        };
        let (key, mark) = (self.key(step)?, self.mark(step)?);
        let (value, flags) = before.answer.to_columns();
        Ok(Some(Superseded {
            coalition_id: key.coalition_id,
            measure_id: key.measure_id,
            period: key.period,
            cell_id: key.cell_id,
            organization_id: key.organization_id,
            recorded_at: before.recorded_at,
            value,
            flags,
            submission_id: before.submission_id,
            note: before.note.as_deref(),
            superseded_at: mark.recorded_at,
            superseded_by: mark.submission_id,
        }))
    }
}

impl Key {
    fn binds(&self) -> [Bind<'_>; 5] {
        [
            Bind::Int(self.coalition_id),
            Bind::Int(self.measure_id),
            Bind::Int(self.period),
            Bind::Int(self.cell_id),
            Bind::Int(self.organization_id),
        ]
    }
}

impl NewObservation<'_> {
    fn binds(&self) -> [Bind<'_>; 10] {
        [
            Bind::Int(self.coalition_id),
            Bind::Int(self.measure_id),
            Bind::Int(self.period),
            Bind::Int(self.cell_id),
            Bind::Int(self.organization_id),
            Bind::MaybeBig(self.value),
            Bind::Small(self.flags),
            Bind::Big(self.submission_id),
            Bind::Big(self.recorded_at),
            Bind::MaybeText(self.note),
        ]
    }
}

impl Superseded<'_> {
    fn binds(&self) -> [Bind<'_>; 12] {
        [
            Bind::Int(self.coalition_id),
            Bind::Int(self.measure_id),
            Bind::Int(self.period),
            Bind::Int(self.cell_id),
            Bind::Int(self.organization_id),
            Bind::Big(self.recorded_at),
            Bind::MaybeBig(self.value),
            Bind::Small(self.flags),
            Bind::Big(self.submission_id),
            Bind::MaybeText(self.note),
            Bind::Big(self.superseded_at),
            Bind::Big(self.superseded_by),
        ]
    }
}

const INTO_OBSERVATIONS: &str = "INSERT INTO observations (coalition_id, measure_id, period, cell_id, \
    organization_id, value, flags, submission_id, recorded_at, note) VALUES";

macro_rules! replacing {
    () => {
        " ON CONFLICT (coalition_id, measure_id, period, cell_id, organization_id) DO UPDATE SET \
            value = excluded.value, flags = excluded.flags, submission_id = excluded.submission_id, \
            recorded_at = excluded.recorded_at, note = excluded.note"
    };
}

fn insert(connection: &mut Connection, rows: Vec<NewObservation<'_>>) -> Result<()> {
    if let Connection::Postgres(c) = connection
        && rows.len() >= MANY
    {
        in_arrays(&rows, ") AS s").execute(c)?;
        return Ok(());
    }
    let rows: Vec<_> = rows.iter().map(NewObservation::binds).collect();
    execute(connection, INTO_OBSERVATIONS, &rows, "")
}

fn update(connection: &mut Connection, rows: &[NewObservation<'_>]) -> Result<()> {
    if let Connection::Postgres(c) = connection
        && rows.len() >= MANY
    {
        in_arrays(rows, concat!(") AS s", replacing!())).execute(c)?;
        return Ok(());
    }
    let rows: Vec<_> = rows.iter().map(NewObservation::binds).collect();
    execute(connection, INTO_OBSERVATIONS, &rows, replacing!())
}

fn delete(connection: &mut Connection, keys: &[Key]) -> Result<()> {
    // SQLite would go through the whole table for a list of keys.
    if let Connection::Sqlite(c) = connection {
        for key in keys {
            let place = (
                key.coalition_id,
                key.measure_id,
                key.period,
                key.cell_id,
                key.organization_id,
            );
            diesel::delete(observations::table.find(place)).execute(c)?;
        }
        return Ok(());
    }
    let keys: Vec<_> = keys.iter().map(Key::binds).collect();
    let from = "DELETE FROM observations \
        WHERE (coalition_id, measure_id, period, cell_id, organization_id) IN (VALUES";
    execute(connection, from, &keys, ")")
}

/// The rows as arrays; they are of one coalition.
fn in_arrays<'s>(rows: &[NewObservation<'s>], end: &'static str) -> Arrays<'s> {
    let ints = |of: fn(&NewObservation<'s>) -> i32| Column::Ints(rows.iter().map(of).collect());
    let bigs = |of: fn(&NewObservation<'s>) -> i64| Column::Bigs(rows.iter().map(of).collect());
    Arrays {
        texts: &[
            "INSERT INTO observations (measure_id, period, cell_id, organization_id, value, flags, note, submission_id, \
                recorded_at, coalition_id) SELECT s.*, ",
            " FROM unnest(",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
        ],
        columns: vec![
            Column::Int(rows[0].coalition_id),
            ints(|row| row.measure_id),
            ints(|row| row.period),
            ints(|row| row.cell_id),
            ints(|row| row.organization_id),
            Column::MaybeBigs(rows.iter().map(|row| row.value).collect()),
            Column::Smalls(rows.iter().map(|row| row.flags).collect()),
            Column::MaybeTexts(rows.iter().map(|row| row.note).collect()),
            bigs(|row| row.submission_id),
            bigs(|row| row.recorded_at),
        ],
        end,
        answers: PhantomData,
    }
}

/// What was superseded, as arrays, of one coalition.
fn history_in_arrays<'s>(rows: &[Superseded<'s>]) -> Arrays<'s> {
    let ints = |of: fn(&Superseded<'s>) -> i32| Column::Ints(rows.iter().map(of).collect());
    let bigs = |of: fn(&Superseded<'s>) -> i64| Column::Bigs(rows.iter().map(of).collect());
    Arrays {
        texts: &[
            "INSERT INTO observation_history (measure_id, period, cell_id, organization_id, recorded_at, value, flags, \
                submission_id, note, superseded_at, superseded_by, coalition_id) SELECT s.*, ",
            " FROM unnest(",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
        ],
        columns: vec![
            Column::Int(rows[0].coalition_id),
            ints(|row| row.measure_id),
            ints(|row| row.period),
            ints(|row| row.cell_id),
            ints(|row| row.organization_id),
            bigs(|row| row.recorded_at),
            Column::MaybeBigs(rows.iter().map(|row| row.value).collect()),
            Column::Smalls(rows.iter().map(|row| row.flags).collect()),
            bigs(|row| row.submission_id),
            Column::MaybeTexts(rows.iter().map(|row| row.note).collect()),
            bigs(|row| row.superseded_at),
            bigs(|row| row.superseded_by),
        ],
        end: ") AS s",
        answers: PhantomData,
    }
}

fn insert_history(connection: &mut Connection, rows: Vec<Superseded<'_>>) -> Result<()> {
    if let Connection::Postgres(c) = connection
        && rows.len() >= MANY
    {
        history_in_arrays(&rows).execute(c)?;
        return Ok(());
    }
    let rows: Vec<_> = rows.iter().map(Superseded::binds).collect();
    let into = "INSERT INTO observation_history (coalition_id, measure_id, period, cell_id, organization_id, \
        recorded_at, value, flags, submission_id, note, superseded_at, superseded_by) VALUES";
    execute(connection, into, &rows, "")
}

fn execute<const N: usize>(
    connection: &mut Connection,
    before: &'static str,
    rows: &[[Bind<'_>; N]],
    after: &'static str,
) -> Result<()> {
    for statement in Many::<N>::statements(before, rows, after) {
        each!(connection, c => statement.execute(c))?;
    }
    Ok(())
}
