//! Activities: what partners do together, for which goals, and who brings what.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::connection::each;
use super::own::own;
use super::schema::{activities, activity_goals, activity_measures, contributions};
use super::{Read, Write};
use crate::auth::{InCoalition, MayWrite};
use crate::domain::contribution::{Contribution, ContributionRole};
use crate::error::{Error, Result};

/// An activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Its id, a UUIDv7.
    pub id: String,
    /// Who entered it.
    pub organization_id: i32,
    /// What it says.
    pub fields: ActivityFields,
    /// When it was entered, in microseconds; no two of a coalition share it.
    pub created_at: i64,
    /// When it was last changed, in microseconds.
    pub updated_at: i64,
}

/// What an activity says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityFields {
    /// Its title.
    pub title: String,
    /// What happens.
    pub description: String,
    /// Its first day, as `YYYY-MM-DD`.
    pub starts_on: String,
    /// Its last day, as `YYYY-MM-DD`.
    pub ends_on: String,
    /// Where.
    pub place: String,
    /// How many came.
    pub attendance: Option<i32>,
    /// The goals that it serves, sorted.
    pub goals: Vec<i32>,
    /// The measures that it should move, sorted.
    pub measures: Vec<i32>,
    /// Who brings what, sorted.
    pub contributions: Vec<Contribution>,
}

/// Which activities a list holds; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct ActivityFilter {
    /// Only those for this goal.
    pub goal_id: Option<i32>,
    /// Only those to which this organization contributes.
    pub organization_id: Option<i32>,
    /// Only those that end on this day or later.
    pub from: Option<String>,
    /// Only those that start on this day or earlier.
    pub to: Option<String>,
}

type Row = (
    (String, i32),
    (String, String, String, String, String, Option<i32>),
    (i64, i64),
);

/// The coalition's activities: where every query of them starts.
macro_rules! scoped {
    ($tx:ident) => {
        activities::table
            .filter(own!(activities::coalition_id, $tx.tenant().coalition_id()))
            .select((
                (activities::id, activities::organization_id),
                (
                    activities::title,
                    activities::description,
                    activities::starts_on,
                    activities::ends_on,
                    activities::place,
                    activities::attendance,
                ),
                (activities::created_at, activities::updated_at),
            ))
    };
}

/// A page of activities by first day, then in the order they were entered, from after such a pair on.
pub fn list<S: InCoalition>(
    tx: &mut Read<'_, S>,
    filter: &ActivityFilter,
    after: Option<(String, i64)>,
    limit: i64,
) -> Result<Vec<Activity>> {
    let coalition_id = tx.tenant().coalition_id();
    let mut query = scoped!(tx).into_boxed();
    if let Some(goal_id) = filter.goal_id {
        query = query.filter(
            activities::id.eq_any(
                activity_goals::table
                    .filter(own!(activity_goals::coalition_id, coalition_id))
                    .filter(activity_goals::goal_id.eq(goal_id))
                    .select(activity_goals::activity_id),
            ),
        );
    }
    if let Some(organization_id) = filter.organization_id {
        query = query.filter(
            activities::id.eq_any(
                contributions::table
                    .filter(own!(contributions::coalition_id, coalition_id))
                    .filter(contributions::organization_id.eq(organization_id))
                    .select(contributions::activity_id),
            ),
        );
    }
    if let Some(from) = filter.from.clone() {
        query = query.filter(activities::ends_on.ge(from));
    }
    if let Some(to) = filter.to.clone() {
        query = query.filter(activities::starts_on.le(to));
    }
    if let Some((starts_on, created_at)) = after {
        query = query.filter(
            activities::starts_on
                .gt(starts_on.clone())
                .or(activities::starts_on
                    .eq(starts_on)
                    .and(activities::created_at.gt(created_at))),
        );
    }
    let rows = query
        .order((activities::starts_on, activities::created_at))
        .limit(limit)
        .load::<Row>(tx.connection)?;
    with_parts(tx, rows)
}

/// The activities that began on a day or before, the latest first.
pub fn list_begun<S: InCoalition>(tx: &mut Read<'_, S>, on: NaiveDate, limit: i64) -> Result<Vec<Activity>> {
    let rows = scoped!(tx)
        .filter(activities::starts_on.le(on.to_string()))
        .order((activities::starts_on.desc(), activities::created_at.desc()))
        .limit(limit)
        .load::<Row>(tx.connection)?;
    with_parts(tx, rows)
}

/// The activity of that id.
pub fn find<S: InCoalition>(tx: &mut Read<'_, S>, id: &str) -> Result<Activity> {
    let id = uuid::Uuid::try_parse(id)
        .map_err(|_| Error::NotFound)?
        .to_string();
    let row = scoped!(tx)
        .filter(activities::id.eq(id))
        .first::<Row>(tx.connection)?;
    with_parts(tx, vec![row])?.pop().ok_or(Error::NotFound)
}

/// Adds an activity that the caller's organization enters, and answers its id.
pub fn create<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, new: &ActivityFields) -> Result<String> {
    let (id, now) = (uuid::Uuid::now_v7().to_string(), tx.recorded_at());
    diesel::insert_into(activities::table)
        .values((
            activities::coalition_id.eq(tx.tenant().coalition_id()),
            activities::id.eq(&id),
            activities::organization_id.eq(tx.tenant().organization_id()),
            activities::title.eq(&new.title),
            activities::description.eq(&new.description),
            activities::starts_on.eq(&new.starts_on),
            activities::ends_on.eq(&new.ends_on),
            activities::place.eq(&new.place),
            activities::attendance.eq(new.attendance),
            activities::created_at.eq(now),
            activities::updated_at.eq(now),
        ))
        .execute(tx.connection)?;
    add_parts(tx, &id, new)?;
    Ok(id)
}

/// Writes down what an activity now says.
pub fn update<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    id: &str,
    changed: &ActivityFields,
) -> Result<()> {
    diesel::update(activities::table.find((tx.tenant().coalition_id(), id)))
        .set((
            activities::title.eq(&changed.title),
            activities::description.eq(&changed.description),
            activities::starts_on.eq(&changed.starts_on),
            activities::ends_on.eq(&changed.ends_on),
            activities::place.eq(&changed.place),
            activities::attendance.eq(changed.attendance),
            activities::updated_at.eq(tx.recorded_at()),
        ))
        .execute(tx.connection)?;
    delete_parts(tx, id)?;
    add_parts(tx, id, changed)
}

/// Deletes an activity with all its parts.
pub fn delete<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, id: &str) -> Result<()> {
    delete_parts(tx, id)?;
    diesel::delete(activities::table.find((tx.tenant().coalition_id(), id))).execute(tx.connection)?;
    Ok(())
}

fn add_parts<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, id: &str, of: &ActivityFields) -> Result<()> {
    let coalition_id = tx.tenant().coalition_id();
    let goals: Vec<_> = of
        .goals
        .iter()
        .map(|goal_id| {
            (
                activity_goals::coalition_id.eq(coalition_id),
                activity_goals::activity_id.eq(id),
                activity_goals::goal_id.eq(*goal_id),
            )
        })
        .collect();
    let measures: Vec<_> = of
        .measures
        .iter()
        .map(|measure_id| {
            (
                activity_measures::coalition_id.eq(coalition_id),
                activity_measures::activity_id.eq(id),
                activity_measures::measure_id.eq(*measure_id),
            )
        })
        .collect();
    let parts: Vec<_> = of
        .contributions
        .iter()
        .map(|part| {
            (
                contributions::coalition_id.eq(coalition_id),
                contributions::activity_id.eq(id),
                contributions::organization_id.eq(part.organization_id),
                contributions::role.eq(part.role.as_str()),
            )
        })
        .collect();
    each!(&mut *tx.connection, connection => {
        if !goals.is_empty() {
            diesel::insert_into(activity_goals::table).values(&goals).execute(connection)?;
        }
        if !measures.is_empty() {
            diesel::insert_into(activity_measures::table).values(&measures).execute(connection)?;
        }
        if !parts.is_empty() {
            diesel::insert_into(contributions::table).values(&parts).execute(connection)?;
        }
    });
    Ok(())
}

fn delete_parts<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, id: &str) -> Result<()> {
    let coalition_id = tx.tenant().coalition_id();
    diesel::delete(
        activity_goals::table
            .filter(own!(activity_goals::coalition_id, coalition_id))
            .filter(activity_goals::activity_id.eq(id)),
    )
    .execute(tx.connection)?;
    diesel::delete(
        activity_measures::table
            .filter(own!(activity_measures::coalition_id, coalition_id))
            .filter(activity_measures::activity_id.eq(id)),
    )
    .execute(tx.connection)?;
    diesel::delete(
        contributions::table
            .filter(own!(contributions::coalition_id, coalition_id))
            .filter(contributions::activity_id.eq(id)),
    )
    .execute(tx.connection)?;
    Ok(())
}

fn with_parts<S: InCoalition>(tx: &mut Read<'_, S>, rows: Vec<Row>) -> Result<Vec<Activity>> {
    let coalition_id = tx.tenant().coalition_id();
    let ids: Vec<String> = rows.iter().map(|((id, _), ..)| id.clone()).collect();
    let mut goals: HashMap<String, Vec<i32>> = HashMap::new();
    let mut measures: HashMap<String, Vec<i32>> = HashMap::new();
    let mut parts: HashMap<String, Vec<Contribution>> = HashMap::new();
    let found: Vec<(String, i32)> = activity_goals::table
        .filter(own!(activity_goals::coalition_id, coalition_id))
        .filter(activity_goals::activity_id.eq_any(&ids))
        .order(activity_goals::goal_id)
        .select((activity_goals::activity_id, activity_goals::goal_id))
        .load(tx.connection)?;
    for (id, goal_id) in found {
        goals.entry(id).or_default().push(goal_id);
    }
    let found: Vec<(String, i32)> = activity_measures::table
        .filter(own!(activity_measures::coalition_id, coalition_id))
        .filter(activity_measures::activity_id.eq_any(&ids))
        .order(activity_measures::measure_id)
        .select((activity_measures::activity_id, activity_measures::measure_id))
        .load(tx.connection)?;
    for (id, measure_id) in found {
        measures.entry(id).or_default().push(measure_id);
    }
    let found: Vec<(String, i32, String)> = contributions::table
        .filter(own!(contributions::coalition_id, coalition_id))
        .filter(contributions::activity_id.eq_any(&ids))
        .select((
            contributions::activity_id,
            contributions::organization_id,
            contributions::role,
        ))
        .load(tx.connection)?;
    for (id, organization_id, role) in found {
        let role = ContributionRole::parse(&role)
            .ok_or_else(|| Error::internal(format!("'{role}' is no part in an activity")))?;
        parts.entry(id).or_default().push(Contribution {
            role,
            organization_id,
        });
    }
    parts.values_mut().for_each(|parts| parts.sort_unstable());
    Ok(rows
        .into_iter()
        .map(|((id, organization_id), says, (created_at, updated_at))| {
            let (title, description, starts_on, ends_on, place, attendance) = says;
            let fields = ActivityFields {
                title,
                description,
                starts_on,
                ends_on,
                place,
                attendance,
                goals: goals.remove(&id).unwrap_or_default(),
                measures: measures.remove(&id).unwrap_or_default(),
                contributions: parts.remove(&id).unwrap_or_default(),
            };
            Activity {
                id,
                organization_id,
                fields,
                created_at,
                updated_at,
            }
        })
        .collect())
}
