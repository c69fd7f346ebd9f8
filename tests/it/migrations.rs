//! The tables: made, unmade and made again on both databases, and the same on both.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn::clock::Clock;
use cairn::store::migrate;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::support::database::{OWNER, TestConnection};
use crate::support::snapshot::{columns, tables};
use crate::support::{Database, run};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

fn clock() -> Clock {
    Clock::Fixed(Arc::new(1.into()))
}

/// Takes every migration back and answers how many there were.
fn revert(database: &Database) -> usize {
    let reverted = match database.connect() {
        TestConnection::Sqlite(mut connection) => connection
            .revert_all_migrations(SQLITE)
            .map(|versions| versions.len()),
        TestConnection::Postgres(mut connection) => connection
            .revert_all_migrations(POSTGRES)
            .map(|versions| versions.len()),
    };
    reverted.unwrap()
}

/// The columns of every table but the one in which the migrations themselves are noted.
fn shape(database: &Database) -> BTreeMap<String, Vec<String>> {
    let mut connection = database.connect();
    let names = tables(&mut connection);
    names
        .into_iter()
        .filter(|table| table != "__diesel_schema_migrations")
        .map(|table| {
            let columns = columns(&mut connection, &table);
            (table, columns)
        })
        .collect()
}

#[test]
fn up_down_and_up_again() {
    let database = Database::empty();
    let ran = migrate(&database.owner(), &clock()).unwrap();
    assert!(ran > 0);
    let first = shape(&database);
    assert!(first.contains_key("observations"), "{first:?}");
    assert_eq!(
        migrate(&database.owner(), &clock()).unwrap(),
        0,
        "nothing is left to do"
    );
    assert_eq!(revert(&database), ran);
    assert_eq!(shape(&database), BTreeMap::new());
    assert_eq!(migrate(&database.owner(), &clock()).unwrap(), ran);
    assert_eq!(shape(&database), first);
}

#[test]
fn services_that_start_at_once_migrate_once() {
    let database = Database::empty();
    let ran: Vec<usize> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| migrate(&database.owner(), &clock()).unwrap()))
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let noted = "SELECT version AS text FROM __diesel_schema_migrations";
    let mut connection = database.connect();
    assert_eq!(ran.iter().sum::<usize>(), connection.texts(noted).len());
    assert_eq!(connection.texts("SELECT kid AS text FROM signing_keys").len(), 1);
}

#[test]
fn the_program_before_goes_on_writing() {
    let database = Database::empty();
    let write = "INSERT INTO coalitions (code, code_key, name, purpose, fiscal_year_start_month, created_at, updated_at) \
                 VALUES ('a', 'a', 'A', '', 7, 1, 1); \
                 INSERT INTO coalition_clock (coalition_id, revision, recorded_at, next_id, schema_version, \
                 schema_stamp) VALUES (1, 0, 1, 1, 1, 1)";
    let work = "UPDATE coalition_clock SET revision = revision + 1, recorded_at = recorded_at + 1";
    first_migration(&database);
    database.connect().execute(write);
    let is_done = std::sync::atomic::AtomicBool::new(false);
    let (mut times, mut slowest) = (0, std::time::Duration::ZERO);
    std::thread::scope(|scope| {
        let migrating = scope.spawn(|| {
            let ran = migrate(&database.owner(), &clock());
            is_done.store(true, std::sync::atomic::Ordering::SeqCst);
            ran.unwrap()
        });
        let mut before = database.connect();
        let mut after = 0;
        // Some more when the tables are those of the new program.
        while after < 20 {
            after += i32::from(is_done.load(std::sync::atomic::Ordering::SeqCst));
            let begun = std::time::Instant::now();
            before.execute(work);
            slowest = slowest.max(begun.elapsed());
            times += 1;
            // SQLite gives the lock to whoever asks for it first, and who waits asks now and then only.
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert!(migrating.join().unwrap() > 0);
    });
    let revision = "SELECT CAST(revision AS TEXT) AS text FROM coalition_clock";
    assert_eq!(database.connect().texts(revision), [times.to_string()]);
    assert!(slowest.as_secs() < 5, "a write waited {slowest:?}");
}

#[test]
fn a_migration_takes_nothing_from_the_program_before() {
    let database = Database::empty();
    first_migration(&database);
    let before = shape(&database);
    migrate(&database.owner(), &clock()).unwrap();
    let after = shape(&database);
    let mut connection = database.connect();
    for (table, columns) in before {
        let now = after.get(&table).unwrap_or_else(|| panic!("{table} is gone"));
        for column in &columns {
            assert!(now.contains(column), "{table} has lost {column}");
        }
        let needed = match &mut connection {
            TestConnection::Sqlite(_) => format!(
                "SELECT name AS text FROM pragma_table_info('{table}') WHERE \"notnull\" AND dflt_value IS NULL"
            ),
            TestConnection::Postgres(_) => format!(
                "SELECT attname::text AS text FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 \
                 AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = ''"
            ),
        };
        for column in connection.texts(&needed) {
            assert!(
                columns.contains(&column),
                "the program before cannot write {table}: it knows no {column}"
            );
        }
    }
}

/// The tables as the first release made them, with the journal that the program keeps.
fn first_migration(database: &Database) {
    match database.connect() {
        TestConnection::Sqlite(mut connection) => {
            connection.batch_execute("PRAGMA journal_mode = WAL").unwrap();
            drop(connection.run_next_migration(SQLITE).unwrap());
        }
        TestConnection::Postgres(mut connection) => {
            // As the role that owns the tables from then on.
            connection.batch_execute(&format!("SET ROLE {OWNER}")).unwrap();
            drop(connection.run_next_migration(POSTGRES).unwrap());
        }
    }
}

#[test]
fn a_migration_gives_way_to_those_who_work() {
    if !crate::support::database::is_postgres() {
        return;
    }
    let database = Database::empty();
    first_migration(&database);
    let mut long = database.connect();
    long.execute("BEGIN; LOCK TABLE partners IN ACCESS SHARE MODE");
    std::thread::scope(|scope| {
        let migrating = scope.spawn(|| migrate(&database.owner(), &clock()).unwrap());
        // The migration waits for `partners`; whoever comes after it is not held up longer than it may wait.
        let mut other = database.connect();
        let waiting =
            "SELECT pid::text AS text FROM pg_locks WHERE NOT granted AND relation = 'partners'::regclass";
        while other.texts(waiting).is_empty() {
            std::thread::yield_now();
        }
        let begun = std::time::Instant::now();
        other.execute("SELECT count(*) FROM partners");
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
        assert!(!migrating.is_finished());
        long.execute("COMMIT");
        assert!(migrating.join().unwrap() > 0);
    });
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let (here, sqlite) = (Database::empty(), Database::empty_sqlite());
    for database in [&here, &sqlite] {
        migrate(&database.owner(), &clock()).unwrap();
    }
    assert_eq!(shape(&here), shape(&sqlite));
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| {
        let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn a_database_without_tables_is_not_ready() {
    run(async |app| {
        revert(app.database());
        let nobody = app.anonymous();
        nobody.get("/healthz").send().await.expect(200);
        let answer = nobody.get("/readyz").send().await.expect(503);
        assert_eq!(answer.header("retry-after"), Some("1"));
    });
}

#[test]
fn sqlite_finds_the_figures_of_one_organization_by_their_index() {
    let database = Database::empty_sqlite();
    migrate(&database.owner(), &clock()).unwrap();
    for (condition, index) in [
        ("organization_id = 1", "observations_by_organization"),
        (
            "organization_id = 1 AND measure_id = 1 AND period BETWEEN 1 AND 9",
            "observations_by_organization",
        ),
        ("measure_id = 1 AND period BETWEEN 1 AND 9", "PRIMARY KEY"),
    ] {
        let query = format!(
            "EXPLAIN QUERY PLAN SELECT note FROM observations WHERE coalition_id = 1 AND {condition}"
        );
        let plan = plan(&database, &query);
        assert!(plan.contains(index), "{condition}: {plan}");
    }
}

fn plan(database: &Database, query: &str) -> String {
    #[derive(diesel::QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }
    let TestConnection::Sqlite(mut connection) = database.connect() else {
        unreachable!("a SQLite database")
    };
    let steps: Vec<Step> = diesel::sql_query(query).load(&mut connection).unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}
