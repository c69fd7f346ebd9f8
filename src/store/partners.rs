//! Partners: the organizations of a coalition, and their places in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::Read;
use super::days::read_day;
use super::own::own;
use super::schema::{organizations, partner_levels, partners};
use crate::auth::InCoalition;
use crate::domain::partner::{EngagementLevel, PartnerRole, PartnerState};
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// An organization's place in a coalition.
#[derive(Clone, Debug)]
pub struct Partner {
    /// The organization.
    pub organization_id: i32,
    /// Its code.
    pub organization: String,
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: PartnerRole,
    /// How far it has come in.
    pub state: PartnerState,
    /// The engagement level that holds today, and since when.
    pub level: Option<Level>,
    /// The first day for which its figures are expected; unbounded without.
    pub member_from: Option<NaiveDate>,
    /// The last such day, which belongs to it; unbounded without.
    pub member_until: Option<NaiveDate>,
    /// The codes of the measures that the backbone expects it to report, in the order of the schema; the usual ones
    /// without.
    pub expected_measures: Option<Vec<String>>,
    /// Its attributes by key.
    pub attributes: BTreeMap<String, String>,
    /// When it was last invited, in microseconds.
    pub invited_at: i64,
    /// When it last joined.
    pub joined_at: Option<i64>,
    /// When it left, or its invitation was withdrawn.
    pub left_at: Option<i64>,
}

/// An engagement level, with the day it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The level.
    pub level: EngagementLevel,
    /// Its first day.
    pub starts_on: NaiveDate,
}

type Row = (
    (i32, String, String),
    (String, String, Option<String>, Option<String>, String),
    (i64, Option<i64>, Option<i64>),
    Option<String>,
);
type Columns = (
    (organizations::id, organizations::code, organizations::name),
    (
        partners::role,
        partners::state,
        partners::member_from,
        partners::member_until,
        partners::attributes,
    ),
    (partners::invited_at, partners::joined_at, partners::left_at),
    partners::expected_measures,
);
const COLUMNS: Columns = (
    (organizations::id, organizations::code, organizations::name),
    (
        partners::role,
        partners::state,
        partners::member_from,
        partners::member_until,
        partners::attributes,
    ),
    (partners::invited_at, partners::joined_at, partners::left_at),
    partners::expected_measures,
);

/// The partners that the caller may see (the backbone all, others those that are active), by code, after one code in
/// lower case; those in one state only where one is given.
pub fn list<S: InCoalition>(
    tx: &mut Read<'_, S>,
    state: Option<PartnerState>,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Partner>> {
    let mut query = partners::table
        .inner_join(organizations::table.on(organizations::id.eq(partners::organization_id)))
        .filter(own!(partners::coalition_id, tx.tenant().coalition_id()))
        .filter(organizations::code_key.gt(after.unwrap_or_default().to_owned()))
        .order(organizations::code_key)
        .limit(limit as i64)
        .select(COLUMNS)
        .into_boxed();
    if !tx.tenant().is_backbone() {
        query = query.filter(partners::state.eq(PartnerState::Active.as_str()));
    }
    if let Some(state) = state {
        query = query.filter(partners::state.eq(state.as_str()));
    }
    let rows: Vec<Row> = query.load(tx.connection)?;
    let levels = levels_today(tx, None)?;
    let schema = tx.schema()?;
    rows.into_iter().map(|row| read(&schema, row, &levels)).collect()
}

/// A partner that the caller may see, by the code of its organization.
pub fn find<S: InCoalition>(tx: &mut Read<'_, S>, code: &str) -> Result<Partner> {
    let is_backbone = tx.tenant().is_backbone();
    let found = find_any(tx, code)?.ok_or(Error::NotFound)?;
    if is_backbone || found.state == PartnerState::Active {
        Ok(found)
    } else {
        Err(Error::NotFound)
    }
}

/// A partner in whatever state, whether or not the caller may see it.
pub(in crate::store) fn find_any<S: InCoalition>(
    tx: &mut Read<'_, S>,
    code: &str,
) -> Result<Option<Partner>> {
    let row: Option<Row> = partners::table
        .inner_join(organizations::table.on(organizations::id.eq(partners::organization_id)))
        .filter(own!(partners::coalition_id, tx.tenant().coalition_id()))
        .filter(organizations::code_key.eq(code.to_ascii_lowercase()))
        .select(COLUMNS)
        .first(tx.connection)
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let levels = levels_today(tx, Some(row.0.0))?;
    read(&*tx.schema()?, row, &levels).map(Some)
}

/// The role and today's engagement level of each organization that is active.
pub fn list_places<S: InCoalition>(
    tx: &mut Read<'_, S>,
) -> Result<Vec<(PartnerRole, Option<EngagementLevel>)>> {
    let rows: Vec<(i32, String)> = partners::table
        .filter(own!(partners::coalition_id, tx.tenant().coalition_id()))
        .filter(partners::state.eq(PartnerState::Active.as_str()))
        .select((partners::organization_id, partners::role))
        .load(tx.connection)?;
    let levels = levels_today(tx, None)?;
    rows.into_iter()
        .map(|(id, role)| Ok((read_role(&role)?, levels.get(&id).map(|level| level.level))))
        .collect()
}

/// Every key that a partner whom the caller may see has an attribute under, sorted.
pub fn attribute_keys<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<String>> {
    let mut query = partners::table
        .filter(own!(partners::coalition_id, tx.tenant().coalition_id()))
        .select(partners::attributes)
        .into_boxed();
    if !tx.tenant().is_backbone() {
        query = query.filter(partners::state.eq(PartnerState::Active.as_str()));
    }
    let mut keys = BTreeSet::new();
    for attributes in query.load::<String>(tx.connection)? {
        keys.extend(serde_json::from_str::<BTreeMap<String, String>>(&attributes)?.into_keys());
    }
    Ok(keys.into_iter().collect())
}

/// How a partner's engagement went up and down: levels after one day, earliest first.
pub fn list_levels<S: InCoalition>(
    tx: &mut Read<'_, S>,
    partner: &Partner,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Level>> {
    let rows: Vec<(String, String)> = partner_levels::table
        .filter(own!(partner_levels::coalition_id, tx.tenant().coalition_id()))
        .filter(partner_levels::organization_id.eq(partner.organization_id))
        .filter(partner_levels::starts_on.gt(after.unwrap_or_default().to_owned()))
        .order(partner_levels::starts_on)
        .limit(limit as i64)
        .select((partner_levels::level, partner_levels::starts_on))
        .load(tx.connection)?;
    rows.into_iter()
        .map(|(level, starts_on)| read_level(&level, &starts_on))
        .collect()
}

/// The level that holds today, by organization.
fn levels_today<S: InCoalition>(tx: &mut Read<'_, S>, only: Option<i32>) -> Result<HashMap<i32, Level>> {
    let today = tx.clock().today().to_string();
    let mut query = partner_levels::table
        .filter(own!(partner_levels::coalition_id, tx.tenant().coalition_id()))
        .filter(partner_levels::starts_on.le(today))
        .order(partner_levels::starts_on)
        .select((
            partner_levels::organization_id,
            partner_levels::level,
            partner_levels::starts_on,
        ))
        .into_boxed();
    if let Some(organization_id) = only {
        query = query.filter(partner_levels::organization_id.eq(organization_id));
    }
    query
        .load::<(i32, String, String)>(tx.connection)?
        .into_iter()
        .map(|(organization_id, level, starts_on)| Ok((organization_id, read_level(&level, &starts_on)?)))
        .collect()
}

fn read(schema: &Schema, row: Row, levels: &HashMap<i32, Level>) -> Result<Partner> {
    let (organization, place, times, measures) = row;
    let (role, state, member_from, member_until, attributes) = place;
    Ok(Partner {
        organization_id: organization.0,
        organization: organization.1,
        name: organization.2,
        role: read_role(&role)?,
        state: read_state(&state)?,
        level: levels.get(&organization.0).copied(),
        member_from: member_from.as_deref().map(read_day).transpose()?,
        member_until: member_until.as_deref().map(read_day).transpose()?,
        expected_measures: measures.map(|ids| read_measures(schema, &ids)).transpose()?,
        attributes: serde_json::from_str(&attributes)?,
        invited_at: times.0,
        joined_at: times.1,
        left_at: times.2,
    })
}

pub(in crate::store) fn read_role(text: &str) -> Result<PartnerRole> {
    PartnerRole::parse(text).ok_or_else(|| Error::internal(format!("'{text}' is no partner's role")))
}

pub(in crate::store) fn read_state(text: &str) -> Result<PartnerState> {
    PartnerState::parse(text).ok_or_else(|| Error::internal(format!("'{text}' is no partner's state")))
}

fn read_measures(schema: &Schema, ids: &str) -> Result<Vec<String>> {
    let ids: Vec<i32> = serde_json::from_str(ids)?;
    let chosen = schema.measures.iter().filter(|measure| ids.contains(&measure.id));
    Ok(chosen.map(|measure| measure.code.clone()).collect())
}

fn read_level(level: &str, starts_on: &str) -> Result<Level> {
    let starts_on = read_day(starts_on)?;
    EngagementLevel::parse(level)
        .map(|level| Level { level, starts_on })
        .ok_or_else(|| Error::internal(format!("'{level}' is no engagement level")))
}
