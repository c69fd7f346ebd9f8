//! Accounts: the people who sign in.

use diesel::prelude::*;

use super::connection::Connection;
use super::schema::accounts;
use super::{Read, System, Write, audit, reach, sessions};
use crate::auth::{Actor, Person};
use crate::domain::audit::{Action, Chain};
use crate::error::{Error, Result};

/// An account, as its owner sees it.
#[derive(Clone, Debug, Queryable)]
pub struct Account {
    /// The address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// When it was made, in microseconds.
    pub created_at: i64,
}

type Columns = (accounts::email, accounts::name, accounts::created_at);
const COLUMNS: Columns = (accounts::email, accounts::name, accounts::created_at);

/// An account, as far as a password is checked against it.
#[derive(Clone, Debug)]
pub struct KnownAccount {
    /// Its inner id.
    pub id: i32,
    /// The address.
    pub email: String,
    /// The hashed password.
    pub password_hash: String,
    /// Whether it is suspended.
    pub is_suspended: bool,
}

/// Somebody who is about to join an organization.
#[derive(Clone, Debug)]
pub enum Joining {
    /// A person without an account yet.
    New {
        /// The address.
        email: String,
        /// The person's name.
        name: String,
        /// The hashed password.
        password_hash: String,
    },
    /// A person whose password was right.
    Known(KnownAccount),
}

/// What changes in an account.
#[derive(Clone, Debug, Default)]
pub struct AccountPatch {
    /// The new name.
    pub name: Option<String>,
    /// The new hashed password, with the old one that was checked.
    pub password: Option<NewPassword>,
}

/// A change of the password.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// The stored form that the current password was checked against.
    pub checked_hash: String,
    /// The new stored form.
    pub hash: String,
}

/// What is unique about an address.
pub(in crate::store) fn email_key(email: &str) -> String {
    email.to_lowercase()
}

/// The account of an address, if there is one.
pub fn find_by_email(tx: &mut System<'_>, email: &str) -> Result<Option<KnownAccount>> {
    let key = email_key(email);
    reach::know(tx.connection, &key)?;
    let row: Option<(i32, String, String, Option<i64>)> = accounts::table
        .filter(accounts::email_key.eq(key))
        .select((
            accounts::id,
            accounts::email,
            accounts::password_hash,
            accounts::suspended_at,
        ))
        .first(tx.connection)
        .optional()?;
    Ok(row.map(|(id, email, password_hash, suspended_at)| KnownAccount {
        id,
        email,
        password_hash,
        is_suspended: suspended_at.is_some(),
    }))
}

/// Whether an account is still as it was when its password was checked.
pub(in crate::store) fn still_holds(connection: &mut Connection, known: &KnownAccount) -> Result<bool> {
    let unchanged: i64 = accounts::table
        .filter(accounts::id.eq(known.id))
        .filter(accounts::password_hash.eq(&known.password_hash))
        .filter(accounts::suspended_at.is_null())
        .count()
        .get_result(connection)?;
    Ok(unchanged == 1)
}

/// The account of somebody who joins, made if it is new: its id and address.
pub(in crate::store) fn settle(
    connection: &mut Connection,
    joining: &Joining,
    now: i64,
) -> Result<(i32, String)> {
    match joining {
        Joining::Known(known) if still_holds(connection, known)? => Ok((known.id, known.email.clone())),
        Joining::Known(_) => Err(Error::Unauthenticated(
            "the password was changed in the meantime: try again",
        )),
        Joining::New {
            email,
            name,
            password_hash,
        } => {
            let id = diesel::insert_into(accounts::table)
                .values((
                    accounts::email.eq(email),
                    accounts::email_key.eq(email_key(email)),
                    accounts::name.eq(name),
                    accounts::password_hash.eq(password_hash),
                    accounts::created_at.eq(now),
                ))
                .returning(accounts::id)
                .get_result(connection)?;
            Ok((id, email.clone()))
        }
    }
}

/// The caller's own account.
pub fn find(tx: &mut Read<'_, Person>) -> Result<Account> {
    Ok(accounts::table
        .find(tx.tenant().account_id())
        .select(COLUMNS)
        .first(tx.connection)?)
}

/// The stored form of the caller's own password.
pub fn find_password_hash(tx: &mut Read<'_, Person>) -> Result<String> {
    Ok(accounts::table
        .find(tx.tenant().account_id())
        .select(accounts::password_hash)
        .first(tx.connection)?)
}

/// Changes the caller's own account; a new password ends every session of it.
pub fn update(tx: &mut Write<'_, Person>, patch: &AccountPatch) -> Result<Account> {
    let (id, now) = (tx.tenant().account_id(), tx.recorded_at());
    if let Some(name) = &patch.name {
        diesel::update(accounts::table.find(id))
            .set(accounts::name.eq(name))
            .execute(tx.connection)?;
    }
    if let Some(password) = &patch.password {
        let own = accounts::table
            .filter(accounts::id.eq(id))
            .filter(accounts::password_hash.eq(&password.checked_hash));
        let changed = diesel::update(own)
            .set(accounts::password_hash.eq(&password.hash))
            .execute(tx.connection)?;
        if changed == 0 {
            return Err(Error::PreconditionFailed);
        }
        sessions::revoke_all(tx.connection, id, now)?;
        let actor = Actor::Account(id);
        let what = (Action::PasswordChanged, actor.to_string(), &serde_json::json!({}));
        audit::append(tx.connection, now, &actor, Chain::Installation, what)?;
    }
    find(tx)
}
