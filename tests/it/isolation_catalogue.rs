//! What PostgreSQL itself keeps apart, whatever the service asks: every table, as the role that the service signs in
//! with sees it.

use diesel::{Connection, PgConnection};

use crate::support::database::{TestConnection, is_postgres};
use crate::support::program::text;
use crate::support::{Database, run_with_cast};

/// Every table of the service but the one in which migrations are noted.
const TABLES: &str = "SELECT c.oid::regclass::text AS text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'reporting') \
    AND c.relname <> '__diesel_schema_migrations' ";

/// The service's role, on a connection of its own.
fn service(database: &Database) -> TestConnection {
    let connection = PgConnection::establish(&text(database.location()));
    TestConnection::Postgres(connection.expect("the service's role signs in"))
}

/// Those that the service's role may read.
fn tables(connection: &mut TestConnection) -> Vec<String> {
    connection.texts(&format!("{TABLES} AND n.nspname = 'public' ORDER BY 1"))
}

fn count(connection: &mut TestConnection, table: &str) -> usize {
    let query = format!("SELECT count(*)::text AS text FROM {table}");
    connection.texts(&query)[0].parse().expect("a number")
}

/// The number of a coalition or an organization.
fn id(database: &Database, table: &str, code: &str) -> String {
    let query = format!("SELECT id::text AS text FROM {table} WHERE code_key = '{code}'");
    database.connect().texts(&query).remove(0)
}

#[test]
fn every_table_has_policies_that_hold_its_owner_too() {
    if !is_postgres() {
        return;
    }
    run_with_cast(async |app, _| {
        let mut connection = app.database().connect();
        let open = format!("{TABLES} AND NOT (c.relrowsecurity AND c.relforcerowsecurity)");
        assert_eq!(connection.texts(&open), [""; 0]);
        let all = connection.texts(TABLES);
        assert!(all.len() > 38, "{all:?}");
        // What is read is bound by USING, what is written by WITH CHECK, neither by nothing.
        let loose = "SELECT tablename || ' ' || policyname AS text FROM pg_policies \
            WHERE (cmd <> 'INSERT' AND qual IS NULL) OR (cmd NOT IN ('SELECT', 'DELETE') AND with_check IS NULL) \
            OR qual = 'true' OR with_check = 'true'";
        assert_eq!(connection.texts(loose), [""; 0]);
        let role = "SELECT (rolsuper OR rolbypassrls)::text || ' ' || \
            pg_has_role(oid, (SELECT relowner FROM pg_class WHERE oid = 'observations'::regclass), 'MEMBER')::text AS text \
            FROM pg_roles WHERE rolname = current_user";
        assert_eq!(service(app.database()).texts(role), ["false false"]);
    });
}

#[test]
fn who_says_nothing_sees_nothing_and_writes_nothing() {
    if !is_postgres() {
        return;
    }
    run_with_cast(async |app, cast| {
        let mut whole = app.database().connect();
        let mut connection = service(app.database());
        let home = id(app.database(), "coalitions", &cast.home.code);
        let mut filled = 0;
        for table in tables(&mut whole) {
            filled += usize::from(count(&mut whole, &table) > 0);
            assert_eq!(count(&mut connection, &table), 0, "{table}");
            // Nor does a setting outlive its transaction, however that ends.
            for end in ["COMMIT", "ROLLBACK"] {
                connection.execute(&format!("BEGIN; SET LOCAL cairn.coalition = '{home}'; {end}"));
                assert_eq!(count(&mut connection, &table), 0, "{table} after {end}");
            }
        }
        assert!(filled > 25, "{filled} tables have rows");
        for statement in [
            "INSERT INTO coalitions (code, code_key, name, purpose, fiscal_year_start_month, created_at, updated_at) \
             VALUES ('x', 'x', 'X', '', 1, 1, 1)",
            "INSERT INTO organizations (code, code_key, name, created_at) VALUES ('x', 'x', 'X', 1)",
            "INSERT INTO accounts (email, email_key, name, password_hash, created_at) VALUES ('x', 'x', 'X', '', 1)",
            &format!("INSERT INTO cells (coalition_id, id, key) VALUES ({home}, 4711, 'a=b')"),
        ] {
            let refusal = connection.try_execute(statement).expect_err(statement);
            assert!(refusal.contains("row-level security"), "{statement}: {refusal}");
        }
        for statement in [
            "ALTER TABLE observations DISABLE ROW LEVEL SECURITY",
            "DROP POLICY of_coalition ON observations",
            "UPDATE audit_log SET actor = 'nobody'",
            "DELETE FROM audit_log",
        ] {
            connection.try_execute(statement).expect_err(statement);
        }
    });
}

#[test]
fn whoever_works_in_a_coalition_reaches_no_other() {
    if !is_postgres() {
        return;
    }
    run_with_cast(async |app, cast| {
        let mut connection = service(app.database());
        let home = id(app.database(), "coalitions", &cast.home.code);
        let other = id(app.database(), "coalitions", &cast.other.code);
        let organization = id(app.database(), "organizations", cast.home.partner.organization());
        let of_coalitions = format!(
            "{TABLES} AND n.nspname = 'public' AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid \
             AND a.attname = 'coalition_id' AND NOT a.attisdropped) ORDER BY 1"
        );
        let tables = connection.texts(&of_coalitions);
        assert!(tables.len() > 25, "{tables:?}");
        let begin = format!(
            "BEGIN; SET LOCAL cairn.coalition = '{home}'; SET LOCAL cairn.organizations = '{organization}'"
        );
        let mut seen = 0;
        for table in tables {
            connection.execute(&begin);
            let query = format!(
                "SELECT DISTINCT coalition_id::text AS text FROM {table} WHERE coalition_id IS NOT NULL AND coalition_id <> 0"
            );
            let coalitions = connection.texts(&query);
            assert!(
                coalitions.iter().all(|found| *found == home),
                "{table}: {coalitions:?}"
            );
            seen += coalitions.len();
            connection.execute("ROLLBACK");
            if ["audit_log", "audit_heads", "api_keys"].contains(&table.as_str()) {
                continue;
            }
            // Its rows cannot be given away either: whatever else would refuse it, the policy does so first.
            if !coalitions.is_empty() {
                connection.execute(&begin);
                let give = format!("UPDATE {table} SET coalition_id = {other}");
                let refusal = connection.try_execute(&give).expect_err(&table);
                assert!(refusal.contains("row-level security"), "{table}: {refusal}");
                connection.execute("ROLLBACK");
            }
        }
        assert!(seen > 20, "{seen}");
    });
}
