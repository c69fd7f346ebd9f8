//! Erasing an account: what tells of the person goes, what was done under its number stays.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde_json::json;

use super::accounts::{NewPassword, email_key, prove};
use super::connection::Connection;
use super::schema::{accounts, invitations, memberships, organizations as tenants, refresh_tokens, sessions};
use super::{Write, audit, members, organizations, reach, second_factors};
use crate::auth::{Actor, Person};
use crate::domain::audit::{Action, Chain};
use crate::error::{Error, Result};

diesel::define_sql_function! {
    /// A text in small letters; on SQLite only those of ASCII are changed.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

/// No address ends so: the top-level domain is reserved.
const NOBODY: &str = "@erased.invalid";

/// Whether an address stands in the place of one that was erased.
pub(in crate::store) fn is_erased(email: &str) -> bool {
    email.ends_with(NOBODY)
}

/// Erases the caller's own account, unless an organization would be left without anybody to look after it. Its address,
/// name, password, second factor, sessions and memberships go, and with them the address in invitations; the account's number stays in
/// what refers to it. The new password is one that nobody knows.
pub fn erase(tx: &mut Write<'_, Person>, password: &NewPassword) -> Result<()> {
    let (id, now) = (tx.tenant().account_id(), tx.recorded_at());
    prove(tx.connection, id, &password.proof, now)?;
    let email: String = accounts::table
        .find(id)
        .select(accounts::email)
        .first(tx.connection)?;
    let places = leave_all(tx.connection, id)?;
    forget_invitations(tx.connection, id, &email, now)?;
    forget_sessions(tx.connection, id)?;
    second_factors::delete(tx.connection, id)?;
    let nobody = format!("erased-{id}{NOBODY}");
    diesel::update(accounts::table.find(id))
        .set((
            accounts::email.eq(&nobody),
            accounts::email_key.eq(&nobody),
            accounts::name.eq("Erased account"),
            accounts::password_hash.eq(&password.hash),
            accounts::suspended_at.eq(now),
        ))
        .execute(tx.connection)?;
    let chains = places.into_iter().map(Chain::Organization);
    for chain in chains.chain([Chain::Installation]) {
        let actor = Actor::Account(id);
        let what = (Action::AccountErased, actor.to_string(), &json!({}));
        audit::append(tx.connection, now, &actor, chain, what)?;
    }
    Ok(())
}

/// Takes the account out of its organizations, and answers which they were.
fn leave_all(connection: &mut Connection, account_id: i32) -> Result<Vec<i32>> {
    let places: Vec<(i32, String)> = memberships::table
        .inner_join(tenants::table.on(tenants::id.eq(memberships::organization_id)))
        .filter(memberships::account_id.eq(account_id))
        .order(memberships::organization_id)
        .select((tenants::id, tenants::code))
        .load(connection)?;
    let ids: Vec<i32> = places.iter().map(|(id, _)| *id).collect();
    reach::work_for(connection, &ids)?;
    for (organization_id, code) in &places {
        organizations::lock(connection, *organization_id)?;
        if members::is_last_admin(connection, *organization_id, account_id)? {
            return Err(Error::conflict(
                "last_admin",
                format!("you are the last admin of {code}: make somebody else an admin there first"),
            ));
        }
    }
    diesel::delete(memberships::table.filter(memberships::account_id.eq(account_id))).execute(connection)?;
    Ok(places.into_iter().map(|(id, _)| id).collect())
}

/// Withdraws what invites the address, and takes it out of what did. An invitation without any address would be the claim of
/// an organization, so another one takes its place.
fn forget_invitations(connection: &mut Connection, id: i32, email: &str, now: i64) -> Result<()> {
    let addressed = || {
        let exact = invitations::email.eq(email.to_owned());
        let nearly = lower(invitations::email).eq(email_key(email));
        invitations::table.filter(exact.or(nearly))
    };
    let open = addressed()
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null());
    diesel::update(open)
        .set(invitations::revoked_at.eq(now))
        .execute(connection)?;
    diesel::update(addressed())
        .set(invitations::email.eq(format!("erased-{id}{NOBODY}")))
        .execute(connection)?;
    Ok(())
}

fn forget_sessions(connection: &mut Connection, account_id: i32) -> Result<()> {
    let own = sessions::table.filter(sessions::account_id.eq(account_id));
    let tokens = refresh_tokens::session_id.eq_any(own.select(sessions::id));
    diesel::delete(refresh_tokens::table.filter(tokens)).execute(connection)?;
    diesel::delete(own).execute(connection)?;
    Ok(())
}
