//! Members: the people of an organization, each in a role.

use diesel::prelude::*;
use serde_json::json;

use super::accounts::email_key;
use super::connection::Connection;
use super::own::own;
use super::schema::{accounts, memberships};
use super::{Read, Write, audit, organizations, sessions};
use crate::auth::{Actor, InOrganization, MayWrite, Role};
use crate::domain::audit::Action;
use crate::error::{Error, Result};

/// A member of an organization.
#[derive(Clone, Debug)]
pub struct Member {
    /// The account.
    pub account_id: i32,
    /// Its address.
    pub email: String,
    /// Its address as it is compared, by which lists are ordered.
    pub email_key: String,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: Role,
    /// Since when, in microseconds.
    pub created_at: i64,
}

type Row = (i32, String, String, String, String, i64);
type Columns = (
    accounts::id,
    accounts::email,
    accounts::email_key,
    accounts::name,
    memberships::role,
    memberships::created_at,
);
const COLUMNS: Columns = (
    accounts::id,
    accounts::email,
    accounts::email_key,
    accounts::name,
    memberships::role,
    memberships::created_at,
);

fn member((account_id, email, email_key, name, role, created_at): Row) -> Result<Member> {
    Ok(Member {
        account_id,
        email,
        email_key,
        name,
        role: Role::parse(&role).ok_or_else(|| Error::internal(format!("'{role}' is not a role")))?,
        created_at,
    })
}

/// The members after an address, by address, at most `limit`.
pub fn list<S: InOrganization>(tx: &mut Read<'_, S>, after: Option<&str>, limit: i64) -> Result<Vec<Member>> {
    let mut query = memberships::table
        .inner_join(accounts::table.on(accounts::id.eq(memberships::account_id)))
        .filter(own!(memberships::organization_id, tx.tenant().organization_id()))
        .order(accounts::email_key)
        .limit(limit)
        .select(COLUMNS)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(accounts::email_key.gt(after.to_owned()));
    }
    let rows: Vec<Row> = query.load(tx.connection)?;
    rows.into_iter().map(member).collect()
}

/// The member of an address.
pub fn find<S: InOrganization>(tx: &mut Read<'_, S>, email: &str) -> Result<Member> {
    memberships::table
        .inner_join(accounts::table.on(accounts::id.eq(memberships::account_id)))
        .filter(own!(memberships::organization_id, tx.tenant().organization_id()))
        .filter(accounts::email_key.eq(email_key(email)))
        .select(COLUMNS)
        .first::<Row>(tx.connection)
        .optional()?
        .map_or(Err(Error::NotFound), member)
}

/// Gives a member another role, unless nobody would be left to look after the organization.
pub fn update<S: InOrganization + MayWrite>(
    tx: &mut Write<'_, S>,
    email: &str,
    role: Role,
) -> Result<Member> {
    let organization_id = tx.tenant().organization_id();
    organizations::lock(tx.connection, organization_id)?;
    let mut found = find(tx, email)?;
    if role < Role::Admin {
        keep_an_admin(tx, &found)?;
    }
    diesel::update(memberships::table.find((organization_id, found.account_id)))
        .set(memberships::role.eq(role.as_str()))
        .execute(tx.connection)?;
    if found.role != role {
        let details = json!({"role": {"from": found.role, "to": role}});
        audit::record(
            tx,
            Action::MemberUpdated,
            Actor::Account(found.account_id),
            &details,
        )?;
    }
    found.role = role;
    Ok(found)
}

/// Removes a member and ends the sessions that it has here, unless nobody would be left to look after the
/// organization.
pub fn delete<S: InOrganization + MayWrite>(tx: &mut Write<'_, S>, email: &str) -> Result<()> {
    let (organization_id, now) = (tx.tenant().organization_id(), tx.recorded_at());
    organizations::lock(tx.connection, organization_id)?;
    let found = find(tx, email)?;
    keep_an_admin(tx, &found)?;
    sessions::revoke_in(tx.connection, found.account_id, organization_id, now)?;
    diesel::delete(memberships::table.find((organization_id, found.account_id))).execute(tx.connection)?;
    let details = json!({"role": found.role});
    audit::record(
        tx,
        Action::MemberRemoved,
        Actor::Account(found.account_id),
        &details,
    )
}

fn keep_an_admin<S: InOrganization>(tx: &mut Read<'_, S>, leaving: &Member) -> Result<()> {
    let organization_id = tx.tenant().organization_id();
    if is_last_admin(tx.connection, organization_id, leaving.account_id)? {
        return Err(Error::conflict(
            "last_admin",
            format!(
                "{} is the last admin: make somebody else an admin first",
                leaving.email
            ),
        ));
    }
    Ok(())
}

/// Whether an account is an admin, and nobody else is who could sign in.
pub(in crate::store) fn is_last_admin(
    connection: &mut Connection,
    organization_id: i32,
    account_id: i32,
) -> Result<bool> {
    let admins: Vec<(i32, Option<i64>)> = memberships::table
        .inner_join(accounts::table.on(accounts::id.eq(memberships::account_id)))
        .filter(own!(memberships::organization_id, organization_id))
        .filter(memberships::role.eq(Role::Admin.as_str()))
        .select((accounts::id, accounts::suspended_at))
        .load(connection)?;
    let is_one = admins.iter().any(|(id, _)| *id == account_id);
    let has_other = admins
        .iter()
        .any(|(id, suspended_at)| *id != account_id && suspended_at.is_none());
    Ok(is_one && !has_other)
}

/// Whether the account of an address is a member.
pub(in crate::store) fn is_member(
    connection: &mut Connection,
    organization_id: i32,
    email: &str,
) -> Result<bool> {
    let found: i64 = memberships::table
        .inner_join(accounts::table.on(accounts::id.eq(memberships::account_id)))
        .filter(own!(memberships::organization_id, organization_id))
        .filter(accounts::email_key.eq(email_key(email)))
        .count()
        .get_result(connection)?;
    Ok(found > 0)
}

/// Whether an account is a member.
pub(in crate::store) fn is_in(
    connection: &mut Connection,
    organization_id: i32,
    account_id: i32,
) -> Result<bool> {
    let found: i64 = memberships::table
        .filter(own!(memberships::organization_id, organization_id))
        .filter(memberships::account_id.eq(account_id))
        .count()
        .get_result(connection)?;
    Ok(found > 0)
}

/// A new membership.
pub(in crate::store) fn create(
    connection: &mut Connection,
    organization_id: i32,
    account_id: i32,
    role: Role,
    now: i64,
) -> Result<()> {
    diesel::insert_into(memberships::table)
        .values((
            memberships::organization_id.eq(organization_id),
            memberships::account_id.eq(account_id),
            memberships::role.eq(role.as_str()),
            memberships::created_at.eq(now),
        ))
        .execute(connection)?;
    Ok(())
}
