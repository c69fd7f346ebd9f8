//! Goals: the common agenda.

use std::collections::HashMap;

use diesel::prelude::*;

use super::connection::each;
use super::own::own;
use super::schema::{goal_measures, goals, organizations};
use super::{Read, Write};
use crate::auth::{InCoalition, MayWrite, ReadsCoalition};
use crate::domain::code::Code;
use crate::domain::goal_measure::GoalMeasure;
use crate::error::{Error, Result};

/// A goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Its inner id.
    pub id: i32,
    /// Its code.
    pub code: String,
    /// Who set or proposed it, by id.
    pub organization_id: i32,
    /// Who set or proposed it, by code.
    pub organization: String,
    /// `proposed`, `adopted` or `retired`.
    pub state: String,
    /// What it says.
    pub fields: GoalFields,
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// When it was last changed, in microseconds.
    pub updated_at: i64,
}

/// What a goal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoalFields {
    /// The condition of well-being wanted.
    pub statement: String,
    /// For whom.
    pub population: String,
    /// Where.
    pub place: String,
    /// By when, as `YYYY-MM-DD`.
    pub target_date: Option<String>,
    /// What tells whether it is reached, in the order given.
    pub measures: Vec<GoalMeasure>,
}

type Row = (
    (i32, String, i32, String, String),
    (String, String, String, Option<String>),
    (i64, i64),
);

/// The coalition's goals with the codes of their organizations: where every query of goals starts.
macro_rules! scoped {
    ($tx:ident) => {
        goals::table
            .inner_join(organizations::table.on(organizations::id.eq(goals::organization_id)))
            .filter(own!(goals::coalition_id, $tx.tenant().coalition_id()))
            .select((
                (
                    goals::id,
                    goals::code,
                    goals::organization_id,
                    organizations::code,
                    goals::state,
                ),
                (
                    goals::statement,
                    goals::population,
                    goals::place,
                    goals::target_date,
                ),
                (goals::created_at, goals::updated_at),
            ))
    };
}

/// A page of goals by code, from after a code's key on.
pub fn list<S: ReadsCoalition>(tx: &mut Read<'_, S>, after: Option<String>, limit: i64) -> Result<Vec<Goal>> {
    let rows = scoped!(tx)
        .filter(goals::code_key.gt(after.unwrap_or_default()))
        .order(goals::code_key)
        .limit(limit)
        .load::<Row>(tx.connection)?;
    with_measures(tx, rows)
}

/// The first goals by code that the coalition has adopted.
pub fn list_adopted<S: InCoalition>(tx: &mut Read<'_, S>, limit: i64) -> Result<Vec<Goal>> {
    let rows = scoped!(tx)
        .filter(goals::state.eq("adopted"))
        .order(goals::code_key)
        .limit(limit)
        .load::<Row>(tx.connection)?;
    with_measures(tx, rows)
}

/// All goals that the tenant sees, by code.
pub fn list_shown<S: ReadsCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<Goal>> {
    let rows = scoped!(tx).order(goals::code_key).load::<Row>(tx.connection)?;
    with_measures(tx, rows)
}

/// The goal of that code, in any case.
pub fn find<S: ReadsCoalition>(tx: &mut Read<'_, S>, code: &str) -> Result<Goal> {
    let code = Code::parse(code).map_err(|_| Error::NotFound)?;
    let row = scoped!(tx)
        .filter(goals::code_key.eq(code.key()))
        .first::<Row>(tx.connection)?;
    with_measures(tx, vec![row])?.pop().ok_or(Error::NotFound)
}

/// Ids and codes of all goals.
pub fn list_codes<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<(i32, String)>> {
    Ok(goals::table
        .filter(own!(goals::coalition_id, tx.tenant().coalition_id()))
        .order(goals::code_key)
        .select((goals::id, goals::code))
        .load(tx.connection)?)
}

/// Adds a goal of the caller's organization; its code has to be free.
pub fn create<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    code: &Code,
    state: &str,
    new: &GoalFields,
) -> Result<()> {
    let (coalition_id, id, now) = (tx.tenant().coalition_id(), tx.take_ids(1)?, tx.recorded_at());
    diesel::insert_into(goals::table)
        .values((
            goals::coalition_id.eq(coalition_id),
            goals::id.eq(id),
            goals::code.eq(code.as_str()),
            goals::code_key.eq(code.key()),
            goals::organization_id.eq(tx.tenant().organization_id()),
            goals::state.eq(state),
            goals::statement.eq(&new.statement),
            goals::population.eq(&new.population),
            goals::place.eq(&new.place),
            goals::target_date.eq(&new.target_date),
            goals::created_at.eq(now),
            goals::updated_at.eq(now),
        ))
        .execute(tx.connection)?;
    replace_measures(tx, id, &new.measures)
}

/// Writes down what a goal now says, and its state.
pub fn update<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    id: i32,
    state: &str,
    changed: &GoalFields,
) -> Result<()> {
    diesel::update(goals::table.find((tx.tenant().coalition_id(), id)))
        .set((
            goals::state.eq(state),
            goals::statement.eq(&changed.statement),
            goals::population.eq(&changed.population),
            goals::place.eq(&changed.place),
            goals::target_date.eq(&changed.target_date),
            goals::updated_at.eq(tx.recorded_at()),
        ))
        .execute(tx.connection)?;
    replace_measures(tx, id, &changed.measures)
}

fn replace_measures<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    goal_id: i32,
    measures: &[GoalMeasure],
) -> Result<()> {
    let (coalition_id, schema) = (tx.tenant().coalition_id(), tx.schema()?);
    diesel::delete(
        goal_measures::table
            .filter(own!(goal_measures::coalition_id, coalition_id))
            .filter(goal_measures::goal_id.eq(goal_id)),
    )
    .execute(tx.connection)?;
    let rows: Vec<_> = (0_i16..)
        .zip(measures)
        .map(|(position, measure)| {
            (
                goal_measures::coalition_id.eq(coalition_id),
                goal_measures::goal_id.eq(goal_id),
                goal_measures::position.eq(position),
                goal_measures::measure_id.eq(measure.measure_id),
                goal_measures::cell_key.eq(schema.cell_key(&measure.cell)),
                goal_measures::headline.eq(measure.headline),
            )
        })
        .collect();
    if !rows.is_empty() {
        each!(&mut *tx.connection, connection => diesel::insert_into(goal_measures::table).values(&rows).execute(connection)?);
    }
    Ok(())
}

fn with_measures<S: ReadsCoalition>(tx: &mut Read<'_, S>, rows: Vec<Row>) -> Result<Vec<Goal>> {
    let sight = tx.tenant().sight();
    let mut measures = list_measures(tx, rows.iter().map(|((id, ..), ..)| *id).collect())?;
    Ok(rows
        .into_iter()
        .map(|(own, fields, (created_at, updated_at))| {
            let (id, code, organization_id, organization, state) = own;
            let (statement, population, place, target_date) = fields;
            Goal {
                id,
                code,
                organization_id,
                organization,
                state,
                fields: GoalFields {
                    statement,
                    population,
                    place,
                    target_date,
                    measures: measures.remove(&id).unwrap_or_default(),
                },
                created_at,
                updated_at,
            }
        })
        .filter(|goal| sight.shows_goal(&goal.state, !goal.fields.measures.is_empty()))
        .collect())
}

fn list_measures<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    goals: Vec<i32>,
) -> Result<HashMap<i32, Vec<GoalMeasure>>> {
    let schema = tx.schema()?;
    let rows: Vec<(i32, i32, String, bool)> = goal_measures::table
        .filter(own!(goal_measures::coalition_id, tx.tenant().coalition_id()))
        .filter(goal_measures::goal_id.eq_any(goals))
        .order((goal_measures::goal_id, goal_measures::position))
        .select((
            goal_measures::goal_id,
            goal_measures::measure_id,
            goal_measures::cell_key,
            goal_measures::headline,
        ))
        .load(tx.connection)?;
    let mut measures: HashMap<i32, Vec<GoalMeasure>> = HashMap::new();
    for (goal_id, measure_id, key, headline) in rows.into_iter().filter(|row| schema.shows(row.1)) {
        let cell = schema.parse_cell_key(&key);
        let cell = cell.ok_or_else(|| Error::internal(format!("'{key}' is no cell")))?;
        measures.entry(goal_id).or_default().push(GoalMeasure {
            measure_id,
            cell,
            headline,
        });
    }
    Ok(measures)
}
