//! `cairn migrate --service-role`: the role that the service signs in with on PostgreSQL.

use std::process::Output;

use crate::support::database::{OWNER, SERVICE, is_postgres};
use crate::support::{Database, cairn, cairn_as_owner};

fn grant(database: &Database, role: &str) -> Output {
    cairn_as_owner(database, &["migrate", "--service-role", role])
}

#[track_caller]
fn refused(output: &Output, sentence: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(sentence), "{output:?}");
}

#[test]
fn takes_a_role_that_is_held() {
    let database = Database::empty();
    if !is_postgres() {
        refused(&grant(&database, SERVICE), "a file of SQLite has no roles");
        return;
    }
    let quoted = format!("odd\"name {}", std::process::id());
    let mut connection = database.connect();
    connection.execute(&format!("CREATE ROLE \"{}\" LOGIN", quoted.replace('"', "\"\"")));
    for role in [SERVICE, &quoted] {
        let done = grant(&database, role);
        assert!(done.status.success(), "{done:?}");
        assert!(String::from_utf8_lossy(&done.stdout).contains(&format!("{role} may work with the tables")));
    }
    connection.execute(&format!(
        "DROP OWNED BY \"{0}\"; DROP ROLE \"{0}\"",
        quoted.replace('"', "\"\"")
    ));
    // It serves, and needs no rights to make tables.
    let checked = cairn(&database, &["check"]);
    assert!(checked.status.success(), "{checked:?}");
    let migrated = cairn(&database, &["migrate"]);
    assert!(migrated.status.success(), "{migrated:?}");
}

#[test]
fn refuses_one_that_is_not() {
    if !is_postgres() {
        return;
    }
    let database = Database::empty();
    refused(
        &grant(&database, "nobody_at_all"),
        "there is no role 'nobody_at_all'",
    );
    refused(&grant(&database, OWNER), "owns the tables");
    let mut connection = database.connect();
    for (right, sentence) in [("BYPASSRLS", "BYPASSRLS"), ("SUPERUSER", "superuser")] {
        let name = format!("above_{}_{}", right.to_lowercase(), std::process::id());
        connection.execute(&format!("CREATE ROLE {name} LOGIN {right}"));
        refused(&grant(&database, &name), sentence);
        connection.execute(&format!("DROP ROLE {name}"));
    }
    let deputy = format!("deputy_{}", std::process::id());
    connection.execute(&format!("CREATE ROLE {deputy} LOGIN; GRANT {OWNER} TO {deputy}"));
    refused(&grant(&database, &deputy), "may act for their owner");
    connection.execute(&format!("DROP ROLE {deputy}"));
}

#[test]
fn a_service_whose_tables_are_old_says_who_brings_them_up_to_date() {
    if !is_postgres() {
        return;
    }
    let database = Database::empty();
    refused(
        &cairn(&database, &["migrate"]),
        "run `cairn migrate` as their owner",
    );
}
