//! Members: the people of an organization, each in a role.

use diesel::prelude::*;

use super::accounts::email_key;
use super::connection::Connection;
use super::schema::{accounts, memberships};
use super::{Read, Write, organizations, sessions};
use crate::auth::{InOrganization, MayWrite, Role};
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
        .filter(memberships::organization_id.eq(tx.tenant().organization_id()))
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
        .filter(memberships::organization_id.eq(tx.tenant().organization_id()))
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
    Ok(())
}

fn keep_an_admin<S: InOrganization>(tx: &mut Read<'_, S>, leaving: &Member) -> Result<()> {
    let others: i64 = memberships::table
        .inner_join(accounts::table.on(accounts::id.eq(memberships::account_id)))
        .filter(memberships::organization_id.eq(tx.tenant().organization_id()))
        .filter(memberships::role.eq(Role::Admin.as_str()))
        .filter(memberships::account_id.ne(leaving.account_id))
        .filter(accounts::suspended_at.is_null())
        .count()
        .get_result(tx.connection)?;
    if leaving.role == Role::Admin && others == 0 {
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

/// Whether the account of an address is a member.
pub(in crate::store) fn is_member(
    connection: &mut Connection,
    organization_id: i32,
    email: &str,
) -> Result<bool> {
    let found: i64 = memberships::table
        .inner_join(accounts::table.on(accounts::id.eq(memberships::account_id)))
        .filter(memberships::organization_id.eq(organization_id))
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
        .filter(memberships::organization_id.eq(organization_id))
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
