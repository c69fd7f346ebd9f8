//! Invitations: how a person comes into an organization. One without an address is the claim of an organization that
//! a backbone brought in.

use diesel::prelude::*;
use serde_json::json;

use super::accounts::{Joining, email_key, settle};
use super::connection::Connection;
use super::own::own;
use super::schema::{invitations, organizations as tenants};
use super::{Read, System, Write, audit, members, organizations, reach};
use crate::auth::{Actor, InOrganization, MayWrite, Role};
use crate::domain::audit::{Action, Chain};
use crate::error::{Error, Result};

/// An invitation holds this long, in microseconds: 7 days.
pub const LIFETIME: i64 = 7 * DAY;
/// The claim of an organization that a backbone brought in holds longer, since nobody there may know of Cairn yet.
pub const CLAIM_LIFETIME: i64 = 90 * DAY;
const DAY: i64 = 24 * 3_600 * 1_000_000;

/// An invitation, without its token.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Its id.
    pub id: String,
    /// Whom it invites; `None` for a claim.
    pub email: Option<String>,
    /// Into which role.
    pub role: Role,
    /// Since when, in microseconds.
    pub created_at: i64,
    /// Until when, in microseconds.
    pub expires_at: i64,
    /// What has become of it.
    pub state: State,
}

/// What has become of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It may be accepted.
    Pending,
    /// It was.
    Accepted,
    /// It was withdrawn.
    Revoked,
    /// It is too old.
    Expired,
}

/// An invitation to be made.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Its id.
    pub id: String,
    /// Whom it invites; nobody by name for the claim of an organization.
    pub email: Option<String>,
    /// Into which role.
    pub role: Role,
    /// The hash of its token.
    pub token_hash: String,
}

/// What accepting an invitation led to.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The organization's code.
    pub code: String,
    /// The organization's name.
    pub name: String,
    /// The member's address.
    pub email: String,
    /// The member's role.
    pub role: Role,
}

type Row = (String, Option<String>, String, i64, i64, Option<i64>, Option<i64>);
type Columns = (
    invitations::id,
    invitations::email,
    invitations::role,
    invitations::created_at,
    invitations::expires_at,
    invitations::accepted_at,
    invitations::revoked_at,
);
const COLUMNS: Columns = (
    invitations::id,
    invitations::email,
    invitations::role,
    invitations::created_at,
    invitations::expires_at,
    invitations::accepted_at,
    invitations::revoked_at,
);

fn invitation(row: Row, now: i64) -> Result<Invitation> {
    let (id, email, role, created_at, expires_at, accepted_at, revoked_at) = row;
    Ok(Invitation {
        id,
        email,
        role: role_of(&role)?,
        created_at,
        expires_at,
        state: match (accepted_at, revoked_at) {
            (Some(_), _) => State::Accepted,
            (None, Some(_)) => State::Revoked,
            (None, None) if expires_at <= now => State::Expired,
            (None, None) => State::Pending,
        },
    })
}

fn role_of(text: &str) -> Result<Role> {
    Role::parse(text).ok_or_else(|| Error::internal(format!("'{text}' is not a role")))
}

/// The organization's invitations, newest first, after the given time and id, at most `limit`.
pub fn list<S: InOrganization>(
    tx: &mut Read<'_, S>,
    after: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<Invitation>> {
    let now = tx.clock().now();
    let mut query = invitations::table
        .filter(own!(invitations::organization_id, tx.tenant().organization_id()))
        .order((invitations::created_at.desc(), invitations::id.desc()))
        .limit(limit)
        .select(COLUMNS)
        .into_boxed();
    if let Some((created_at, id)) = after.cloned() {
        let earlier = invitations::created_at.lt(created_at);
        let same = invitations::created_at.eq(created_at);
        query = query.filter(earlier.or(same.and(invitations::id.lt(id))));
    }
    let rows: Vec<Row> = query.load(tx.connection)?;
    rows.into_iter().map(|row| invitation(row, now)).collect()
}

/// Invites a person who is neither a member nor invited already.
pub fn create<S: InOrganization + MayWrite>(
    tx: &mut Write<'_, S>,
    new: &NewInvitation,
) -> Result<Invitation> {
    let (organization_id, now) = (tx.tenant().organization_id(), tx.recorded_at());
    organizations::lock(tx.connection, organization_id)?;
    if let Some(email) = &new.email {
        refuse_known(tx.connection, organization_id, email, now)?;
    }
    let made = insert(tx.connection, organization_id, new, now)?;
    let (subject, details) = (subject(&made.id), json!({"role": made.role}));
    audit::record(tx, Action::InvitationCreated, subject, &details)?;
    Ok(made)
}

/// An invitation as the audit log names it: not by the address of whom it invites.
fn subject(id: &str) -> String {
    format!("invitation:{id}")
}

/// Refuses an address that is a member or invited already.
fn refuse_known(connection: &mut Connection, organization_id: i32, email: &str, now: i64) -> Result<()> {
    if members::is_member(connection, organization_id, email)? {
        return Err(Error::conflict(
            "already_member",
            format!("{email} is a member already: change the role instead"),
        ));
    }
    if is_invited(connection, organization_id, email, now)? {
        return Err(Error::conflict(
            "already_invited",
            format!("{email} is invited already: withdraw that invitation to make a new one"),
        ));
    }
    Ok(())
}

fn is_invited(connection: &mut Connection, organization_id: i32, email: &str, now: i64) -> Result<bool> {
    let addresses: Vec<Option<String>> = invitations::table
        .filter(own!(invitations::organization_id, organization_id))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.gt(now))
        .select(invitations::email)
        .load(connection)?;
    let key = email_key(email);
    Ok(addresses
        .iter()
        .flatten()
        .any(|address| email_key(address) == key))
}

/// A new invitation, or, where it names nobody, the claim of an organization.
pub(in crate::store) fn insert(
    connection: &mut Connection,
    organization_id: i32,
    new: &NewInvitation,
    now: i64,
) -> Result<Invitation> {
    let lifetime = if new.email.is_some() {
        LIFETIME
    } else {
        CLAIM_LIFETIME
    };
    diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(&new.id),
            invitations::organization_id.eq(organization_id),
            invitations::email.eq(&new.email),
            invitations::role.eq(new.role.as_str()),
            invitations::token_hash.eq(&new.token_hash),
            invitations::created_at.eq(now),
            invitations::expires_at.eq(now + lifetime),
        ))
        .execute(connection)?;
    Ok(Invitation {
        id: new.id.clone(),
        email: new.email.clone(),
        role: new.role,
        created_at: now,
        expires_at: now + lifetime,
        state: State::Pending,
    })
}

/// Withdraws an invitation of the organization, unless it was accepted.
pub fn delete<S: InOrganization + MayWrite>(tx: &mut Write<'_, S>, id: &str) -> Result<()> {
    let (organization_id, now) = (tx.tenant().organization_id(), tx.recorded_at());
    let own = invitations::table
        .filter(own!(invitations::organization_id, organization_id))
        .filter(invitations::id.eq(id));
    let revoked = diesel::update(own.filter(invitations::accepted_at.is_null()))
        .set(invitations::revoked_at.eq(now))
        .execute(tx.connection)?;
    if revoked > 0 {
        return audit::record(tx, Action::InvitationWithdrawn, subject(id), &json!({}));
    }
    let accepted: i64 = own.count().get_result(tx.connection)?;
    if accepted == 0 {
        return Err(Error::NotFound);
    }
    Err(Error::conflict(
        "already_accepted",
        "the invitation was accepted: remove the member instead",
    ))
}

/// What a pending invitation is for.
#[derive(Clone, Debug)]
pub struct Pointed {
    /// Whom it invites; nobody in particular where an organization is claimed.
    pub email: Option<String>,
    /// The code of the organization.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// What the token of a pending invitation is for; `None` for any other token.
pub fn find_by_token(tx: &mut System<'_>, token_hash: &str) -> Result<Option<Pointed>> {
    Ok(pending(tx, token_hash)?.map(|found| Pointed {
        email: found.email,
        code: found.code,
        name: found.name,
    }))
}

struct Pending {
    id: String,
    email: Option<String>,
    role: Role,
    organization_id: i32,
    code: String,
    name: String,
}

fn pending(tx: &mut System<'_>, token_hash: &str) -> Result<Option<Pending>> {
    let now = tx.now();
    reach::know(tx.connection, token_hash)?;
    let row: Option<(String, Option<String>, String, i32, String, String)> = invitations::table
        .inner_join(tenants::table.on(tenants::id.eq(invitations::organization_id)))
        .filter(invitations::token_hash.eq(token_hash))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.gt(now))
        .filter(tenants::suspended_at.is_null())
        .select((
            invitations::id,
            invitations::email,
            invitations::role,
            tenants::id,
            tenants::code,
            tenants::name,
        ))
        .first(tx.connection)
        .optional()?;
    row.map(|(id, email, role, organization_id, code, name)| {
        Ok(Pending {
            id,
            email,
            role: role_of(&role)?,
            organization_id,
            code,
            name,
        })
    })
    .transpose()
}

/// Accepts the invitation of a token for somebody; `None` where it is not, or no longer, pending.
pub fn accept(tx: &mut System<'_>, token_hash: &str, joining: &Joining) -> Result<Option<Accepted>> {
    let now = tx.now();
    let Some(found) = pending(tx, token_hash)? else {
        return Ok(None);
    };
    let open = invitations::table
        .filter(invitations::id.eq(&found.id))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null());
    let taken = diesel::update(open)
        .set(invitations::accepted_at.eq(now))
        .execute(tx.connection)?;
    if taken == 0 {
        return Ok(None);
    }
    let (account_id, email) = settle(tx.connection, joining, now)?;
    if members::is_member(tx.connection, found.organization_id, &email)? {
        return Err(Error::conflict(
            "already_member",
            format!("{email} is a member of {} already", found.name),
        ));
    }
    members::create(tx.connection, found.organization_id, account_id, found.role, now)?;
    let (actor, chain) = (
        Actor::Account(account_id),
        Chain::Organization(found.organization_id),
    );
    let details = json!({"role": found.role, "invitation": found.id});
    let what = (Action::MemberJoined, actor.to_string(), &details);
    audit::append(tx.connection, now, &actor, chain, what)?;
    Ok(Some(Accepted {
        code: found.code,
        name: found.name,
        email,
        role: found.role,
    }))
}
