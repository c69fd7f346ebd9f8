//! Sessions: one sign-in each, a family of refresh tokens of which only the newest may be used.

use diesel::prelude::*;

use super::accounts::{KnownAccount, lock, still_holds};
use super::connection::Connection;
use super::schema::{memberships, organizations, refresh_tokens, sessions};
use super::{System, Write, second_factors};
use crate::auth::{Person, Role};
use crate::error::{Error, Result};

/// A session ends this long after the sign-in, in microseconds, however often it was renewed.
pub const LIFETIME: i64 = 30 * 24 * 3_600 * 1_000_000;

/// A session that holds.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub account_id: i32,
    /// For which organization, and in which role there.
    pub place: Place,
    /// When it ends at the latest, in microseconds.
    pub expires_at: i64,
}

/// An account's place in one of its organizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The organization.
    pub organization_id: i32,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The account's role in it.
    pub role: Role,
    /// Whether the organization is suspended.
    pub is_suspended: bool,
}

/// A session about to be opened.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: String,
    /// The account, whose password was right.
    pub account: KnownAccount,
    /// The code that was given beside the password.
    pub code: Option<String>,
    /// The code of the organization it is for, if one was named.
    pub organization: Option<String>,
    /// The hash of its first refresh token.
    pub token_hash: String,
}

/// What came of opening a session.
#[derive(Clone, Debug)]
pub enum Opened {
    /// It is open.
    Session(Session),
    /// There is nothing that this account may sign in to.
    Refused,
    /// One of these organizations has to be named.
    Choose(Vec<String>),
}

/// What came of a refresh token. Not an error, so that what it did is kept.
#[derive(Clone, Debug)]
pub enum Renewed {
    /// The session goes on, with the new token.
    Session(Session),
    /// The token is unknown, or its session has ended.
    Refused,
    /// The token had been used before: the session, named here, is ended.
    Reused(String),
}

/// Opens a session, and forgets those of the account that are over. A code is used up by a session that is opened, not by
/// the question for which organization it is.
pub fn create(tx: &mut System<'_>, new: &NewSession) -> Result<Opened> {
    let now = tx.now();
    lock(tx.connection, new.account.id)?;
    if !still_holds(tx.connection, &new.account)? {
        return Ok(Opened::Refused);
    }
    let code = second_factors::check(tx.connection, new.account.id, new.code.as_deref(), now)?;
    let places = places(tx.connection, new.account.id)?;
    let place = match choose(&places, new.organization.as_deref()) {
        Choice::One(place) => place,
        Choice::None => return Ok(Opened::Refused),
        Choice::Several(codes) => return Ok(Opened::Choose(codes)),
    };
    code.spend(tx.connection, new.account.id, now)?;
    forget(tx.connection, new.account.id, now)?;
    let session = Session {
        id: new.id.clone(),
        account_id: new.account.id,
        place: place.clone(),
        expires_at: now + LIFETIME,
    };
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(&session.id),
            sessions::account_id.eq(session.account_id),
            sessions::organization_id.eq(place.organization_id),
            sessions::created_at.eq(now),
            sessions::expires_at.eq(session.expires_at),
        ))
        .execute(tx.connection)?;
    add_token(tx.connection, &session.id, &new.token_hash, now)?;
    Ok(Opened::Session(session))
}

/// Exchanges a refresh token for the next one of its session; a token that comes a second time ends the session.
pub fn refresh(tx: &mut System<'_>, presented: &str, next: &str) -> Result<Renewed> {
    let now = tx.now();
    let row: Option<(String, i32, i32, i64, Option<i64>)> = refresh_tokens::table
        .inner_join(sessions::table.on(sessions::id.eq(refresh_tokens::session_id)))
        .filter(refresh_tokens::token_hash.eq(presented))
        .select((
            sessions::id,
            sessions::account_id,
            sessions::organization_id,
            sessions::expires_at,
            sessions::revoked_at,
        ))
        .first(tx.connection)
        .optional()?;
    let Some((id, account_id, organization_id, expires_at, revoked_at)) = row else {
        return Ok(Renewed::Refused);
    };
    let unused = refresh_tokens::table
        .filter(refresh_tokens::token_hash.eq(presented))
        .filter(refresh_tokens::used_at.is_null());
    // The update decides, not what was read: of two that come together, the second finds it used.
    let taken = diesel::update(unused)
        .set(refresh_tokens::used_at.eq(now))
        .execute(tx.connection)?;
    if taken == 0 {
        revoke(tx.connection, &id, now)?;
        return Ok(Renewed::Reused(id));
    }
    let place = standing(tx.connection, account_id, organization_id)?;
    let Some(place) = place.filter(|_| revoked_at.is_none() && expires_at > now) else {
        return Ok(Renewed::Refused);
    };
    add_token(tx.connection, &id, next, now)?;
    Ok(Renewed::Session(Session {
        id,
        account_id,
        place,
        expires_at,
    }))
}

/// Ends the caller's session.
pub fn delete(tx: &mut Write<'_, Person>) -> Result<()> {
    let (id, now) = (tx.tenant().session().to_owned(), tx.recorded_at());
    revoke(tx.connection, &id, now)
}

/// Ends every session of an account.
pub(in crate::store) fn revoke_all(connection: &mut Connection, account_id: i32, now: i64) -> Result<()> {
    let open = sessions::table
        .filter(sessions::account_id.eq(account_id))
        .filter(sessions::revoked_at.is_null());
    diesel::update(open)
        .set(sessions::revoked_at.eq(now))
        .execute(connection)?;
    Ok(())
}

/// Ends every session of an account but one.
pub(in crate::store) fn revoke_others(
    connection: &mut Connection,
    account_id: i32,
    kept: &str,
    now: i64,
) -> Result<()> {
    let open = sessions::table
        .filter(sessions::account_id.eq(account_id))
        .filter(sessions::id.ne(kept))
        .filter(sessions::revoked_at.is_null());
    diesel::update(open)
        .set(sessions::revoked_at.eq(now))
        .execute(connection)?;
    Ok(())
}

/// Ends the sessions of an account in one organization.
pub(in crate::store) fn revoke_in(
    connection: &mut Connection,
    account_id: i32,
    organization_id: i32,
    now: i64,
) -> Result<()> {
    let open = sessions::table
        .filter(sessions::account_id.eq(account_id))
        .filter(sessions::organization_id.eq(organization_id))
        .filter(sessions::revoked_at.is_null());
    diesel::update(open)
        .set(sessions::revoked_at.eq(now))
        .execute(connection)?;
    Ok(())
}

fn revoke(connection: &mut Connection, id: &str, now: i64) -> Result<()> {
    let open = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::revoked_at.is_null());
    diesel::update(open)
        .set(sessions::revoked_at.eq(now))
        .execute(connection)?;
    Ok(())
}

fn add_token(connection: &mut Connection, session: &str, hash: &str, now: i64) -> Result<()> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::token_hash.eq(hash),
            refresh_tokens::session_id.eq(session),
            refresh_tokens::issued_at.eq(now),
        ))
        .execute(connection)?;
    Ok(())
}

fn forget(connection: &mut Connection, account_id: i32, now: i64) -> Result<()> {
    let over: Vec<String> = sessions::table
        .filter(sessions::account_id.eq(account_id))
        .filter(sessions::expires_at.le(now))
        .select(sessions::id)
        .load(connection)?;
    for id in over {
        diesel::delete(refresh_tokens::table.filter(refresh_tokens::session_id.eq(&id)))
            .execute(connection)?;
        diesel::delete(sessions::table.find(&id)).execute(connection)?;
    }
    Ok(())
}

fn places(connection: &mut Connection, account_id: i32) -> Result<Vec<Place>> {
    let rows: Vec<(i32, String, String, String, Option<i64>)> = memberships::table
        .inner_join(organizations::table.on(organizations::id.eq(memberships::organization_id)))
        .filter(memberships::account_id.eq(account_id))
        .order(organizations::code_key)
        .select((
            organizations::id,
            organizations::code,
            organizations::name,
            memberships::role,
            organizations::suspended_at,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(organization_id, code, name, role, suspended_at)| {
            Ok(Place {
                organization_id,
                code,
                name,
                role: Role::parse(&role).ok_or_else(|| Error::internal(format!("'{role}' is not a role")))?,
                is_suspended: suspended_at.is_some(),
            })
        })
        .collect()
}

/// The place that a session was opened for, as long as it is still there and nobody is suspended.
fn standing(connection: &mut Connection, account_id: i32, organization_id: i32) -> Result<Option<Place>> {
    use super::schema::accounts;
    let active: i64 = accounts::table
        .filter(accounts::id.eq(account_id))
        .filter(accounts::suspended_at.is_null())
        .count()
        .get_result(connection)?;
    if active == 0 {
        return Ok(None);
    }
    Ok(places(connection, account_id)?
        .into_iter()
        .find(|place| place.organization_id == organization_id && !place.is_suspended))
}

#[derive(Debug, PartialEq, Eq)]
enum Choice<'a> {
    One(&'a Place),
    None,
    Several(Vec<String>),
}

/// Which organization a sign-in is for: the one that was named, or the only one there is.
fn choose<'a>(places: &'a [Place], named: Option<&str>) -> Choice<'a> {
    let mut active = places.iter().filter(|place| !place.is_suspended);
    let codes = || {
        let active = places.iter().filter(|place| !place.is_suspended);
        Choice::Several(active.map(|place| place.code.clone()).collect())
    };
    let Some(named) = named else {
        return match (active.next(), active.next()) {
            (Some(only), None) => Choice::One(only),
            (Some(_), Some(_)) => codes(),
            (None, _) => Choice::None,
        };
    };
    match places.iter().find(|place| place.code.eq_ignore_ascii_case(named)) {
        Some(place) if !place.is_suspended => Choice::One(place),
        Some(_) => Choice::None,
        None if active.next().is_none() => Choice::None,
        None => codes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(organization_id: i32, code: &str, is_suspended: bool) -> Place {
        Place {
            organization_id,
            code: code.into(),
            name: code.into(),
            role: Role::Viewer,
            is_suspended,
        }
    }

    #[test]
    fn the_only_organization_need_not_be_named() {
        let places = [place(1, "Library", false), place(2, "club", true)];
        assert_eq!(choose(&places, None), Choice::One(&places[0]));
        assert_eq!(choose(&places, Some("library")), Choice::One(&places[0]));
    }

    #[test]
    fn several_are_told_by_their_codes() {
        let places = [place(1, "club", false), place(2, "library", false)];
        let several = Choice::Several(vec!["club".into(), "library".into()]);
        assert_eq!(choose(&places, None), several);
        assert_eq!(choose(&places, Some("school")), several);
        assert_eq!(choose(&places, Some("library")), Choice::One(&places[1]));
    }

    #[test]
    fn a_suspended_organization_is_as_good_as_none() {
        let places = [place(1, "club", true)];
        assert_eq!(choose(&places, None), Choice::None);
        assert_eq!(choose(&places, Some("club")), Choice::None);
        assert_eq!(choose(&places, Some("school")), Choice::None);
        assert_eq!(choose(&[], None), Choice::None);
    }
}
