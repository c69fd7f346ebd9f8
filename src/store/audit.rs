//! Writing the audit log: a change and its row are one transaction. Whoever changes who may do what, the shared schema,
//! targets, locks, reviews or sharing calls [`record`], or where there is no tenant [`append`].

use std::fmt::Display;

use diesel::prelude::*;
use serde_json::Value;

use super::Write;
use super::connection::{Connection, each};
use super::schema::{audit_heads, audit_log};
use crate::auth::{Actor, InCoalition, InOrganization, MayWrite, Tenant};
use crate::domain::audit::{Action, BEGINNING, Chain, Row};
use crate::error::Result;

/// Writes down what the caller does: in the coalition's chain where it acts in a coalition, else in its
/// organization's. A subject is a noun and its code or id, such as `measure:VISITS`. Details name no secret and no
/// person's address.
pub fn record<S: InOrganization + MayWrite>(
    tx: &mut Write<'_, S>,
    action: Action,
    subject: impl Display,
    details: &Value,
) -> Result<()> {
    let chain = chain_of(tx.tenant());
    record_in(tx, chain, action, subject, details)
}

/// Writes down what becomes of an organization's place in a coalition: in the coalition's chain, and in the chain of
/// that organization, whose admins see no other.
pub fn record_place<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    action: Action,
    (organization_id, organization): (i32, &str),
    details: &Value,
) -> Result<()> {
    record(tx, action, format!("organization:{organization}"), details)?;
    let coalition = super::coalitions::find_code(tx)?;
    let (chain, subject) = (
        Chain::Organization(organization_id),
        format!("coalition:{coalition}"),
    );
    record_in(tx, chain, action, subject, details)
}

/// Writes down what the caller does in a chain that it is not in itself.
pub(in crate::store) fn record_in<S: InOrganization + MayWrite>(
    tx: &mut Write<'_, S>,
    chain: Chain,
    action: Action,
    subject: impl Display,
    details: &Value,
) -> Result<()> {
    let (at, actor) = (tx.recorded_at(), tx.tenant().actor());
    append(tx.connection, at, &actor, chain, (action, subject, details))
}

fn chain_of<S: InOrganization>(tenant: &S) -> Chain {
    let own = Chain::Organization(tenant.organization_id());
    Tenant::locks(tenant).map_or(own, Chain::Coalition)
}

/// Adds a row to a chain. Where two transactions do so, the later one waits at the chain's head for the earlier.
pub(in crate::store) fn append(
    connection: &mut Connection,
    recorded_at: i64,
    actor: &Actor,
    chain: Chain,
    (action, subject, details): (Action, impl Display, &Value),
) -> Result<()> {
    let (sequence, previous) = take_turn(connection, chain)?;
    let row = Row {
        chain,
        sequence,
        recorded_at,
        actor: actor.to_string(),
        action: action.to_string(),
        subject: subject.to_string(),
        details: details.to_string(),
    };
    let sha256 = row.checksum(&previous);
    insert(connection, &row, &sha256)?;
    diesel::update(audit_heads::table.find(chain.ids()))
        .set(audit_heads::sha256.eq(&sha256))
        .execute(connection)?;
    Ok(())
}

/// The place of the next row, and the checksum that it follows.
fn take_turn(connection: &mut Connection, chain: Chain) -> Result<(i64, String)> {
    use audit_heads as h;
    let (coalition_id, organization_id) = chain.ids();
    Ok(each!(connection, c => diesel::insert_into(h::table)
        .values((
            h::coalition_id.eq(coalition_id),
            h::organization_id.eq(organization_id),
            h::sequence.eq(1),
            h::sha256.eq(BEGINNING),
        ))
        .on_conflict((h::coalition_id, h::organization_id))
        .do_update()
        .set(h::sequence.eq(h::sequence + 1))
        .returning((h::sequence, h::sha256))
        .get_result(c))?)
}

fn insert(connection: &mut Connection, row: &Row, sha256: &str) -> Result<()> {
    use audit_log as l;
    let (coalition_id, organization_id) = row.chain.ids();
    diesel::insert_into(l::table)
        .values((
            l::coalition_id.eq(coalition_id),
            l::organization_id.eq(organization_id),
            l::sequence.eq(row.sequence),
            l::recorded_at.eq(row.recorded_at),
            l::actor.eq(&row.actor),
            l::action.eq(&row.action),
            l::subject.eq(&row.subject),
            l::details.eq(&row.details),
            l::sha256.eq(sha256),
        ))
        .execute(connection)?;
    Ok(())
}
