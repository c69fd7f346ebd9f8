//! The organizations of a coalition as its figures see them: who is expected when, and under which attributes.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::Read;
use super::connection::Connection;
use super::days::read_day;
use super::own::own;
use super::schema::{organizations, partners};
use crate::auth::{InCoalition, ReadsCoalition};
use crate::domain::membership::Membership;
use crate::domain::roster::{OrganizationFacts, Roster};
use crate::error::Result;

/// An organization that joined the coalition, whether or not it has left since.
#[derive(Clone, Debug)]
pub struct PartnerFacts {
    /// When it is expected to answer.
    pub membership: Membership,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its attributes by key.
    pub attributes: BTreeMap<String, String>,
}

/// All that ever joined, in the order of their codes.
pub fn list<S: ReadsCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<PartnerFacts>> {
    load(tx.connection, tx.tenant().coalition_id())
}

pub(in crate::store) fn load(connection: &mut Connection, coalition_id: i32) -> Result<Vec<PartnerFacts>> {
    type Row = (MembershipRow, String, String, String);
    let rows: Vec<Row> = partners::table
        .inner_join(organizations::table.on(organizations::id.eq(partners::organization_id)))
        .filter(own!(partners::coalition_id, coalition_id))
        .filter(partners::joined_at.is_not_null())
        .order(organizations::code_key)
        .select((
            MEMBERSHIP,
            organizations::code,
            organizations::name,
            partners::attributes,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(membership, code, name, attributes)| {
            Ok(PartnerFacts {
                membership: read(membership)?,
                code,
                name,
                attributes: serde_json::from_str(&attributes)?,
            })
        })
        .collect()
}

/// All that ever joined, as answers see them.
pub(in crate::store) fn load_roster(connection: &mut Connection, coalition_id: i32) -> Result<Roster> {
    let all = load(connection, coalition_id)?.into_iter();
    let facts = all.map(|facts| OrganizationFacts {
        id: facts.membership.organization_id,
        code: facts.code,
        attributes: facts.attributes,
        membership: facts.membership,
    });
    Ok(Roster::new(facts.collect()))
}

/// All that ever joined, only as to when they are expected to answer.
pub fn expected<S: ReadsCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<Membership>> {
    let rows: Vec<MembershipRow> = partners::table
        .filter(own!(partners::coalition_id, tx.tenant().coalition_id()))
        .filter(partners::joined_at.is_not_null())
        .select(MEMBERSHIP)
        .load(tx.connection)?;
    rows.into_iter().map(read).collect()
}

/// Those of some organizations that ever joined, by organization.
pub fn find<S: InCoalition>(tx: &mut Read<'_, S>, organizations: &[i32]) -> Result<HashMap<i32, Membership>> {
    let joined = partners::table
        .filter(own!(partners::coalition_id, tx.tenant().coalition_id()))
        .filter(partners::joined_at.is_not_null())
        .select(MEMBERSHIP);
    let rows: Vec<MembershipRow> = match organizations {
        [only] => joined
            .filter(partners::organization_id.eq(only))
            .load(tx.connection)?,
        _ => joined.load(tx.connection)?,
    };
    let all = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(all
        .into_iter()
        .filter(|membership| organizations.contains(&membership.organization_id))
        .map(|membership| (membership.organization_id, membership))
        .collect())
}

/// The organizations that figures can be reported for: those that ever joined, by code in lower case.
pub fn codes<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<HashMap<String, i32>> {
    Ok(partners::table
        .inner_join(organizations::table.on(organizations::id.eq(partners::organization_id)))
        .filter(own!(partners::coalition_id, tx.tenant().coalition_id()))
        .filter(partners::joined_at.is_not_null())
        .select((organizations::code_key, organizations::id))
        .load::<(String, i32)>(tx.connection)?
        .into_iter()
        .collect())
}

/// The codes of some organizations of the coalition, as they are written.
pub fn names<S: InCoalition>(tx: &mut Read<'_, S>, organizations: &[i32]) -> Result<HashMap<i32, String>> {
    let mut names = HashMap::with_capacity(organizations.len());
    for some in organizations.chunks(AT_ONCE) {
        let found: Vec<(i32, String)> = partners::table
            .inner_join(organizations::table.on(organizations::id.eq(partners::organization_id)))
            .filter(own!(partners::coalition_id, tx.tenant().coalition_id()))
            .filter(partners::organization_id.eq_any(some))
            .select((organizations::id, organizations::code))
            .load(tx.connection)?;
        names.extend(found);
    }
    Ok(names)
}

/// So many values a statement takes on either database.
const AT_ONCE: usize = 1_000;

type MembershipRow = (i32, String, Option<String>, Option<String>, Option<String>);
const MEMBERSHIP: (
    partners::organization_id,
    partners::role,
    partners::member_from,
    partners::member_until,
    partners::expected_measures,
) = (
    partners::organization_id,
    partners::role,
    partners::member_from,
    partners::member_until,
    partners::expected_measures,
);

fn read((organization_id, role, from, until, measures): MembershipRow) -> Result<Membership> {
    Ok(Membership {
        organization_id,
        is_partner_role: role == "partner",
        is_backbone: role == "backbone",
        from: from.as_deref().map(read_day).transpose()?,
        until: until.as_deref().map(read_day).transpose()?,
        measures: measures.as_deref().map(serde_json::from_str).transpose()?,
    })
}
