//! Accounts: the people who sign in.

use diesel::prelude::*;

use super::connection::Connection;
use super::schema::{accounts, memberships, organizations};
use super::second_factors::{self, SecondFactor};
use super::{Read, System, Write, audit, reach, sessions};
use crate::auth::{Actor, Person};
use crate::domain::audit::{Action, Chain};
use crate::error::{Error, Result};

/// An account, as its owner sees it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// Its second factor, if it has one.
    pub second_factor: Option<SecondFactor>,
}

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
    /// A person whose password was right, with the code that was given beside it.
    Known(KnownAccount, Option<String>),
}

/// What changes in an account.
#[derive(Clone, Debug, Default)]
pub struct AccountPatch {
    /// The new name.
    pub name: Option<String>,
    /// The new hashed password, with the old one that was checked.
    pub password: Option<NewPassword>,
}

/// What shows once more that it is the owner of an account who asks.
#[derive(Clone, Debug)]
pub struct OwnerProof {
    /// The stored form that the current password was checked against.
    pub checked_hash: String,
    /// The code that was given beside it.
    pub code: Option<String>,
}

/// A change of the password.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// That the owner asks for it.
    pub proof: OwnerProof,
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

/// Has others wait who lock it, until this transaction ends: a session is not opened by a password or without a code
/// while the password or the second factor changes.
pub(in crate::store) fn lock(connection: &mut Connection, id: i32) -> Result<()> {
    diesel::update(accounts::table.find(id))
        .set(accounts::email_key.eq(accounts::email_key))
        .execute(connection)?;
    Ok(())
}

/// Goes on if it is the owner who asks, and uses up the code; [`Error::PreconditionFailed`] where the password was
/// changed since it was checked.
pub(in crate::store) fn prove(
    connection: &mut Connection,
    id: i32,
    proof: &OwnerProof,
    now: i64,
) -> Result<()> {
    lock(connection, id)?;
    let unchanged: i64 = accounts::table
        .filter(accounts::id.eq(id))
        .filter(accounts::password_hash.eq(&proof.checked_hash))
        .count()
        .get_result(connection)?;
    if unchanged == 0 {
        return Err(Error::PreconditionFailed);
    }
    second_factors::check(connection, id, proof.code.as_deref(), now)?.spend(connection, id, now)
}

/// The account of somebody who joins, made if it is new: its id and address.
pub(in crate::store) fn settle(
    connection: &mut Connection,
    joining: &Joining,
    now: i64,
) -> Result<(i32, String)> {
    match joining {
        Joining::Known(known, code) => {
            if !still_holds(connection, known)? {
                return Err(Error::Unauthenticated(
                    "the password was changed in the meantime: try again",
                ));
            }
            let code = second_factors::check(connection, known.id, code.as_deref(), now)?;
            code.spend(connection, known.id, now)?;
            Ok((known.id, known.email.clone()))
        }
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
    let id = tx.tenant().account_id();
    let (email, name, created_at) = accounts::table
        .find(id)
        .select((accounts::email, accounts::name, accounts::created_at))
        .first(tx.connection)?;
    Ok(Account {
        email,
        name,
        created_at,
        second_factor: second_factors::find(tx.connection, id)?,
    })
}

/// The names and addresses that others know the caller by.
pub fn find_own_words(tx: &mut Read<'_, Person>) -> Result<Vec<String>> {
    own_words(tx.connection, tx.tenant().account_id())
}

/// The names and addresses that others know an account by: its own, and those of its organizations.
pub(in crate::store) fn own_words(connection: &mut Connection, account_id: i32) -> Result<Vec<String>> {
    let (email, name): (String, String) = accounts::table
        .find(account_id)
        .select((accounts::email, accounts::name))
        .first(connection)?;
    let organizations: Vec<(String, String)> = memberships::table
        .inner_join(organizations::table.on(organizations::id.eq(memberships::organization_id)))
        .filter(memberships::account_id.eq(account_id))
        .select((organizations::code, organizations::name))
        .load(connection)?;
    let of_organizations = organizations.into_iter().flat_map(|(code, name)| [code, name]);
    Ok([email, name].into_iter().chain(of_organizations).collect())
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
        prove(tx.connection, id, &password.proof, now)?;
        diesel::update(accounts::table.find(id))
            .set(accounts::password_hash.eq(&password.hash))
            .execute(tx.connection)?;
        sessions::revoke_all(tx.connection, id, now)?;
        let actor = Actor::Account(id);
        let what = (Action::PasswordChanged, actor.to_string(), &serde_json::json!({}));
        audit::append(tx.connection, now, &actor, Chain::Installation, what)?;
    }
    find(tx)
}
