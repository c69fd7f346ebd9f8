//! Backup and restore, as they are done: `cairn backup` and `cairn restore` on SQLite, PostgreSQL's own programs there.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use cairn::store::Location;
use serde_json::json;
use tempfile::TempDir;

use crate::support::database::is_postgres;
use crate::support::program::{PROGRAM, Running, address, text};
use crate::support::{Coalition, Database, Snapshot, TestApp, cairn, run_in_coalition};

/// Copies that are taken while the service writes.
const ROUNDS: usize = 4;

/// The newest of PostgreSQL's programs of that name.
fn postgres(name: &str) -> Command {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/with-postgres");
    let found = Command::new(script)
        .arg("--find")
        .output()
        .expect("the script runs");
    let folder = String::from_utf8(found.stdout).expect("a folder");
    Command::new(Path::new(folder.trim()).join(name))
}

fn start_backup(database: &Database, file: &Path) -> Child {
    let mut program = match database {
        Database::Sqlite(_) => Command::new(PROGRAM),
        Database::Postgres(_) => postgres("pg_dump"),
    };
    match database {
        Database::Sqlite(_) => program
            .arg("backup")
            .arg(file)
            .args(["--database", &address(database)]),
        Database::Postgres(_) => program
            .args(["--format=custom", "--file"])
            .arg(file)
            .arg(text(database.superuser())),
    };
    program.stdout(Stdio::null()).spawn().expect("the backup starts")
}

fn restore(file: &Path) -> Database {
    let database = Database::empty();
    let done = match &database {
        Database::Sqlite(_) => cairn(&database, &["restore", file.to_str().expect("a path")]),
        Database::Postgres(_) => postgres("pg_restore")
            .args([
                "--exit-on-error",
                "--single-transaction",
                "--no-owner",
                "--dbname",
            ])
            .arg(text(database.owner()))
            .arg(file)
            .output()
            .expect("it runs"),
    };
    assert!(done.status.success(), "{done:?}");
    database
}

async fn submit(coalition: &Coalition, value: usize) {
    let row = json!({"measure": "VISITS", "period": "2024", "value": value});
    let correction =
        json!({"measure": "PROGRAMS", "period": (2000 + value % 20).to_string(), "value": value});
    coalition
        .partner
        .post(
            &coalition.path("/observations"),
            json!({"observations": [row, correction]}),
        )
        .send()
        .await
        .expect(201);
}

/// Every row of every table is as it was after one of the writes that were answered around the time of the copy: no
/// write is there in part, none is missing that was answered before, and none is there that came after.
#[test]
fn a_copy_taken_while_the_service_writes_is_restored_row_by_row() {
    run_in_coalition(async |app, coalition| {
        let folder = TempDir::new().expect("a folder");
        let (mut states, mut written) = (vec![app.snapshot()], 0);
        for round in 0..ROUNDS {
            let file = folder.path().join(format!("{round}.copy"));
            let before = states.len() - 1;
            let mut backup = start_backup(app.database(), &file);
            let outcome = loop {
                written += 1;
                submit(&coalition, written).await;
                states.push(app.snapshot());
                if let Some(outcome) = backup.try_wait().expect("an outcome") {
                    break outcome;
                }
            };
            assert!(outcome.success());
            let restored = restore(&file);
            let found = Snapshot::take(&restored);
            assert!(
                states[before..].contains(&found),
                "round {round}: of {} states the last one differs by\n{}",
                states.len() - before,
                states[states.len() - 1].changes(&found).join("\n")
            );
            let checked = cairn(&restored, &["check"]);
            assert!(checked.status.success(), "{checked:?}");
        }
        assert!(written >= ROUNDS, "it was written to meanwhile");
    });
}

/// With nobody writing, the restored database is the same, and the service goes on with it.
#[test]
fn the_service_goes_on_with_what_was_restored() {
    run_in_coalition(async |app, coalition| {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("copy");
        submit(&coalition, 7).await;
        assert!(
            start_backup(app.database(), &file)
                .wait()
                .expect("an outcome")
                .success()
        );
        let restored = restore(&file);
        app.snapshot()
            .assert_same(&Snapshot::take(&restored), "a backup and its restoration");
        let recorded = coalition.recorded();
        let later = TestApp::open(restored, cairn::config::Registration::Open).await;
        let same = recorded.played(&later);
        let path = same.path("/aggregates?measure=VISITS&period=2024");
        let rows = same.partner.get(&path).send().await.expect(200).data();
        assert_eq!(rows[0]["value"], 7);
        submit(&same, 8).await;
        later.assert_totals().await;
    });
}

fn refusal(output: &Output, sentence: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(sentence), "{output:?}");
}

fn path(file: &Path) -> &str {
    file.to_str().expect("a path in UTF-8")
}

fn file_of(database: &Database) -> PathBuf {
    match database.location() {
        Location::Sqlite(path) => path,
        Location::Postgres(_) => unreachable!("a file"),
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_in_use_replaced() {
    run_in_coalition(async |app, _| {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("copy");
        if is_postgres() {
            refusal(&cairn(app.database(), &["backup", path(&file)]), "pg_dump");
            refusal(&cairn(app.database(), &["restore", path(&file)]), "pg_restore");
            return;
        }
        let database = app.database();
        assert!(cairn(database, &["backup", path(&file)]).status.success());
        let kept = std::fs::read(&file).expect("the copy");
        refusal(&cairn(database, &["backup", path(&file)]), "is there already");
        assert_eq!(std::fs::read(&file).expect("the copy"), kept);

        let before = app.snapshot();
        refusal(&cairn(database, &["restore", path(&file)]), "--replace");
        let spool = folder.path().join("spool");
        let (running, _) = Running::serve(database, &spool);
        refusal(
            &cairn(database, &["restore", path(&file), "--replace"]),
            "another Cairn is writing",
        );
        drop(running);
        before.assert_same(&app.snapshot(), "restorations that were refused");
        let left: Vec<_> = std::fs::read_dir(folder.path())
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name())
            .filter(|name| name.to_string_lossy().contains("partial"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
        refusal(
            &cairn(
                &Database::empty_sqlite(),
                &["backup", path(&folder.path().join("other"))],
            ),
            "there is no database",
        );
    });
}

#[test]
fn a_database_that_is_replaced_is_put_aside_whole() {
    if is_postgres() {
        return;
    }
    run_in_coalition(async |app, coalition| {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("copy");
        let then = app.snapshot();
        assert!(cairn(app.database(), &["backup", path(&file)]).status.success());
        submit(&coalition, 1).await;
        let now = app.snapshot();
        let place = Database::empty_sqlite();
        assert!(cairn(&place, &["restore", path(&file)]).status.success());
        // What the running service has written is still in the companion of its file.
        let (from, to) = (file_of(app.database()), file_of(&place));
        for ending in ["", "-wal"] {
            let with = |file: &Path| format!("{}{ending}", file.display());
            std::fs::copy(with(&from), with(&to)).expect("a copy");
        }
        assert!(
            cairn(&place, &["restore", path(&file), "--replace"])
                .status
                .success()
        );
        then.assert_same(&Snapshot::take(&place), "a restoration in the place of another");
        let elsewhere = Database::empty_sqlite();
        for ending in ["", "-wal"] {
            let name = format!("{}.replaced{ending}", to.display());
            let copy = format!("{}{ending}", file_of(&elsewhere).display());
            std::fs::copy(name, copy).expect("it was put aside");
        }
        now.assert_same(&Snapshot::take(&elsewhere), "putting it aside");
        refusal(
            &cairn(&place, &["restore", path(&file), "--replace"]),
            "from an earlier time",
        );
    });
}

#[test]
fn a_copy_that_is_not_sound_is_not_taken() {
    if is_postgres() {
        return;
    }
    run_in_coalition(async |app, _| {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("copy");
        assert!(cairn(app.database(), &["backup", path(&file)]).status.success());
        let restored = || cairn(&Database::empty_sqlite(), &["restore", path(&file)]);
        assert!(restored().status.success());

        let whole = std::fs::read(&file).expect("the copy");
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle..middle + 4096].fill(0xa5);
        std::fs::write(&file, &damaged).expect("the damage");
        refusal(&restored(), "changed or damaged");
        std::fs::remove_file(folder.path().join("copy.sha256")).expect("the checksum");
        assert!(!restored().status.success(), "SQLite sees it too");
        std::fs::write(&file, &whole[..whole.len() / 2]).expect("the damage");
        assert!(!restored().status.success(), "half of it");
        std::fs::write(&file, "measure,period,value\n").expect("another file");
        refusal(&restored(), "not a database of Cairn's");

        app.database()
            .connect()
            .execute("UPDATE rollup SET sum = sum + 1 WHERE contributors = 2");
        let other = folder.path().join("other");
        refusal(&cairn(app.database(), &["backup", path(&other)]), "recomputed");
        assert!(!other.exists(), "a copy that is faulty gets no name");
    });
}

/// The files of imports lie beside the database: whoever brings them along has them applied, the others are told of.
#[test]
fn imports_that_wait_are_handed_to_the_spool_that_is_there() {
    if is_postgres() {
        return;
    }
    run_in_coalition(async |app, _| {
        let folder = TempDir::new().expect("a folder");
        let (file, spool) = (folder.path().join("copy"), folder.path().join("spool"));
        app.database().connect().execute(
            "INSERT INTO imports (coalition_id, uuid, organization_id, actor, state, spool, format, mode, file_sha256, \
             received_at) SELECT 1, '0198a5b0-0000-7000-8000-000000000001', 2, 'account 2', 'pending', 'elsewhere', 'csv', \
             'atomic', '', 1",
        );
        assert!(cairn(app.database(), &["backup", path(&file)]).status.success());
        let place = Database::empty_sqlite();
        let done = cairn(&place, &["restore", path(&file), "--spool", path(&spool)]);
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(
            said.contains("1 submissions were still to be applied"),
            "{done:?}"
        );
        let id = std::fs::read_to_string(spool.join("id")).expect("the spool's id");
        let given = place.connect().texts("SELECT spool AS text FROM imports");
        assert_eq!(given, [id]);
    });
}
