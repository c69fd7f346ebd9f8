//! Password resets: one-time tokens by which an account gets a new password. Cairn sends no mail, so somebody hands them
//! over.
//!
//! An admin resets only those who are in no other organization: the password opens every organization of an account, and
//! nobody gives away more than they hold. That is asked again when the token is used.

use diesel::prelude::*;
use serde_json::json;

use super::accounts::{email_key, own_words};
use super::connection::Connection;
use super::schema::{accounts, memberships, organizations as tenants, password_resets};
use super::{System, Write, audit, members, organizations, reach, second_factors, sessions};
use crate::auth::{Actor, InOrganization, MayWrite};
use crate::domain::audit::{Action, Chain};
use crate::error::{Error, Result};

/// What the operator has made.
#[derive(Clone, Copy, Debug)]
pub struct ByOperator {
    /// When the token ends, in microseconds.
    pub expires_at: i64,
    /// Whether a second factor was taken away.
    pub has_lost_second_factor: bool,
}

/// A token holds this long, in microseconds: a day.
pub const LIFETIME: i64 = 24 * 3_600 * 1_000_000;

/// A reset of the member of an address; answers when it expires, in microseconds.
pub fn create<S: InOrganization + MayWrite>(
    tx: &mut Write<'_, S>,
    email: &str,
    token_hash: &str,
) -> Result<i64> {
    let (organization_id, now) = (tx.tenant().organization_id(), tx.recorded_at());
    let actor = tx.tenant().actor();
    organizations::lock(tx.connection, organization_id)?;
    let account_id = members::find(tx, email)?.account_id;
    reach::name_accounts(tx.connection, &[account_id])?;
    if !is_in_no_other(tx.connection, account_id, organization_id)? {
        return Err(Error::conflict(
            "member_elsewhere",
            format!(
                "{email} belongs to other organizations too, which the new password would open as well: ask whoever \
                 runs this service for the reset"
            ),
        ));
    }
    audit::record(
        tx,
        Action::PasswordResetCreated,
        Actor::Account(account_id),
        &json!({}),
    )?;
    insert(
        tx.connection,
        account_id,
        Some(organization_id),
        &actor,
        token_hash,
        now,
    )
}

/// A reset of any account by the operator, who may take its second factor away in the same step; `None` where no account
/// has that address.
pub fn create_by_operator(
    tx: &mut System<'_>,
    email: &str,
    token_hash: &str,
    without_second_factor: bool,
) -> Result<Option<ByOperator>> {
    let (now, key) = (tx.now(), email_key(email));
    reach::know(tx.connection, &key)?;
    let found: Option<i32> = accounts::table
        .filter(accounts::email_key.eq(key))
        .select(accounts::id)
        .first(tx.connection)
        .optional()?;
    let Some(account_id) = found else {
        return Ok(None);
    };
    let subject = Actor::Account(account_id).to_string();
    let what = (Action::PasswordResetCreated, subject, &json!({}));
    audit::append(tx.connection, now, &Actor::Operator, Chain::Installation, what)?;
    let has_lost_second_factor =
        without_second_factor && second_factors::remove_by_operator(tx.connection, account_id, now)?;
    let expires_at = insert(tx.connection, account_id, None, &Actor::Operator, token_hash, now)?;
    Ok(Some(ByOperator {
        expires_at,
        has_lost_second_factor,
    }))
}

fn insert(
    connection: &mut Connection,
    account_id: i32,
    organization_id: Option<i32>,
    actor: &Actor,
    token_hash: &str,
    now: i64,
) -> Result<i64> {
    let earlier = password_resets::table.filter(password_resets::account_id.eq(account_id));
    diesel::delete(earlier).execute(connection)?;
    let reach = match organization_id {
        Some(_) => "organization",
        None => "operator",
    };
    diesel::insert_into(password_resets::table)
        .values((
            password_resets::token_hash.eq(token_hash),
            password_resets::account_id.eq(account_id),
            password_resets::reach.eq(reach),
            password_resets::organization_id.eq(organization_id),
            password_resets::created_by.eq(actor.to_string()),
            password_resets::created_at.eq(now),
            password_resets::expires_at.eq(now + LIFETIME),
        ))
        .execute(connection)?;
    Ok(now + LIFETIME)
}

fn is_active(connection: &mut Connection, organization_id: i32) -> Result<bool> {
    let active: i64 = tenants::table
        .filter(tenants::id.eq(organization_id))
        .filter(tenants::suspended_at.is_null())
        .count()
        .get_result(connection)?;
    Ok(active == 1)
}

fn is_in_no_other(connection: &mut Connection, account_id: i32, organization_id: i32) -> Result<bool> {
    let others: i64 = memberships::table
        .filter(memberships::account_id.eq(account_id))
        .filter(memberships::organization_id.ne(organization_id))
        .count()
        .get_result(connection)?;
    Ok(others == 0)
}

/// The names and addresses that others know the account by that a token may give a new password at this moment.
pub fn find_own_words(tx: &mut System<'_>, token_hash: &str) -> Result<Option<Vec<String>>> {
    find_account(tx, token_hash)?
        .map(|account_id| own_words(tx.connection, account_id))
        .transpose()
}

/// The account that a token may give a new password at this moment.
fn find_account(tx: &mut System<'_>, token_hash: &str) -> Result<Option<i32>> {
    let now = tx.now();
    reach::know(tx.connection, token_hash)?;
    let row: Option<(i32, Option<i32>)> = password_resets::table
        .inner_join(accounts::table.on(accounts::id.eq(password_resets::account_id)))
        .filter(password_resets::token_hash.eq(token_hash))
        .filter(password_resets::used_at.is_null())
        .filter(password_resets::expires_at.gt(now))
        .filter(accounts::suspended_at.is_null())
        .select((password_resets::account_id, password_resets::organization_id))
        .first(tx.connection)
        .optional()?;
    let Some((account_id, organization_id)) = row else {
        return Ok(None);
    };
    let holds = match organization_id {
        None => true,
        Some(id) => {
            is_active(tx.connection, id)?
                && members::is_in(tx.connection, id, account_id)?
                && is_in_no_other(tx.connection, account_id, id)?
        }
    };
    Ok(holds.then_some(account_id))
}

/// Gives the account of a token its new password and ends all its sessions; `false` where the token does not hold. The
/// second factor stays, so that a token in the wrong hands is not enough to sign in.
pub fn accept(tx: &mut System<'_>, token_hash: &str, password_hash: &str) -> Result<bool> {
    let now = tx.now();
    let Some(account_id) = find_account(tx, token_hash)? else {
        return Ok(false);
    };
    let unused = password_resets::table
        .filter(password_resets::token_hash.eq(token_hash))
        .filter(password_resets::used_at.is_null());
    // The update decides, not what was read: of two that come together, the second finds it used.
    let taken = diesel::update(unused)
        .set(password_resets::used_at.eq(now))
        .execute(tx.connection)?;
    if taken == 0 {
        return Ok(false);
    }
    diesel::update(accounts::table.find(account_id))
        .set(accounts::password_hash.eq(password_hash))
        .execute(tx.connection)?;
    sessions::revoke_all(tx.connection, account_id, now)?;
    let actor = Actor::Account(account_id);
    let what = (
        Action::PasswordChanged,
        actor.to_string(),
        &json!({"by": "reset"}),
    );
    audit::append(tx.connection, now, &actor, Chain::Installation, what)?;
    Ok(true)
}
