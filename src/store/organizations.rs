//! Organizations: the tenants.

use diesel::prelude::*;
use serde_json::json;

use super::accounts::{Joining, settle};
use super::connection::Connection;
use super::own::own;
use super::schema::{organization_coalitions, organizations};
use super::{Read, System, Write, audit, coalition_clock, members, reach};
use crate::auth::{Actor, InOrganization, MayWrite, Role};
use crate::domain::audit::{Action, Chain};
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
    /// The person who will look after it.
    pub admin: Joining,
}

/// Registers an organization with its first admin.
pub fn register(tx: &mut System<'_>, new: &NewOrganization) -> Result<Organization> {
    let now = tx.now();
    reach::know(tx.connection, &new.code.key())?;
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
    let organization = create(tx.connection, &new.code, &new.name, now)?;
    let (account, _) = settle(tx.connection, &new.admin, now)?;
    members::create(tx.connection, organization.id, account, Role::Admin, now)?;
    let details = json!({"name": organization.name, "role": Role::Admin});
    let subject = format!("organization:{}", organization.code);
    let (actor, chain) = (Actor::Account(account), Chain::Organization(organization.id));
    let what = (Action::OrganizationCreated, subject, &details);
    audit::append(tx.connection, now, &actor, chain, what)?;
    Ok(organization)
}

/// Makes other changes to the people of an organization wait until this transaction has ended.
pub(in crate::store) fn lock(connection: &mut Connection, id: i32) -> Result<()> {
    diesel::update(organizations::table.find(id))
        .set(organizations::code_key.eq(organizations::code_key))
        .execute(connection)?;
    Ok(())
}

/// An organization without accounts.
pub(in crate::store) fn create(
    connection: &mut Connection,
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

/// Renames the caller's organization. The name stands in answers of the coalitions that it is or was in, so all of them
/// are in another state afterwards.
pub fn update<S: InOrganization + MayWrite>(tx: &mut Write<'_, S>, name: &str) -> Result<Organization> {
    let (organization_id, now) = (tx.tenant().organization_id(), tx.recorded_at());
    let coalitions: Vec<i32> = organization_coalitions::table
        .filter(own!(organization_coalitions::organization_id, organization_id))
        .order(organization_coalitions::coalition_id)
        .select(organization_coalitions::coalition_id)
        .load(tx.connection)?;
    for coalition_id in coalitions {
        coalition_clock::advance(tx.connection, coalition_id, now, 1)?;
    }
    let before = find(tx)?;
    let renamed: Organization = diesel::update(organizations::table.find(organization_id))
        .set(organizations::name.eq(name))
        .returning(COLUMNS)
        .get_result(tx.connection)?;
    let details = json!({"name": {"from": before.name, "to": name}});
    let subject = format!("organization:{}", before.code);
    audit::record(tx, Action::OrganizationUpdated, subject, &details)?;
    Ok(renamed)
}
