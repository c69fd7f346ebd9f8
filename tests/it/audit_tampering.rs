//! What somebody does who can write to the database itself: it refuses, and where it is made to obey,
//! `cairn audit verify` says which row is not as it was.

use cairn::domain::audit::{Chain, Row};
use cairn::store::Purpose;
use cairn::store::audit_verification::{Head, list_heads, verify};

use crate::support::database::TestConnection;
use crate::support::{Coalition, TestApp, cairn, run_in_coalition};

/// The coalition's chain, as statements name it.
const OURS: &str = "coalition_id = 1";

async fn heads(app: &TestApp) -> Vec<Head> {
    app.app().db.system(Purpose::Audit, list_heads).await.unwrap()
}

async fn faults(app: &TestApp, exported: &[Head]) -> Vec<String> {
    let exported = exported.to_vec();
    let work = app
        .app()
        .db
        .system(Purpose::Audit, move |tx| verify(tx, &exported));
    work.await.unwrap().faults
}

/// Takes away what protects the log, as whoever owns the tables can.
fn unprotect(connection: &mut TestConnection) {
    connection.execute(match connection {
        TestConnection::Sqlite(_) => {
            "DROP TRIGGER audit_log_is_not_updated; DROP TRIGGER audit_log_is_not_deleted; \
             DROP TRIGGER audit_heads_are_not_deleted"
        }
        TestConnection::Postgres(_) => {
            "ALTER TABLE audit_log DISABLE TRIGGER ALL; ALTER TABLE audit_heads DISABLE TRIGGER ALL"
        }
    });
}

/// A row of the coalition's chain, and the checksum of the row before it.
fn row(connection: &mut TestConnection, sequence: i64) -> (Row, String) {
    let mut field = |name: &str, sequence: i64| {
        let query = format!(
            "SELECT CAST({name} AS TEXT) AS text FROM audit_log WHERE {OURS} AND sequence = {sequence}"
        );
        connection.texts(&query).pop().expect("a row")
    };
    let row = Row {
        chain: Chain::Coalition(1),
        sequence,
        recorded_at: field("recorded_at", sequence).parse().unwrap(),
        actor: field("actor", sequence),
        action: field("action", sequence),
        subject: field("subject", sequence),
        details: field("details", sequence),
    };
    (row, field("sha256", sequence - 1))
}

/// The checksum that a row needs, for its details to be empty.
fn forged(connection: &mut TestConnection, sequence: i64) -> String {
    let (row, previous) = row(connection, sequence);
    let details = "{}".to_owned();
    Row { details, ..row }.checksum(&previous)
}

/// Does something to the database, and holds what is found without and with the exported heads against what should be.
fn tamper(change: impl FnOnce(&mut TestConnection, i64) -> String, without: &[&str], with: &[&str]) {
    run_in_coalition(async |app, _: Coalition| {
        let exported = heads(&app).await;
        assert_eq!(faults(&app, &exported).await, [""; 0]);
        let last = exported
            .iter()
            .find(|head| head.chain == "coalition:1")
            .unwrap()
            .sequence;
        let mut connection = app.database().connect();
        unprotect(&mut connection);
        let statements = change(&mut connection, last);
        connection.execute(&statements);
        let named = |faults: &[&str]| -> Vec<String> {
            let (penultimate, last) = ((last - 1).to_string(), last.to_string());
            let named = |fault: &&str| fault.replace("PENULTIMATE", &penultimate).replace("LAST", &last);
            faults
                .iter()
                .map(|fault| format!("coalition:1: {}", named(fault)))
                .collect()
        };
        assert_eq!(faults(&app, &[]).await, named(without), "{statements}");
        assert_eq!(faults(&app, &exported).await, named(with), "{statements}");
    });
}

const CHANGED: &str = "is not as it was written, or does not follow the row before it";

#[test]
fn an_edited_row() {
    for column in ["actor", "action", "subject", "details", "sha256"] {
        let row = format!("row 3 {CHANGED}");
        let mut expected = vec![row.as_str()];
        let next = format!("row 4 {CHANGED}");
        if column == "sha256" {
            expected.push(&next);
        }
        let statement = format!("UPDATE audit_log SET {column} = 'x' WHERE {OURS} AND sequence = 3");
        tamper(|_, _| statement, &expected, &expected);
    }
    let expected = format!("row 3 {CHANGED}");
    let statement =
        format!("UPDATE audit_log SET recorded_at = recorded_at - 1 WHERE {OURS} AND sequence = 3");
    tamper(|_, _| statement, &[&expected], &[&expected]);
}

#[test]
fn an_edited_row_with_the_checksum_it_needs() {
    let expected = format!("row 4 {CHANGED}");
    tamper(
        |connection, _| {
            let sha256 = forged(connection, 3);
            format!(
                "UPDATE audit_log SET details = '{{}}', sha256 = '{sha256}' WHERE {OURS} AND sequence = 3"
            )
        },
        &[&expected],
        &[&expected],
    );
}

#[test]
fn the_last_row_and_the_head_written_anew() {
    tamper(
        |connection, last| {
            let sha256 = forged(connection, last);
            format!(
                "UPDATE audit_log SET details = '{{}}', sha256 = '{sha256}' WHERE {OURS} AND sequence = {last}; \
                 UPDATE audit_heads SET sha256 = '{sha256}' WHERE {OURS}"
            )
        },
        &[],
        &["row LAST is not the one that was exported as its head"],
    );
}

#[test]
fn a_removed_row() {
    let statement = || format!("DELETE FROM audit_log WHERE {OURS} AND sequence = 3");
    let expected = ["rows 3 to 3 were removed"];
    tamper(|_, _| statement(), &expected, &expected);
}

#[test]
fn two_rows_in_each_others_place() {
    let statements = format!(
        "UPDATE audit_log SET sequence = -1 WHERE {OURS} AND sequence = 3; \
         UPDATE audit_log SET sequence = 3 WHERE {OURS} AND sequence = 4; \
         UPDATE audit_log SET sequence = 4 WHERE {OURS} AND sequence = -1"
    );
    let expected = [3, 4, 5].map(|row| format!("row {row} {CHANGED}"));
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    tamper(|_, _| statements, &expected, &expected);
}

#[test]
fn an_end_cut_off() {
    tamper(
        |_, last| format!("DELETE FROM audit_log WHERE {OURS} AND sequence > {last} - 2"),
        &["rows PENULTIMATE to LAST were cut off its end"],
        &[
            "rows PENULTIMATE to LAST were cut off its end",
            "row LAST was exported as its head and is gone, with what led to it",
        ],
    );
}

#[test]
fn an_end_cut_off_and_the_head_with_it() {
    tamper(
        |_, last| {
            format!(
                "DELETE FROM audit_log WHERE {OURS} AND sequence > {last} - 2; \
                 UPDATE audit_heads SET sequence = {last} - 2, sha256 = (SELECT sha256 FROM audit_log \
                 WHERE {OURS} AND audit_log.sequence = {last} - 2) WHERE {OURS}"
            )
        },
        &[],
        &["row LAST was exported as its head and is gone, with what led to it"],
    );
}

#[test]
fn a_chain_taken_away() {
    tamper(
        |_, _| format!("DELETE FROM audit_log WHERE {OURS}; DELETE FROM audit_heads WHERE {OURS}"),
        &[],
        &["the whole chain is gone"],
    );
    tamper(
        |_, _| format!("DELETE FROM audit_heads WHERE {OURS}"),
        &["it has rows and no head"],
        &["the whole chain is gone", "it has rows and no head"],
    );
}

#[test]
fn a_row_put_at_the_end() {
    let added = ["its head is not its last row"];
    tamper(
        |connection, last| {
            let (row, _) = row(connection, last);
            let row = Row {
                sequence: last + 1,
                ..row
            };
            let head = format!("SELECT sha256 AS text FROM audit_heads WHERE {OURS}");
            let sha256 = row.checksum(&connection.texts(&head)[0]);
            format!(
                "INSERT INTO audit_log SELECT coalition_id, organization_id, sequence + 1, recorded_at, actor, action, \
                 subject, details, '{sha256}' FROM audit_log WHERE {OURS} AND sequence = {last}"
            )
        },
        &added,
        &added,
    );
}

#[test]
fn the_database_refuses() {
    run_in_coalition(async |app, _| {
        let before = app.snapshot();
        let mut connection = app.database().connect();
        for statement in [
            "UPDATE audit_log SET actor = 'operator'",
            "DELETE FROM audit_log",
            "DELETE FROM audit_heads",
        ] {
            let refused = connection.try_execute(statement).unwrap_err();
            assert!(refused.contains("the audit log is never changed"), "{refused}");
        }
        if let TestConnection::Postgres(_) = connection {
            for table in ["audit_log", "audit_heads"] {
                let refused = connection.try_execute(&format!("TRUNCATE {table}")).unwrap_err();
                assert!(refused.contains("the audit log is never changed"), "{refused}");
            }
        }
        before.assert_same(&app.snapshot(), "what was refused");
    });
}

#[test]
fn the_program_exports_heads_and_verifies_against_them() {
    run_in_coalition(async |app, _| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heads.json");
        let path = file.to_str().unwrap();
        let printed = cairn(app.database(), &["audit", "head"]);
        assert!(printed.status.success(), "{printed:?}");
        std::fs::write(&file, &printed.stdout).unwrap();
        let text = |output: &std::process::Output| String::from_utf8(output.stdout.clone()).unwrap();
        assert!(
            text(&printed).contains(r#""code": "teens-thrive""#),
            "{}",
            text(&printed)
        );

        let well = cairn(app.database(), &["audit", "verify", "--against", path]);
        assert!(well.status.success(), "{well:?}");
        assert!(
            text(&well).ends_with("all as written, and as exported\n"),
            "{}",
            text(&well)
        );

        let mut connection = app.database().connect();
        unprotect(&mut connection);
        connection.execute(&format!(
            "UPDATE audit_log SET actor = 'account:99' WHERE {OURS} AND sequence = 2"
        ));
        for arguments in [&["audit", "verify"][..], &["audit", "verify", "--against", path]] {
            let told = cairn(app.database(), arguments);
            assert_eq!(told.status.code(), Some(1), "{told:?}");
            assert!(
                text(&told).contains("coalition:1: row 2 is not as it was written"),
                "{}",
                text(&told)
            );
        }
        std::fs::write(&file, "{}").unwrap();
        let unread = cairn(app.database(), &["audit", "verify", "--against", path]);
        assert!(!unread.status.success());
        let error = String::from_utf8(unread.stderr).unwrap();
        assert!(error.contains("is not what `cairn audit head` prints"), "{error}");
    });
}
