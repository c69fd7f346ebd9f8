//! API keys: how programs of an organization come in.

use diesel::prelude::*;
use serde_json::json;

use super::connection::Connection;
use super::own::own;
use super::schema::{api_keys, coalitions, partners};
use super::{Read, Write, audit};
use crate::auth::{Actor, ApiScope, InOrganization, MayWrite};
use crate::domain::audit::Action;
use crate::error::{Error, Result};

/// An API key, without its secret.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How its secret begins.
    pub prefix: String,
    /// What it may be used for.
    pub scopes: Vec<ApiScope>,
    /// The code of the one coalition it works in, if it is bound to one.
    pub coalition: Option<String>,
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// When it was revoked, if it was.
    pub revoked_at: Option<i64>,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How its secret begins.
    pub prefix: String,
    /// The hash of its secret.
    pub secret_hash: String,
    /// What it may be used for.
    pub scopes: Vec<ApiScope>,
    /// The code of the one coalition it is to work in.
    pub coalition: Option<String>,
    /// The account that makes it.
    pub created_by: i32,
}

type Row = (String, String, String, String, Option<String>, i64, Option<i64>);

fn key((id, name, prefix, scopes, coalition, created_at, revoked_at): Row) -> ApiKey {
    ApiKey {
        id,
        name,
        prefix,
        scopes: scopes.split(' ').filter_map(ApiScope::parse).collect(),
        coalition,
        created_at,
        revoked_at,
    }
}

/// The organization's keys, newest first, after the given time and id, at most `limit`.
pub fn list<S: InOrganization>(
    tx: &mut Read<'_, S>,
    after: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<ApiKey>> {
    let mut query = api_keys::table
        .left_join(coalitions::table.on(coalitions::id.nullable().eq(api_keys::coalition_id)))
        .filter(own!(api_keys::organization_id, tx.tenant().organization_id()))
        .order((api_keys::created_at.desc(), api_keys::id.desc()))
        .limit(limit)
        .select((
            api_keys::id,
            api_keys::name,
            api_keys::prefix,
            api_keys::scopes,
            coalitions::code.nullable(),
            api_keys::created_at,
            api_keys::revoked_at,
        ))
        .into_boxed();
    if let Some((created_at, id)) = after.cloned() {
        let earlier = api_keys::created_at.lt(created_at);
        let same = api_keys::created_at.eq(created_at);
        query = query.filter(earlier.or(same.and(api_keys::id.lt(id))));
    }
    let rows: Vec<Row> = query.load(tx.connection)?;
    Ok(rows.into_iter().map(key).collect())
}

/// Makes a key; a coalition has to be one that the organization is active in.
pub fn create<S: InOrganization + MayWrite>(tx: &mut Write<'_, S>, new: &NewApiKey) -> Result<ApiKey> {
    let (organization_id, now) = (tx.tenant().organization_id(), tx.recorded_at());
    let bound = match &new.coalition {
        Some(code) => Some(find_coalition(tx.connection, organization_id, code)?),
        None => None,
    };
    let (coalition_id, coalition) = bound.unzip();
    let words: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::id.eq(&new.id),
            api_keys::organization_id.eq(organization_id),
            api_keys::reach.eq(if coalition_id.is_some() {
                "coalition"
            } else {
                "organization"
            }),
            api_keys::coalition_id.eq(coalition_id),
            api_keys::name.eq(&new.name),
            api_keys::prefix.eq(&new.prefix),
            api_keys::secret_hash.eq(&new.secret_hash),
            api_keys::scopes.eq(words.join(" ")),
            api_keys::created_by.eq(new.created_by),
            api_keys::created_at.eq(now),
        ))
        .execute(tx.connection)?;
    let details = json!({"name": new.name, "scopes": new.scopes, "coalition": coalition});
    audit::record(tx, Action::ApiKeyCreated, Actor::Key(new.id.clone()), &details)?;
    Ok(ApiKey {
        id: new.id.clone(),
        name: new.name.clone(),
        prefix: new.prefix.clone(),
        scopes: new.scopes.clone(),
        coalition,
        created_at: now,
        revoked_at: None,
    })
}

fn find_coalition(connection: &mut Connection, organization_id: i32, code: &str) -> Result<(i32, String)> {
    coalitions::table
        .inner_join(partners::table.on(partners::coalition_id.eq(coalitions::id)))
        .filter(coalitions::code_key.eq(code.to_ascii_lowercase()))
        .filter(own!(partners::organization_id, organization_id))
        .filter(partners::state.eq("active"))
        .select((coalitions::id, coalitions::code))
        .first(connection)
        .optional()?
        .ok_or_else(|| {
            Error::invalid(
                "/coalition",
                "unknown_coalition",
                format!("your organization is not part of a coalition '{code}': it has to have joined first"),
            )
        })
}

/// Revokes a key of the organization; one that was revoked before stays so.
pub fn delete<S: InOrganization + MayWrite>(tx: &mut Write<'_, S>, id: &str) -> Result<()> {
    let (organization_id, now) = (tx.tenant().organization_id(), tx.recorded_at());
    let own = api_keys::table
        .filter(own!(api_keys::organization_id, organization_id))
        .filter(api_keys::id.eq(id));
    let revoked = diesel::update(own.filter(api_keys::revoked_at.is_null()))
        .set(api_keys::revoked_at.eq(now))
        .execute(tx.connection)?;
    let existing: i64 = own.count().get_result(tx.connection)?;
    if existing == 0 {
        return Err(Error::NotFound);
    }
    if revoked > 0 {
        audit::record(tx, Action::ApiKeyRevoked, Actor::Key(id.to_owned()), &json!({}))?;
    }
    Ok(())
}
