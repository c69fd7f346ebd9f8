//! The second factor of an account: a secret that it shares with an authenticator app, and recovery codes for whoever has
//! lost the app. The secret is kept as it is, since codes are computed from it; of recovery codes only hashes are kept.
//!
//! It counts once it is confirmed by a code. From then on whatever takes the password takes a code beside it, in the same
//! transaction as what it is given for, so that a code is used up by what succeeded and by nothing else.

use diesel::prelude::*;
use serde_json::json;

use super::accounts::{self, OwnerProof};
use super::connection::Connection;
use super::schema::{recovery_codes, second_factors};
use super::{Write, audit, sessions};
use crate::auth::{Actor, Person, RecoveryCode};
use crate::domain::audit::{Action, Chain};
use crate::domain::totp::{plain, step_of};
use crate::error::{Error, Result};

/// A second factor that counts, as its owner sees it.
#[derive(Clone, Copy, Debug)]
pub struct SecondFactor {
    /// Since when, in microseconds.
    pub confirmed_at: i64,
    /// How many recovery codes are left.
    pub codes_left: i64,
}

/// A code that holds, to be used up by what it was given for.
#[derive(Debug)]
pub(in crate::store) enum Code {
    /// None is needed.
    NotNeeded,
    /// Of the app, for a time step.
    OfApp(i64),
    /// A recovery code, by its hash.
    Recovery(String),
}

/// The second factor of an account, if it has one that counts.
pub(in crate::store) fn find(connection: &mut Connection, account_id: i32) -> Result<Option<SecondFactor>> {
    let confirmed_at: Option<Option<i64>> = second_factors::table
        .find(account_id)
        .select(second_factors::confirmed_at)
        .first(connection)
        .optional()?;
    let Some(confirmed_at) = confirmed_at.flatten() else {
        return Ok(None);
    };
    let codes_left = recovery_codes::table
        .filter(recovery_codes::account_id.eq(account_id))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(connection)?;
    Ok(Some(SecondFactor {
        confirmed_at,
        codes_left,
    }))
}

/// Begins with a secret, in the place of one that was never confirmed.
pub fn begin(tx: &mut Write<'_, Person>, proof: &OwnerProof, secret: &[u8]) -> Result<String> {
    let (id, now) = (tx.tenant().account_id(), tx.recorded_at());
    if find(tx.connection, id)?.is_some() {
        return Err(is_on());
    }
    accounts::prove(tx.connection, id, proof, now)?;
    delete(tx.connection, id)?;
    diesel::insert_into(second_factors::table)
        .values((
            second_factors::account_id.eq(id),
            second_factors::secret.eq(secret),
            second_factors::created_at.eq(now),
            second_factors::last_step.eq(0),
        ))
        .execute(tx.connection)?;
    Ok(accounts::find(tx)?.email)
}

/// Makes it count, by a code of the app, and ends the account's other sessions.
pub fn confirm(tx: &mut Write<'_, Person>, code: &str, recovery_hashes: &[String]) -> Result<()> {
    let (id, now) = (tx.tenant().account_id(), tx.recorded_at());
    accounts::lock(tx.connection, id)?;
    let begun: Option<(Vec<u8>, Option<i64>)> = second_factors::table
        .find(id)
        .select((second_factors::secret, second_factors::confirmed_at))
        .first(tx.connection)
        .optional()?;
    let secret = match begun {
        Some((secret, None)) => secret,
        Some((_, Some(_))) => return Err(is_on()),
        None => {
            return Err(Error::conflict(
                "no_second_factor_begun",
                "there is nothing to confirm: ask for a secret first, at /v1/account/second-factor",
            ));
        }
    };
    let step = step_of(&secret, &plain(code), now).ok_or(Error::SecondFactorRefused)?;
    diesel::update(second_factors::table.find(id))
        .set((
            second_factors::confirmed_at.eq(now),
            second_factors::last_step.eq(step),
        ))
        .execute(tx.connection)?;
    insert_codes(tx.connection, id, recovery_hashes, now)?;
    let session = tx.tenant().session().to_owned();
    sessions::revoke_others(tx.connection, id, &session, now)?;
    record(tx, Action::SecondFactorEnabled)
}

/// Gives the owner other recovery codes; the ones before end.
pub fn replace_codes(tx: &mut Write<'_, Person>, proof: &OwnerProof, hashes: &[String]) -> Result<()> {
    let (id, now) = (tx.tenant().account_id(), tx.recorded_at());
    accounts::prove(tx.connection, id, proof, now)?;
    find(tx.connection, id)?.ok_or_else(is_off)?;
    delete_codes(tx.connection, id)?;
    insert_codes(tx.connection, id, hashes, now)?;
    record(tx, Action::RecoveryCodesReplaced)
}

/// Takes it away from the owner's account.
pub fn remove(tx: &mut Write<'_, Person>, proof: &OwnerProof) -> Result<()> {
    let (id, now) = (tx.tenant().account_id(), tx.recorded_at());
    accounts::prove(tx.connection, id, proof, now)?;
    find(tx.connection, id)?.ok_or_else(is_off)?;
    delete(tx.connection, id)?;
    record(tx, Action::SecondFactorRemoved)
}

/// Takes it away from any account, for the operator; `false` where there was none.
pub(in crate::store) fn remove_by_operator(
    connection: &mut Connection,
    account_id: i32,
    now: i64,
) -> Result<bool> {
    if !delete(connection, account_id)? {
        return Ok(false);
    }
    let subject = Actor::Account(account_id).to_string();
    let what = (Action::SecondFactorRemoved, subject, &json!({}));
    audit::append(connection, now, &Actor::Operator, Chain::Installation, what)?;
    Ok(true)
}

/// Forgets whatever there is of it; `false` where there was nothing.
pub(in crate::store) fn delete(connection: &mut Connection, account_id: i32) -> Result<bool> {
    delete_codes(connection, account_id)?;
    let deleted = diesel::delete(second_factors::table.find(account_id)).execute(connection)?;
    Ok(deleted > 0)
}

/// Whether what was given beside the password is what the account needs. [`Error::SecondFactorRequired`] where it needs a
/// code and none was given, [`Error::SecondFactorRefused`] where it is no code that holds. Nothing is used up yet.
pub(in crate::store) fn check(
    connection: &mut Connection,
    account_id: i32,
    code: Option<&str>,
    now: i64,
) -> Result<Code> {
    let confirmed: Option<(Vec<u8>, i64)> = second_factors::table
        .find(account_id)
        .filter(second_factors::confirmed_at.is_not_null())
        .select((second_factors::secret, second_factors::last_step))
        .first(connection)
        .optional()?;
    let Some((secret, last_step)) = confirmed else {
        return Ok(Code::NotNeeded);
    };
    let code = plain(code.unwrap_or_default());
    if code.is_empty() {
        return Err(Error::SecondFactorRequired);
    }
    if let Some(step) = step_of(&secret, &code, now) {
        let is_new = step > last_step;
        return is_new
            .then_some(Code::OfApp(step))
            .ok_or(Error::SecondFactorRefused);
    }
    let hash = RecoveryCode::hash_of(&code);
    let unused: i64 = recovery_codes::table
        .find((account_id, &hash))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(connection)?;
    match unused {
        0 => Err(Error::SecondFactorRefused),
        _ => Ok(Code::Recovery(hash)),
    }
}

impl Code {
    /// Uses it up. The update decides, not what was read: of two that come together, the second is refused.
    pub(in crate::store) fn spend(
        self,
        connection: &mut Connection,
        account_id: i32,
        now: i64,
    ) -> Result<()> {
        let spent = match self {
            Self::NotNeeded => 1,
            Self::OfApp(step) => {
                let older = second_factors::table
                    .find(account_id)
                    .filter(second_factors::last_step.lt(step));
                diesel::update(older)
                    .set(second_factors::last_step.eq(step))
                    .execute(connection)?
            }
            Self::Recovery(hash) => {
                let unused = recovery_codes::table
                    .find((account_id, hash))
                    .filter(recovery_codes::used_at.is_null());
                diesel::update(unused)
                    .set(recovery_codes::used_at.eq(now))
                    .execute(connection)?
            }
        };
        match spent {
            0 => Err(Error::SecondFactorRefused),
            _ => Ok(()),
        }
    }
}

fn insert_codes(connection: &mut Connection, account_id: i32, hashes: &[String], now: i64) -> Result<()> {
    for hash in hashes {
        diesel::insert_into(recovery_codes::table)
            .values((
                recovery_codes::account_id.eq(account_id),
                recovery_codes::code_hash.eq(hash),
                recovery_codes::created_at.eq(now),
            ))
            .execute(connection)?;
    }
    Ok(())
}

fn delete_codes(connection: &mut Connection, account_id: i32) -> Result<()> {
    let own = recovery_codes::table.filter(recovery_codes::account_id.eq(account_id));
    diesel::delete(own).execute(connection)?;
    Ok(())
}

fn record(tx: &mut Write<'_, Person>, action: Action) -> Result<()> {
    let (actor, now) = (Actor::Account(tx.tenant().account_id()), tx.recorded_at());
    let what = (action, actor.to_string(), &json!({}));
    audit::append(tx.connection, now, &actor, Chain::Installation, what)
}

fn is_on() -> Error {
    Error::conflict(
        "second_factor_on",
        "this account has a second factor already: remove it first, to begin with another app",
    )
}

fn is_off() -> Error {
    Error::conflict("no_second_factor", "this account has no second factor")
}
