//! Roles of PostgreSQL by which other programs read the views of the schema `reporting`, one for each coalition.
//!
//! A role may read those views and nothing else: it has no right on any table, and the views show the one coalition
//! that is written down beside its name. They hide nothing that the backbone sees, so a role is for the backbone alone.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::connection::Connection;
use super::schema::{coalitions, roles};
use super::{System, audit};
use crate::auth::{Actor, Secret};
use crate::checksum::hexadecimal;
use crate::domain::audit::{Action, Chain};
use crate::error::{Error, Result};

/// What a role may read.
const VIEWS: [&str; 10] = [
    "coalition",
    "measures",
    "dimensions",
    "headlines",
    "by_dimension",
    "cells",
    "cell_codes",
    "reference_points",
    "goals",
    "goal_measures",
];

/// The most sessions that a role has at once.
const SESSIONS: u32 = 20;

/// How to sign in to the database.
#[derive(Clone)]
pub struct Grant {
    /// The role's name. It tells nothing of the coalition, since every role can list the names of all.
    pub role: String,
    /// Its password, which is kept nowhere else.
    pub password: Secret,
}

/// Makes the role of a coalition.
pub fn grant(tx: &mut System<'_>, coalition: &str) -> Result<Grant> {
    let now = tx.now();
    let coalition_id = find_coalition(tx, coalition)?;
    let connection = postgres(tx)?;
    if let Some(role) = find_role(connection, coalition_id)? {
        return Err(Error::conflict(
            "already_granted",
            format!(
                "{coalition} has the role {role} already: revoke it first, and grant anew for another password"
            ),
        ));
    }
    let grant = Grant {
        role: format!("cairn_reporting_{}", hexadecimal(&crate::auth::random::<8>()?)),
        password: Secret::generate("reporting")?,
    };
    diesel::insert_into(roles::table)
        .values((
            roles::role_name.eq(&grant.role),
            roles::coalition_id.eq(coalition_id),
            roles::created_at.eq(now),
        ))
        .execute(connection)
        .map_err(refused)?;
    connection.batch_execute(&statements(&grant)).map_err(refused)?;
    record(tx, coalition_id, Action::ReportingGranted, &grant.role)?;
    Ok(grant)
}

/// Takes the role of a coalition away, and answers its name. Sessions that it still has see nothing any more.
pub fn revoke(tx: &mut System<'_>, coalition: &str) -> Result<String> {
    let coalition_id = find_coalition(tx, coalition)?;
    let connection = postgres(tx)?;
    let role = find_role(connection, coalition_id)?
        .ok_or_else(|| Error::conflict("not_granted", format!("{coalition} has no reporting role")))?;
    diesel::delete(roles::table.filter(roles::coalition_id.eq(coalition_id)))
        .execute(connection)
        .map_err(refused)?;
    // A database that was restored elsewhere has the row, and its server no such role.
    let statements = format!(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN \
         REVOKE ALL ON ALL TABLES IN SCHEMA reporting FROM {role}; REVOKE ALL ON SCHEMA reporting FROM {role}; \
         EXECUTE format('REVOKE ALL ON DATABASE %I FROM {role}', current_database()); \
         DROP ROLE {role}; END IF; END $$"
    );
    connection.batch_execute(&statements).map_err(refused)?;
    record(tx, coalition_id, Action::ReportingRevoked, &role)?;
    Ok(role)
}

fn record(tx: &mut System<'_>, coalition_id: i32, action: Action, role: &str) -> Result<()> {
    let (now, chain) = (tx.now(), Chain::Coalition(coalition_id));
    let what = (action, format!("role:{role}"), &serde_json::json!({}));
    audit::append(tx.connection, now, &Actor::Operator, chain, what)
}

/// Before PostgreSQL 15 everybody could put functions of their own where Cairn's queries would find them; a stranger to
/// the tables must not. Names and passwords are of letters, digits, `_` and `-` only, which is why they can stand in a statement.
fn statements(Grant { role, password }: &Grant) -> String {
    let views = VIEWS.map(|view| format!("reporting.{view}")).join(", ");
    format!(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; \
         CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT {SESSIONS} \
         PASSWORD '{password}'; \
         ALTER ROLE {role} SET default_transaction_read_only = on; \
         ALTER ROLE {role} SET statement_timeout = '60s'; \
         ALTER ROLE {role} SET search_path = reporting; \
         DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO {role}', current_database()); END $$; \
         GRANT USAGE ON SCHEMA reporting TO {role}; GRANT SELECT ON {views} TO {role}",
        password = password.reveal()
    )
}

fn find_coalition(tx: &mut System<'_>, code: &str) -> Result<i32> {
    let found = coalitions::table
        .filter(coalitions::code_key.eq(code.to_ascii_lowercase()))
        .select(coalitions::id)
        .first(tx.connection)
        .optional()
        .map_err(refused)?;
    found.ok_or_else(|| Error::conflict("unknown_coalition", format!("there is no coalition '{code}'")))
}

fn find_role(connection: &mut PgConnection, coalition_id: i32) -> Result<Option<String>> {
    let role = roles::table
        .filter(roles::coalition_id.eq(coalition_id))
        .select(roles::role_name);
    role.first(connection).optional().map_err(refused)
}

fn postgres<'c>(tx: &'c mut System<'_>) -> Result<&'c mut PgConnection> {
    match tx.connection {
        Connection::Postgres(connection) => Ok(connection),
        Connection::Sqlite(_) => Err(Error::conflict(
            "postgresql_only",
            "other programs can sign in to a PostgreSQL database only: a file of SQLite has no roles. \
             Let them read the API instead",
        )),
    }
}

/// The person at the command line is told what the database's user lacks.
fn refused(error: diesel::result::Error) -> Error {
    match &error {
        diesel::result::Error::DatabaseError(_, information)
            if ["permission denied", "must be owner"]
                .iter()
                .any(|text| information.message().starts_with(text)) =>
        {
            Error::Forbidden(format!(
                "the database did not allow it ({}): its user needs the right CREATEROLE, or give this command the \
                 address of one that has it with --database",
                information.message()
            ))
        }
        _ => error.into(),
    }
}
