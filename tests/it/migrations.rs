//! The tables: made, unmade and made again on both databases, and the same on both.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn::clock::Clock;
use cairn::store::migrate;
use diesel::RunQueryDsl;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::support::database::TestConnection;
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
    let ran = migrate(&database.location(), &clock()).unwrap();
    assert!(ran > 0);
    let first = shape(&database);
    assert!(first.contains_key("observations"), "{first:?}");
    assert_eq!(
        migrate(&database.location(), &clock()).unwrap(),
        0,
        "nothing is left to do"
    );
    assert_eq!(revert(&database), ran);
    assert_eq!(shape(&database), BTreeMap::new());
    assert_eq!(migrate(&database.location(), &clock()).unwrap(), ran);
    assert_eq!(shape(&database), first);
}

#[test]
fn services_that_start_at_once_migrate_once() {
    let database = Database::empty();
    let ran: Vec<usize> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| migrate(&database.location(), &clock()).unwrap()))
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let noted = "SELECT version AS text FROM __diesel_schema_migrations";
    let mut connection = database.connect();
    assert_eq!(ran.iter().sum::<usize>(), connection.texts(noted).len());
    assert_eq!(connection.texts("SELECT kid AS text FROM signing_keys").len(), 1);
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let (here, sqlite) = (Database::empty(), Database::empty_sqlite());
    for database in [&here, &sqlite] {
        migrate(&database.location(), &clock()).unwrap();
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
    migrate(&database.location(), &clock()).unwrap();
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
