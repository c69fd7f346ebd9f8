//! Reading the audit log: an organization's part, and a coalition's.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::Read;
use super::actors::{ActorName, find_names};
use super::connection::Connection;
use super::own::own;
use super::schema::{audit_log, memberships};
use crate::auth::{Actor, InCoalition, InOrganization};
use crate::domain::audit::{Action, Chain};
use crate::error::Result;

/// A row of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place in its chain, from 1.
    pub sequence: i64,
    /// When, in microseconds.
    pub recorded_at: i64,
    /// Who, as it is written down.
    pub actor: String,
    /// The name of who it was, while there is one; the address only of those who are members of the asker's
    /// organization.
    pub name: Option<ActorName>,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// How, as JSON.
    pub details: String,
    /// The row's checksum.
    pub sha256: String,
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only what this one did.
    pub actor: Option<Actor>,
    /// Only this.
    pub action: Option<Action>,
    /// Only from this instant on, in microseconds.
    pub since: Option<i64>,
    /// Only before this instant, in microseconds.
    pub until: Option<i64>,
    /// Only rows before this one.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

/// What concerns the caller's organization, newest first.
pub fn list_of_organization<S: InOrganization>(tx: &mut Read<'_, S>, filter: &Filter) -> Result<Vec<Entry>> {
    let chain = Chain::Organization(tx.tenant().organization_id());
    list(tx, chain, filter)
}

/// What concerns the coalition, newest first.
pub fn list_of_coalition<S: InCoalition>(tx: &mut Read<'_, S>, filter: &Filter) -> Result<Vec<Entry>> {
    let chain = Chain::Coalition(tx.tenant().coalition_id());
    list(tx, chain, filter)
}

type Row = (i64, i64, String, String, String, String, String);

fn list<S: InOrganization>(tx: &mut Read<'_, S>, chain: Chain, filter: &Filter) -> Result<Vec<Entry>> {
    use audit_log as l;
    let (coalition_id, organization_id) = chain.ids();
    let mut query = l::table
        .filter(own!(l::coalition_id, coalition_id))
        .filter(own!(l::organization_id, organization_id))
        .order(l::sequence.desc())
        .limit(filter.limit)
        .select((
            l::sequence,
            l::recorded_at,
            l::actor,
            l::action,
            l::subject,
            l::details,
            l::sha256,
        ))
        .into_boxed();
    if let Some(actor) = &filter.actor {
        query = query.filter(l::actor.eq(actor.to_string()));
    }
    if let Some(action) = filter.action {
        query = query.filter(l::action.eq(action.as_str()));
    }
    if let Some(since) = filter.since {
        query = query.filter(l::recorded_at.ge(since));
    }
    if let Some(until) = filter.until {
        query = query.filter(l::recorded_at.lt(until));
    }
    if let Some(before) = filter.before {
        query = query.filter(l::sequence.lt(before));
    }
    let rows: Vec<Row> = query.load(tx.connection)?;
    let own = tx.tenant().organization_id();
    let names = names(tx.connection, own, &rows)?;
    Ok(rows
        .into_iter()
        .map(
            |(sequence, recorded_at, actor, action, subject, details, sha256)| Entry {
                sequence,
                recorded_at,
                name: names.get(&actor).cloned(),
                actor,
                action,
                subject,
                details,
                sha256,
            },
        )
        .collect())
}

fn names(connection: &mut Connection, own: i32, rows: &[Row]) -> Result<HashMap<String, ActorName>> {
    let actors: HashSet<&str> = rows.iter().map(|row| row.2.as_str()).collect();
    let members: HashSet<String> = memberships::table
        .filter(own!(memberships::organization_id, own))
        .select(memberships::account_id)
        .load(connection)?
        .into_iter()
        .map(|id| Actor::Account(id).to_string())
        .collect();
    let mut names = find_names(connection, actors.into_iter())?;
    for (actor, name) in &mut names {
        name.email = name.email.take().filter(|_| members.contains(actor));
    }
    Ok(names)
}
