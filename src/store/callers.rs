//! What the database says, at this moment, of whoever presents a credential. This is asked for every request: so statements
//! are given to the database that is there (`each!`), which knows them by their type and does not write them anew.

use diesel::prelude::*;

use super::connection::each;
use super::own::own;
use super::schema::{
    accounts, api_keys, coalition_clock, coalitions, memberships, organizations, partners, sessions,
};
use super::{System, Version, reach};
use crate::auth::{ApiScope, Credential, Identity, Place, Role};
use crate::error::{Error, Result};

/// A caller whose credential holds and who is not suspended.
pub struct FoundCaller {
    /// The organization that the credential is for.
    pub organization_id: i32,
    /// The caller's role in it; a key acts as an editor.
    pub role: Role,
    /// Who it is.
    pub identity: Identity,
}

impl FoundCaller {
    fn narrowed_to(mut self, allowed: &[ApiScope]) -> Self {
        if let Identity::Key { scopes, .. } = &mut self.identity {
            scopes.retain(|scope| allowed.contains(scope));
        }
        self
    }
}

/// An organization's place in a coalition.
pub struct FoundPlace {
    /// The coalition.
    pub coalition_id: i32,
    /// Its code, as registered.
    pub code: String,
    /// The organization's place.
    pub place: Place,
    /// The coalition's state at that moment.
    pub version: Version,
}

/// The API keys that hold, as [`KeyRow`].
macro_rules! keys_in_use {
    () => {
        api_keys::table
            .inner_join(organizations::table.on(organizations::id.eq(api_keys::organization_id)))
            .filter(api_keys::revoked_at.is_null())
            .filter(organizations::suspended_at.is_null())
            .select((
                api_keys::id,
                api_keys::organization_id,
                api_keys::coalition_id,
                api_keys::scopes,
            ))
    };
}

/// The coalition's id and code, role and state in it, its revision and when that was written.
type PlaceRow = (i32, String, String, String, i64, i64);

/// The columns of a [`PlaceRow`].
macro_rules! place_columns {
    () => {
        (
            coalitions::id,
            coalitions::code,
            partners::role,
            partners::state,
            coalition_clock::revision,
            coalition_clock::written_at,
        )
    };
}

/// A caller and, where that was asked for, its organization's place in a coalition.
pub type Found = (FoundCaller, Option<FoundPlace>);

/// The caller behind a credential and, where the code of a coalition is given, its organization's place there.
pub fn find(tx: &mut System<'_>, credential: &Credential, coalition: Option<&str>) -> Result<Option<Found>> {
    let found = match credential {
        Credential::Session {
            organization_id,
            account_id,
            session,
        } => return find_session(tx, *organization_id, *account_id, session, coalition),
        Credential::Key { id, scopes } => {
            let query = keys_in_use!().filter(api_keys::id.eq(id));
            let row: Option<KeyRow> = each!(tx.connection, c => query.get_result(c)).optional()?;
            row.map(|row| read_key(row).narrowed_to(scopes))
        }
        Credential::KeyHash(hash) => {
            let query = keys_in_use!().filter(api_keys::secret_hash.eq(hash));
            let row: Option<KeyRow> = each!(tx.connection, c => query.get_result(c)).optional()?;
            row.map(read_key)
        }
    };
    let Some(caller) = found else { return Ok(None) };
    let place = match coalition {
        Some(code) => find_place(tx, caller.organization_id, code)?,
        None => None,
    };
    Ok(Some((caller, place)))
}

/// The sessions that go on, with who may sign in to what.
macro_rules! sessions_that_hold {
    ($organization_id:expr, $account_id:expr, $session:expr, $now:expr) => {
        sessions::table
            .inner_join(accounts::table.on(accounts::id.eq(sessions::account_id)))
            .inner_join(organizations::table.on(organizations::id.eq(sessions::organization_id)))
            .inner_join(
                memberships::table.on(memberships::organization_id
                    .eq(sessions::organization_id)
                    .and(memberships::account_id.eq(sessions::account_id))),
            )
            .filter(sessions::id.eq($session))
            .filter(sessions::account_id.eq($account_id))
            .filter(sessions::organization_id.eq($organization_id))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::expires_at.gt($now))
            .filter(accounts::suspended_at.is_null())
            .filter(organizations::suspended_at.is_null())
    };
}

/// In one statement with the place, since that is most of what is asked.
fn find_session(
    tx: &mut System<'_>,
    organization_id: i32,
    account_id: i32,
    session: &str,
    coalition: Option<&str>,
) -> Result<Option<Found>> {
    let sessions = sessions_that_hold!(organization_id, account_id, session, tx.now());
    let row: Option<(String, Option<PlaceRow>)> = match coalition {
        Some(code) => {
            let query = sessions
                .left_join(coalitions::table.on(coalitions::code_key.eq(code.to_ascii_lowercase())))
                .left_join(
                    partners::table.on(partners::coalition_id
                        .eq(coalitions::id)
                        .and(own!(partners::organization_id, organization_id))),
                )
                .left_join(
                    coalition_clock::table.on(coalition_clock::coalition_id.eq(partners::coalition_id)),
                )
                .select((memberships::role, place_columns!().nullable()));
            each!(tx.connection, c => query.get_result(c)).optional()?
        }
        None => {
            let query = sessions.select(memberships::role);
            let role: Option<String> = each!(tx.connection, c => query.get_result(c)).optional()?;
            role.map(|role| (role, None))
        }
    };
    let Some((role, place)) = row else { return Ok(None) };
    let caller = FoundCaller {
        organization_id,
        role: role_of(&role)?,
        identity: Identity::Account {
            id: account_id,
            session: session.to_owned(),
        },
    };
    Ok(Some((caller, place.and_then(read_place))))
}

/// Id, organization, coalition and scopes.
type KeyRow = (String, i32, Option<i32>, String);

fn read_key((id, organization_id, coalition_id, scopes): KeyRow) -> FoundCaller {
    let scopes = scopes.split(' ').filter_map(ApiScope::parse).collect();
    FoundCaller {
        organization_id,
        role: Role::Editor,
        identity: Identity::Key {
            id,
            scopes,
            coalition_id,
        },
    }
}

/// The organization of that code, unless it is suspended.
pub fn find_organization(tx: &mut System<'_>, code: &str) -> Result<Option<i32>> {
    let key = code.to_ascii_lowercase();
    reach::know(tx.connection, &key)?;
    Ok(organizations::table
        .filter(organizations::code_key.eq(key))
        .filter(organizations::suspended_at.is_null())
        .select(organizations::id)
        .get_result(tx.connection)
        .optional()?)
}

/// An organization's place in the coalition of that code; `None` where it has none, or has left.
pub fn find_place(tx: &mut System<'_>, organization_id: i32, code: &str) -> Result<Option<FoundPlace>> {
    reach::work_for(tx.connection, &[organization_id])?;
    let query = coalitions::table
        .inner_join(partners::table.on(partners::coalition_id.eq(coalitions::id)))
        .inner_join(coalition_clock::table.on(coalition_clock::coalition_id.eq(coalitions::id)))
        .filter(coalitions::code_key.eq(code.to_ascii_lowercase()))
        .filter(own!(partners::organization_id, organization_id))
        .select(place_columns!());
    let row: Option<PlaceRow> = each!(tx.connection, c => query.get_result(c)).optional()?;
    Ok(row.and_then(read_place))
}

fn read_place((coalition_id, code, role, state, revision, written_at): PlaceRow) -> Option<FoundPlace> {
    let place = match (state.as_str(), role.as_str()) {
        ("invited", _) => Place::Invited,
        ("active", "backbone") => Place::Backbone,
        ("active", "partner") => Place::Partner,
        ("active", "observer") => Place::Observer,
        _ => return None,
    };
    Some(FoundPlace {
        coalition_id,
        code,
        place,
        version: Version { revision, written_at },
    })
}

fn role_of(text: &str) -> Result<Role> {
    Role::parse(text).ok_or_else(|| Error::internal(format!("'{text}' is not a role")))
}
