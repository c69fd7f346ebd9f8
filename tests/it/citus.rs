//! `deploy/citus.sql`, against the catalogue of a migrated PostgreSQL, by the rules that Citus has.

use std::collections::BTreeSet;

use cairn::config::Registration;
use diesel::connection::SimpleConnection;

use crate::support::database::{OWNER, TestConnection, is_postgres};
use crate::support::{Template, TestApp};

const RULES: &str = include_str!("citus_rules.sql");
const SPREAD: &str = include_str!("../../deploy/citus.sql");

const TABLES: &str = "SELECT c.oid::regclass::text AS text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind = 'r' AND n.nspname IN ('public', 'reporting') \
    AND c.relname NOT IN ('spread', '__diesel_schema_migrations')";

#[test]
fn every_table_is_spread_once_and_a_coalition_stays_together() {
    if !is_postgres() {
        return;
    }
    let database = Template::migrated().copy();
    let mut connection = database.connect();
    connection.execute(&format!("SET ROLE {OWNER}"));
    connection.execute(RULES);
    connection.execute(SPREAD);
    connection.execute("RESET ROLE");
    let tables: BTreeSet<_> = connection.texts(TABLES).into_iter().collect();
    let spread: BTreeSet<_> = connection
        .texts("SELECT name::text AS text FROM spread")
        .into_iter()
        .collect();
    assert_eq!(spread, tables);
    let mut of_coalitions = connection.texts(
        "SELECT a.attrelid::regclass::text AS text FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid \
         WHERE i.indisprimary AND i.indkey[0] = a.attnum AND a.attname = 'coalition_id'",
    );
    // Chains are of organizations and of the installation too, and are written together with what they tell.
    of_coalitions.retain(|table| !table.starts_with("audit_"));
    let distributed = connection.texts("SELECT name::text AS text FROM spread WHERE NOT is_reference");
    assert_eq!(
        BTreeSet::from_iter(of_coalitions),
        BTreeSet::from_iter(distributed)
    );
    drop(connection);
    // Spreading makes sequences anew.
    database.serve();
    // New organizations and coalitions still get their numbers.
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::open(database, Registration::Open).await;
        crate::support::Coalition::build(&app, "teens-thrive", "riverside").await;
        app.assert_totals().await;
    });
}

#[test]
fn the_rules_refuse_what_citus_would() {
    if !is_postgres() {
        return;
    }
    let database = Template::migrated().copy();
    let TestConnection::Postgres(mut connection) = database.connect() else {
        unreachable!("a PostgreSQL database")
    };
    connection.batch_execute(RULES).unwrap();
    for (statement, refusal) in [
        ("SELECT create_reference_table('organizations')", "not BIGINT"),
        ("SELECT create_reference_table('memberships')", "comes later"),
        (
            "SELECT create_distributed_table('api_keys', 'organization_id')",
            "unique key",
        ),
        (
            "SELECT create_distributed_table('idempotency_keys', 'organization_id')",
            "comes later",
        ),
    ] {
        let error = connection.batch_execute(statement).unwrap_err().to_string();
        assert!(error.contains(refusal), "{statement}: {error}");
    }
}
