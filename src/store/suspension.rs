//! Suspension by the operator: who is suspended is refused from the next request on, with whatever credentials, until the
//! suspension is lifted. Nothing is deleted.

use diesel::prelude::*;
use serde_json::json;

use super::accounts::email_key;
use super::schema::{accounts, organizations};
use super::{System, audit, reach};
use crate::auth::Actor;
use crate::domain::audit::{Action, Chain};
use crate::error::Result;

/// Suspends the account of an address, or lifts that; whether it changed anything, and `None` where no account has it.
pub fn set_account(tx: &mut System<'_>, email: &str, is_suspended: bool) -> Result<Option<bool>> {
    let (now, key) = (tx.now(), email_key(email));
    reach::know(tx.connection, &key)?;
    let found: Option<(i32, Option<i64>)> = accounts::table
        .filter(accounts::email_key.eq(key))
        .select((accounts::id, accounts::suspended_at))
        .first(tx.connection)
        .optional()?;
    let Some((id, before)) = found else {
        return Ok(None);
    };
    if before.is_some() == is_suspended {
        return Ok(Some(false));
    }
    diesel::update(accounts::table.find(id))
        .set(accounts::suspended_at.eq(is_suspended.then_some(now)))
        .execute(tx.connection)?;
    let action = match is_suspended {
        true => Action::AccountSuspended,
        false => Action::AccountReinstated,
    };
    let what = (action, Actor::Account(id).to_string(), &json!({}));
    audit::append(tx.connection, now, &Actor::Operator, Chain::Installation, what)?;
    Ok(Some(true))
}

/// Suspends the organization of a code, or lifts that; whether it changed anything, and `None` where none has it.
pub fn set_organization(tx: &mut System<'_>, code: &str, is_suspended: bool) -> Result<Option<bool>> {
    let (now, key) = (tx.now(), code.to_ascii_lowercase());
    reach::know(tx.connection, &key)?;
    let found: Option<(i32, String, Option<i64>)> = organizations::table
        .filter(organizations::code_key.eq(key))
        .select((
            organizations::id,
            organizations::code,
            organizations::suspended_at,
        ))
        .first(tx.connection)
        .optional()?;
    let Some((id, code, before)) = found else {
        return Ok(None);
    };
    if before.is_some() == is_suspended {
        return Ok(Some(false));
    }
    diesel::update(organizations::table.find(id))
        .set(organizations::suspended_at.eq(is_suspended.then_some(now)))
        .execute(tx.connection)?;
    let action = match is_suspended {
        true => Action::OrganizationSuspended,
        false => Action::OrganizationReinstated,
    };
    let what = (action, format!("organization:{code}"), &json!({}));
    audit::append(
        tx.connection,
        now,
        &Actor::Operator,
        Chain::Organization(id),
        what,
    )?;
    Ok(Some(true))
}
