//! Observations: what each organization answered, one row for each figure that holds.

use diesel::prelude::*;

use super::changeset::Step;
use super::connection::{Connection, each};
use super::many::{Bind, Many};
use super::schema::{observations, organizations, submissions};
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

/// Carries out the steps of a changeset: what held until now goes into history.
pub(in crate::store) fn carry_out<S: InCoalition>(
    tx: &mut Write<'_, S>,
    schema: &Schema,
    steps: &[Step],
) -> Result<()> {
    let write = Recorded {
        coalition_id: tx.tenant().coalition_id(),
        submission_id: tx.revision(),
        recorded_at: tx.recorded_at(),
        schema,
    };
    let connection = &mut *tx.connection;
    // In the order of the primary key, neighbours go to the same page.
    let mut steps: Vec<&Step> = steps.iter().collect();
    steps.sort_unstable_by_key(|step| (step.place, step.organization_id));
    let steps = steps.as_slice();
    write.keep(connection, steps)?;
    write.put(connection, steps, |step| step.before.is_none(), "")?;
    write.put(connection, steps, |step| step.before.is_some(), REPLACING)?;
    write.delete(connection, steps)
}

const REPLACING: &str = " ON CONFLICT (coalition_id, measure_id, period, cell_id, organization_id) DO UPDATE SET \
    value = excluded.value, flags = excluded.flags, submission_id = excluded.submission_id, \
    recorded_at = excluded.recorded_at, note = excluded.note";

/// What the rows of one write have in common.
struct Recorded<'s> {
    coalition_id: i32,
    submission_id: i64,
    recorded_at: i64,
    schema: &'s Schema,
}

impl Recorded<'_> {
    fn key<'b>(&self, step: &Step) -> Result<[Bind<'b>; 5]> {
        let (measure, period, cell) = step.place;
        let cell = self.schema.cell_id(&cell);
        let cell = cell.ok_or_else(|| Error::internal("a step has a cell without an id"))?;
        Ok([
            Bind::Int(self.coalition_id),
            Bind::Int(measure),
            Bind::Int(period.encoded()),
            Bind::Int(cell),
            Bind::Int(step.organization_id),
        ])
    }

    fn keep(&self, connection: &mut Connection, steps: &[&Step]) -> Result<()> {
        let rows = steps
            .iter()
            .filter_map(|step| Some((step, step.before.as_ref()?)));
        let rows = rows.map(|(step, before)| {
            let [coalition, measure, period, cell, organization] = self.key(step)?;
            let (value, flags) = before.answer.to_columns();
            Ok([
                coalition,
                measure,
                period,
                cell,
                organization,
                Bind::Big(before.recorded_at),
                Bind::MaybeBig(value),
                Bind::Small(flags),
                Bind::Big(before.submission_id),
                Bind::MaybeText(before.note.as_deref()),
                Bind::Big(self.recorded_at),
                Bind::Big(self.submission_id),
            ])
        });
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let into = "INSERT INTO observation_history (coalition_id, measure_id, period, cell_id, organization_id, \
            recorded_at, value, flags, submission_id, note, superseded_at, superseded_by) VALUES";
        execute(connection, into, &rows, "")
    }

    fn put(
        &self,
        connection: &mut Connection,
        steps: &[&Step],
        which: impl Fn(&Step) -> bool,
        replacing: &'static str,
    ) -> Result<()> {
        let rows = steps.iter().copied().filter(|step| which(step));
        let rows = rows.filter_map(|step| Some((step, step.answer?)));
        let rows = rows.map(|(step, answer)| {
            let [coalition, measure, period, cell, organization] = self.key(step)?;
            let (value, flags) = answer.to_columns();
            Ok([
                coalition,
                measure,
                period,
                cell,
                organization,
                Bind::MaybeBig(value),
                Bind::Small(flags),
                Bind::Big(self.submission_id),
                Bind::Big(self.recorded_at),
                Bind::MaybeText(step.note.as_deref()),
            ])
        });
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let into = "INSERT INTO observations (coalition_id, measure_id, period, cell_id, organization_id, value, flags, \
            submission_id, recorded_at, note) VALUES";
        execute(connection, into, &rows, replacing)
    }

    fn delete(&self, connection: &mut Connection, steps: &[&Step]) -> Result<()> {
        let withdrawn = steps.iter().filter(|step| step.answer.is_none());
        let keys = withdrawn.map(|step| self.key(step)).collect::<Result<Vec<_>>>()?;
        let from = "DELETE FROM observations \
            WHERE (coalition_id, measure_id, period, cell_id, organization_id) IN (VALUES";
        execute(connection, from, &keys, ")")
    }
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
