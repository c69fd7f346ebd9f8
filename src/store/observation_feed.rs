//! The figures as they were at one instant of the coalition's clock, in the order of their keys, whole or only what
//! was recorded after an earlier instant.
//!
//! Whoever walks through the pages sees one state from the first to the last, whatever is written meanwhile: a row
//! that has changed since is found in the history. The next walk goes on where this one ended in time, so that a copy
//! kept elsewhere misses nothing and is told nothing twice.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::Read;
use super::own::own;
use super::row_key::{Key, Merged, stands};
use super::schema::{observation_history, observations, organizations, submissions};
use crate::auth::InCoalition;
use crate::domain::answer::Answer;
use crate::domain::period::Period;
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
    /// Only what was recorded after this instant, in microseconds.
    pub recorded_after: Option<i64>,
    /// Whether figures that were taken back are told too.
    pub with_withdrawn: bool,
    /// As of this instant, in microseconds; not ahead of the coalition's clock.
    pub until: i64,
    /// After this row.
    pub after: Option<Key>,
    /// At most so many.
    pub limit: i64,
}

/// What held for one figure.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Where it stands.
    pub key: Key,
    /// The organization's code.
    pub organization: String,
    /// What was answered; `None` where the answer was taken back.
    pub answer: Option<Answer>,
    /// What was said of it.
    pub note: Option<String>,
    /// The submission that brought it, or took it back.
    pub submission: String,
    /// When, in microseconds.
    pub recorded_at: i64,
}

/// A page of what held at `until`.
pub fn list<S: InCoalition>(tx: &mut Read<'_, S>, filter: &Filter) -> Result<Vec<Observation>> {
    let mut page = Merged::new(filter.limit, |row: &Observation| row.key);
    page.add(holding(tx, filter)?);
    if tx.current_tick()?.recorded_at > filter.until {
        let last = page.last();
        page.add(superseded_since(tx, filter, last)?);
    }
    if filter.with_withdrawn {
        let last = page.last();
        page.add(withdrawn(tx, filter, last)?);
    }
    Ok(page.into_rows())
}

type Row = (Key, String, Option<i64>, i16, Option<String>, String, i64);

/// The rows of a table that a filter is about, up to a key: where every query here starts.
macro_rules! scoped {
    ($tx:ident, $table:ident, $name:literal, $submission:ident, $filter:ident, $last:expr) => {{
        use $table as t;
        let mut query = t::table
            .inner_join(organizations::table.on(organizations::id.eq(t::organization_id)))
            .inner_join(
                submissions::table.on(submissions::coalition_id
                    .eq(t::coalition_id)
                    .and(submissions::id.eq(t::$submission))),
            )
            .filter(own!(t::coalition_id, $tx.tenant().coalition_id()))
            .order((t::measure_id, t::period, t::cell_id, t::organization_id))
            .limit($filter.limit)
            .into_boxed();
        if let Some(measure) = $filter.measure_id {
            query = query.filter(t::measure_id.eq(measure));
        }
        if let Some(organization) = $filter.organization_id {
            query = query.filter(t::organization_id.eq(organization));
        }
        if let Some((first, rest)) = $filter.periods.split_first() {
            let within =
                |(first, last): &(Period, Period)| t::period.between(first.encoded(), last.encoded());
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
        if let Some(after) = $filter.after {
            query = query.filter(stands!($name, ">", after));
        }
        if let Some(last) = $last {
            query = query.filter(stands!($name, "<=", last));
        }
        query
    }};
}

/// What held at the instant and holds still.
fn holding<S: InCoalition>(tx: &mut Read<'_, S>, filter: &Filter) -> Result<Vec<Observation>> {
    use observations as o;
    let mut query = scoped!(
        tx,
        observations,
        "observations",
        submission_id,
        filter,
        None::<Key>
    )
    .filter(o::recorded_at.le(filter.until))
    .select((
        (o::measure_id, o::period, o::cell_id, o::organization_id),
        organizations::code,
        o::value,
        o::flags,
        o::note,
        submissions::uuid,
        o::recorded_at,
    ));
    if let Some(instant) = filter.recorded_after {
        query = query.filter(o::recorded_at.gt(instant));
    }
    query.load::<Row>(tx.connection)?.into_iter().map(read).collect()
}

/// What held at the instant and was corrected or taken back since.
fn superseded_since<S: InCoalition>(
    tx: &mut Read<'_, S>,
    filter: &Filter,
    last: Option<Key>,
) -> Result<Vec<Observation>> {
    use observation_history as h;
    let mut query = scoped!(
        tx,
        observation_history,
        "observation_history",
        submission_id,
        filter,
        last
    )
    .filter(h::recorded_at.le(filter.until))
    .filter(h::superseded_at.gt(filter.until))
    .select((
        (h::measure_id, h::period, h::cell_id, h::organization_id),
        organizations::code,
        h::value,
        h::flags,
        h::note,
        submissions::uuid,
        h::recorded_at,
    ));
    if let Some(instant) = filter.recorded_after {
        query = query.filter(h::recorded_at.gt(instant));
    }
    query.load::<Row>(tx.connection)?.into_iter().map(read).collect()
}

/// What had been taken back, and not been reported anew, at the instant.
fn withdrawn<S: InCoalition>(
    tx: &mut Read<'_, S>,
    filter: &Filter,
    last: Option<Key>,
) -> Result<Vec<Observation>> {
    use observation_history as h;
    use observations as o;
    let later = diesel::alias!(observation_history as later);
    // OFFSET 0 has PostgreSQL look each figure up by its key. Made into a join, it would go through all figures for each
    // row where it has no statistics: after a crash or a restore.
    let holds = o::table
        .filter(o::coalition_id.eq(h::coalition_id))
        .filter(o::measure_id.eq(h::measure_id))
        .filter(o::period.eq(h::period))
        .filter(o::cell_id.eq(h::cell_id))
        .filter(o::organization_id.eq(h::organization_id))
        .filter(o::recorded_at.le(filter.until))
        .offset(0);
    let followed = later
        .filter(later.field(h::coalition_id).eq(h::coalition_id))
        .filter(later.field(h::measure_id).eq(h::measure_id))
        .filter(later.field(h::period).eq(h::period))
        .filter(later.field(h::cell_id).eq(h::cell_id))
        .filter(later.field(h::organization_id).eq(h::organization_id))
        .filter(later.field(h::recorded_at).ge(h::superseded_at))
        .filter(later.field(h::recorded_at).le(filter.until))
        .offset(0);
    let mut query = scoped!(
        tx,
        observation_history,
        "observation_history",
        superseded_by,
        filter,
        last
    )
    .filter(h::superseded_at.le(filter.until))
    .filter(not(exists(holds)))
    .filter(not(exists(followed)))
    .select((
        (h::measure_id, h::period, h::cell_id, h::organization_id),
        organizations::code,
        submissions::uuid,
        h::superseded_at,
    ));
    if let Some(instant) = filter.recorded_after {
        query = query.filter(h::superseded_at.gt(instant));
    }
    let rows: Vec<(Key, String, String, i64)> = query.load(tx.connection)?;
    let told = |(key, organization, submission, recorded_at)| Observation {
        key,
        organization,
        answer: None,
        note: None,
        submission,
        recorded_at,
    };
    Ok(rows.into_iter().map(told).collect())
}

fn read((key, organization, value, flags, note, submission, recorded_at): Row) -> Result<Observation> {
    let answer = Answer::from_columns(value, flags)
        .ok_or_else(|| Error::internal("an observation has an answer that nothing can be"))?;
    Ok(Observation {
        key,
        organization,
        answer: Some(answer),
        note,
        submission,
        recorded_at,
    })
}
