//! The role that the service signs in to PostgreSQL with: it may work with the tables, owns none of them, and is held by
//! row-level security.

use diesel::connection::SimpleConnection;
use diesel::sql_types::{Bool, Text};
use diesel::{OptionalExtension, PgConnection, QueryableByName, RunQueryDsl, sql_query};

use super::connection::Connection;
use super::{Location, System, postgres};
use crate::error::Result;

/// What the service may do: anything with rows, but for the audit log, to which rows are only added.
const RIGHTS: &str = "GRANT USAGE ON SCHEMA public, tenancy TO {role}; \
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}; \
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}; \
    REVOKE INSERT, UPDATE, DELETE ON __diesel_schema_migrations FROM {role}; \
    REVOKE UPDATE, DELETE ON audit_log FROM {role}; \
    REVOKE DELETE ON audit_heads FROM {role}";

#[derive(QueryableByName)]
struct Role {
    #[diesel(sql_type = Bool)]
    is_above: bool,
    #[diesel(sql_type = Bool)]
    is_owner: bool,
}

/// Lets a role work with the tables of a database whose tables are there. What is wrong is a sentence for the person at
/// the command line: a role that row-level security does not hold is refused.
pub fn grant(location: &Location, role: &str) -> std::result::Result<(), String> {
    let Location::Postgres(url) = location else {
        return Err("a file of SQLite has no roles: leave --service-role out".into());
    };
    let mut opened = postgres::open(url).map_err(|error| error.to_string())?;
    let Connection::Postgres(connection) = &mut opened else {
        return Err("this is no PostgreSQL database".into());
    };
    let found = find(connection, role).map_err(|error| error.to_string())?;
    let found = found.ok_or_else(|| {
        format!("there is no role '{role}': make it first, with CREATE ROLE \"{role}\" LOGIN PASSWORD '...'")
    })?;
    if found.is_above {
        return Err(format!(
            "'{role}' is a superuser or has BYPASSRLS, so the database would keep no tenants apart for it: choose \
             another role"
        ));
    }
    if found.is_owner {
        return Err(format!(
            "'{role}' owns the tables or may act for their owner, so it could switch row-level security off: choose \
             another role"
        ));
    }
    let quoted = format!("\"{}\"", role.replace('"', "\"\""));
    connection
        .batch_execute(&RIGHTS.replace("{role}", &quoted))
        .map_err(|error| format!("the database did not allow it ({error}): its user has to own the tables"))
}

/// The name of the role that is signed in, where row-level security does not hold it.
pub fn find_unheld(tx: &mut System<'_>) -> Result<Option<String>> {
    let Connection::Postgres(connection) = tx.connection else {
        return Ok(None);
    };
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }
    #[expect(clippy::disallowed_methods, reason = "no row of any tenant's is asked for")]
    let Name { name } = sql_query("SELECT current_user::text AS name").get_result(connection)?;
    let found = find(connection, &name)?;
    Ok(found.filter(|role| role.is_above).map(|_| name))
}

fn find(connection: &mut PgConnection, role: &str) -> Result<Option<Role>> {
    let text = "SELECT rolsuper OR rolbypassrls AS is_above, COALESCE(pg_has_role(oid, (SELECT relowner FROM pg_class \
        WHERE oid = to_regclass('public.observations')), 'MEMBER'), FALSE) AS is_owner FROM pg_roles WHERE rolname = $1";
    #[expect(clippy::disallowed_methods, reason = "no row of any tenant's is asked for")]
    let query = sql_query(text).bind::<Text, _>(role);
    Ok(query.get_result(connection).optional()?)
}
