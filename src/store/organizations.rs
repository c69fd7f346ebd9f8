//! Organizations: the tenants.

use diesel::prelude::*;

use super::schema::{accounts, memberships, organizations};
use super::{Read, System, Write};
use crate::auth::{InOrganization, MayWrite, Role};
use crate::domain::code::Code;
use crate::error::{Error, Result};

/// An organization.
#[derive(Clone, Debug, Queryable)]
pub struct Organization {
    /// Its inner id.
    pub id: i32,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// When it was registered, in microseconds.
    pub created_at: i64,
}

type Columns = (
    organizations::id,
    organizations::code,
    organizations::name,
    organizations::created_at,
);
const COLUMNS: Columns = (
    organizations::id,
    organizations::code,
    organizations::name,
    organizations::created_at,
);

/// An organization to be registered, with its first admin.
pub struct NewOrganization {
    /// Its code.
    pub code: Code,
    /// Its name.
    pub name: String,
    /// The admin's address.
    pub email: String,
    /// The admin's name.
    pub admin_name: String,
    /// The admin's hashed password.
    pub password_hash: String,
}

/// Registers an organization with its first admin, a new account.
pub fn register(tx: &mut System<'_>, new: &NewOrganization) -> Result<Organization> {
    let now = tx.now();
    let taken: i64 = organizations::table
        .filter(organizations::code_key.eq(new.code.key()))
        .count()
        .get_result(tx.connection)?;
    if taken > 0 {
        return Err(Error::conflict(
            "code_taken",
            format!("the code '{}' is taken: choose another", new.code.as_str()),
        ));
    }
    let known: i64 = accounts::table
        .filter(accounts::email_key.eq(new.email.to_lowercase()))
        .count()
        .get_result(tx.connection)?;
    if known > 0 {
        return Err(Error::conflict(
            "email_taken",
            "this address cannot be used for a new account: ask for an invitation",
        ));
    }
    let organization = create(tx.connection, &new.code, &new.name, now)?;
    let account: i32 = diesel::insert_into(accounts::table)
        .values((
            accounts::email.eq(&new.email),
            accounts::email_key.eq(new.email.to_lowercase()),
            accounts::name.eq(&new.admin_name),
            accounts::password_hash.eq(&new.password_hash),
            accounts::created_at.eq(now),
        ))
        .returning(accounts::id)
        .get_result(tx.connection)?;
    diesel::insert_into(memberships::table)
        .values((
            memberships::organization_id.eq(organization.id),
            memberships::account_id.eq(account),
            memberships::role.eq(Role::Admin.as_str()),
            memberships::created_at.eq(now),
        ))
        .execute(tx.connection)?;
    Ok(organization)
}

/// An organization without accounts.
pub(in crate::store) fn create(
    connection: &mut super::connection::Connection,
    code: &Code,
    name: &str,
    now: i64,
) -> Result<Organization> {
    Ok(diesel::insert_into(organizations::table)
        .values((
            organizations::code.eq(code.as_str()),
            organizations::code_key.eq(code.key()),
            organizations::name.eq(name),
            organizations::created_at.eq(now),
        ))
        .returning(COLUMNS)
        .get_result(connection)?)
}

/// Whether there are any.
pub fn exist(tx: &mut System<'_>) -> Result<bool> {
    Ok(organizations::table.count().get_result::<i64>(tx.connection)? > 0)
}

/// The caller's organization.
pub fn find<S: InOrganization>(tx: &mut Read<'_, S>) -> Result<Organization> {
    Ok(organizations::table
        .find(tx.tenant().organization_id())
        .select(COLUMNS)
        .first(tx.connection)?)
}

/// Renames the caller's organization.
pub fn update<S: InOrganization + MayWrite>(tx: &mut Write<'_, S>, name: &str) -> Result<Organization> {
    Ok(
        diesel::update(organizations::table.find(tx.tenant().organization_id()))
            .set(organizations::name.eq(name))
            .returning(COLUMNS)
            .get_result(tx.connection)?,
    )
}
