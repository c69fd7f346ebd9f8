//! Observations: what each organization answered, one row for each figure that holds.

use diesel::prelude::*;

use super::Read;
use super::schema::{observations, organizations, submissions};
use crate::auth::InCoalition;
use crate::domain::period::Period;
use crate::error::Result;

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
