//! Coalitions: organizations under one common agenda.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::days::read_day;
use super::own::own;
use super::partners::{read_role, read_state};
use super::schema::{coalitions, observation_history, observations, organization_coalitions, partners};
use super::{Read, Write, audit, coalition_clock, places, reach};
use crate::auth::{self, Admin, Backbone, InCoalition, InOrganization, ReadsCoalition, Scope};
use crate::domain::audit::{Action, Chain};
use crate::domain::code::Code;
use crate::domain::partner::{PartnerRole, PartnerState};
use crate::domain::period_kind::FiscalStart;
use crate::error::{Error, Result};

/// A coalition, and the asking organization's place in it.
#[derive(Clone, Debug)]
pub struct Coalition {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// The first month of its fiscal or school year, 1 to 12.
    pub fiscal_year_start_month: i16,
    /// The figures of periods that end by this day take no changes.
    pub locked_through: Option<NaiveDate>,
    /// When it was started, in microseconds.
    pub created_at: i64,
    /// When it was last changed, in microseconds.
    pub updated_at: i64,
    /// The asking organization's role.
    pub role: PartnerRole,
    /// How far the asking organization has come in.
    pub state: PartnerState,
}

/// A coalition to be started.
pub struct NewCoalition {
    /// Its code.
    pub code: Code,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// The first month of its fiscal or school year.
    pub fiscal_start: FiscalStart,
}

/// What changes of a coalition.
#[derive(Clone, Debug, Default)]
pub struct CoalitionPatch {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// The first month of its fiscal or school year.
    pub fiscal_start: Option<FiscalStart>,
    /// The last day of the periods that are locked; none opens all of them.
    pub locked_through: Option<Option<NaiveDate>>,
}

type Row = (
    String,
    String,
    String,
    i16,
    Option<String>,
    i64,
    i64,
    String,
    String,
);
type Columns = (
    coalitions::code,
    coalitions::name,
    coalitions::purpose,
    coalitions::fiscal_year_start_month,
    coalitions::locked_through,
    coalitions::created_at,
    coalitions::updated_at,
    partners::role,
    partners::state,
);
const COLUMNS: Columns = (
    coalitions::code,
    coalitions::name,
    coalitions::purpose,
    coalitions::fiscal_year_start_month,
    coalitions::locked_through,
    coalitions::created_at,
    coalitions::updated_at,
    partners::role,
    partners::state,
);

/// Those that the caller's organization is in or invited to, by code, after one code in lower case.
pub fn list<S: InOrganization>(
    tx: &mut Read<'_, S>,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Coalition>> {
    use organization_coalitions as mine;
    let rows: Vec<Row> = mine::table
        .inner_join(coalitions::table.on(coalitions::id.eq(mine::coalition_id)))
        .inner_join(
            partners::table.on(partners::coalition_id
                .eq(mine::coalition_id)
                .and(partners::organization_id.eq(mine::organization_id))),
        )
        .filter(own!(mine::organization_id, tx.tenant().organization_id()))
        .filter(partners::state.eq("invited").or(partners::state.eq("active")))
        .filter(coalitions::code_key.gt(after.unwrap_or_default().to_owned()))
        .order(coalitions::code_key)
        .limit(limit as i64)
        .select(COLUMNS)
        .load(tx.connection)?;
    rows.into_iter().map(read).collect()
}

/// Starts a coalition with the caller's organization as its backbone.
pub fn create(tx: &mut Write<'_, Scope<Admin>>, new: &NewCoalition) -> Result<Coalition> {
    let now = tx.recorded_at();
    reach::know(tx.connection, &new.code.key())?;
    let taken: i64 = coalitions::table
        .filter(coalitions::code_key.eq(new.code.key()))
        .count()
        .get_result(tx.connection)?;
    if taken > 0 {
        return Err(Error::conflict(
            "code_taken",
            format!("the code '{}' is taken: choose another", new.code.as_str()),
        ));
    }
    let id: i32 = diesel::insert_into(coalitions::table)
        .values((
            coalitions::code.eq(new.code.as_str()),
            coalitions::code_key.eq(new.code.key()),
            coalitions::name.eq(&new.name),
            coalitions::purpose.eq(&new.purpose),
            coalitions::fiscal_year_start_month.eq(i16::from(new.fiscal_start.month())),
            coalitions::created_at.eq(now),
            coalitions::updated_at.eq(now),
        ))
        .returning(coalitions::id)
        .get_result(tx.connection)?;
    reach::enter(tx.connection, id)?;
    coalition_clock::create(tx.connection, id, now)?;
    places::create_backbone(tx, id)?;
    record_start(tx, id, new)?;
    Ok(Coalition {
        code: new.code.as_str().to_owned(),
        name: new.name.clone(),
        purpose: new.purpose.clone(),
        fiscal_year_start_month: new.fiscal_start.month().into(),
        locked_through: None,
        created_at: now,
        updated_at: now,
        role: PartnerRole::Backbone,
        state: PartnerState::Active,
    })
}

/// The first row of the coalition's chain, and one in that of its backbone.
fn record_start(tx: &mut Write<'_, Scope<Admin>>, id: i32, new: &NewCoalition) -> Result<()> {
    let subject = format!("coalition:{}", new.code.as_str());
    let details = serde_json::json!({"name": new.name, "role": PartnerRole::Backbone});
    for chain in [
        Chain::Coalition(id),
        Chain::Organization(tx.tenant().organization_id()),
    ] {
        audit::record_in(tx, chain, Action::CoalitionCreated, &subject, &details)?;
    }
    Ok(())
}

/// The coalition of the path.
pub fn find<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Coalition> {
    let row: Row = coalitions::table
        .inner_join(partners::table.on(partners::coalition_id.eq(coalitions::id)))
        .filter(coalitions::id.eq(tx.tenant().coalition_id()))
        .filter(partners::organization_id.eq(tx.tenant().organization_id()))
        .select(COLUMNS)
        .first(tx.connection)?;
    read(row)
}

/// Only its name.
pub fn find_name<S: ReadsCoalition>(tx: &mut Read<'_, S>) -> Result<String> {
    Ok(coalitions::table
        .find(tx.tenant().coalition_id())
        .select(coalitions::name)
        .first(tx.connection)?)
}

/// Only its code.
pub(in crate::store) fn find_code<S: ReadsCoalition>(tx: &mut Read<'_, S>) -> Result<String> {
    Ok(coalitions::table
        .find(tx.tenant().coalition_id())
        .select(coalitions::code)
        .first(tx.connection)?)
}

/// Changes the coalition of the path.
pub fn update(
    tx: &mut Write<'_, auth::Coalition<Backbone, Admin>>,
    patch: &CoalitionPatch,
) -> Result<Coalition> {
    let (id, now, before) = (tx.tenant().id(), tx.recorded_at(), find(tx)?);
    let month = patch
        .fiscal_start
        .map_or(before.fiscal_year_start_month, |start| start.month().into());
    let is_moved = month != before.fiscal_year_start_month;
    if let Some(start) = patch.fiscal_start.filter(|_| is_moved) {
        check_fiscal_start(tx, start)?;
    }
    let locked_through = patch.locked_through.unwrap_or(before.locked_through);
    diesel::update(coalitions::table.find(id))
        .set((
            coalitions::name.eq(patch.name.as_ref().unwrap_or(&before.name)),
            coalitions::purpose.eq(patch.purpose.as_ref().unwrap_or(&before.purpose)),
            coalitions::fiscal_year_start_month.eq(month),
            coalitions::locked_through.eq(locked_through.map(|last| last.to_string())),
            coalitions::updated_at.eq(now),
        ))
        .execute(tx.connection)?;
    if is_moved || locked_through != before.locked_through {
        tx.touch_schema(is_moved)?;
    }
    find(tx)
}

/// The fiscal year is fixed once there are figures, or measures that fit only the year as it is.
fn check_fiscal_start(
    tx: &mut Write<'_, auth::Coalition<Backbone, Admin>>,
    start: FiscalStart,
) -> Result<()> {
    let (id, schema) = (tx.tenant().id(), tx.schema()?);
    let now: Option<i32> = observations::table
        .filter(own!(observations::coalition_id, id))
        .select(observations::measure_id)
        .first(tx.connection)
        .optional()?;
    let past: Option<i32> = observation_history::table
        .filter(own!(observation_history::coalition_id, id))
        .select(observation_history::measure_id)
        .first(tx.connection)
        .optional()?;
    if now.or(past).is_some() {
        return Err(Error::conflict(
            "fiscal_year_fixed",
            "the first month of the fiscal year is fixed: figures have been reported against it",
        ));
    }
    let unfit = schema.measures.iter().find(|measure| {
        measure.sides().is_some_and(|(top, bottom, _)| {
            [top, bottom]
                .iter()
                .filter_map(|side| schema.measure(side.measure_id))
                .any(|side| !side.frequency.makes(measure.frequency, start))
        })
    });
    match unfit {
        None => Ok(()),
        Some(measure) => Err(Error::conflict(
            "fiscal_year_fixed",
            format!(
                "the sides of {} would no longer fit the fiscal year: it would have to begin where they begin",
                measure.code
            ),
        )),
    }
}

fn read(row: Row) -> Result<Coalition> {
    let (code, name, purpose, fiscal_year_start_month, locked_through, created_at, updated_at, role, state) =
        row;
    Ok(Coalition {
        code,
        name,
        purpose,
        fiscal_year_start_month,
        locked_through: locked_through.as_deref().map(read_day).transpose()?,
        created_at,
        updated_at,
        role: read_role(&role)?,
        state: read_state(&state)?,
    })
}
