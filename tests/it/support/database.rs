//! A database for each test: a copy of one that was migrated once for the process.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use cairn::clock::Clock;
use cairn::store::{Location, migrate, service_role};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection, sql_query};
use tempfile::TempDir;

use super::app::START;

/// A test's own database, removed with it.
pub enum Database {
    Sqlite(TempDir),
    Postgres(String),
}

/// A database to be copied.
#[derive(Clone)]
pub enum Template {
    Sqlite(Arc<Vec<u8>>),
    Postgres(String),
}

/// Whether the suite runs on PostgreSQL.
pub fn is_postgres() -> bool {
    server().is_some()
}

fn server() -> Option<&'static str> {
    static SERVER: LazyLock<Option<String>> = LazyLock::new(|| {
        std::env::var("CAIRN_TEST_POSTGRES")
            .ok()
            .filter(|url| !url.is_empty())
    });
    SERVER.as_deref()
}

/// What the application reaches the server through, where that is not the server itself.
fn pooler() -> Option<&'static str> {
    static POOLER: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("CAIRN_TEST_POOLER").ok());
    POOLER.as_deref()
}

impl Database {
    /// One without tables.
    pub fn empty() -> Self {
        if is_postgres() {
            let name = new_name();
            command(&format!("CREATE DATABASE {name} OWNER {OWNER}"));
            return Self::Postgres(name);
        }
        Self::empty_sqlite()
    }

    /// A SQLite one without tables, whatever the suite runs on.
    pub fn empty_sqlite() -> Self {
        // Memory, where there is such a folder: a disk's syncs are not what is tested here.
        let memory = Path::new("/dev/shm");
        let directory = if memory.is_dir() {
            TempDir::new_in(memory)
        } else {
            TempDir::new()
        };
        Self::Sqlite(directory.expect("a folder for the database"))
    }

    /// Its address for the service: on PostgreSQL as a role that owns nothing, and is held by row-level security.
    pub fn location(&self) -> Location {
        match self {
            Self::Sqlite(directory) => Location::Sqlite(directory.path().join("cairn.db")),
            Self::Postgres(name) => {
                let server = pooler().or(server()).expect("a PostgreSQL server");
                Location::Postgres(database_of(&signed_in(server, SERVICE), name))
            }
        }
    }

    /// Its address for whoever owns the tables, who is no superuser either.
    pub fn owner(&self) -> Location {
        match self {
            Self::Sqlite(_) => self.location(),
            Self::Postgres(name) => {
                let server = server().expect("a PostgreSQL server");
                Location::Postgres(database_of(&signed_in(server, OWNER), name))
            }
        }
    }

    /// Its address for a superuser, whom row-level security does not hold: who makes copies on PostgreSQL.
    pub fn superuser(&self) -> Location {
        match self {
            Self::Sqlite(_) => self.location(),
            Self::Postgres(name) => Location::Postgres(address(name)),
        }
    }

    /// Lets the service's role work with the tables.
    pub fn serve(&self) {
        if let Self::Postgres(_) = self {
            service_role::grant(&self.owner(), SERVICE).expect("a role for the service");
        }
    }

    /// Where large submissions to it lie.
    pub fn spool(&self) -> PathBuf {
        match self {
            Self::Sqlite(directory) => directory.path().join("spool"),
            Self::Postgres(name) => Path::new(env!("CARGO_TARGET_TMPDIR")).join(name),
        }
    }

    /// A connection of the test's own.
    pub fn connect(&self) -> TestConnection {
        match self {
            Self::Sqlite(directory) => {
                let path = directory.path().join("cairn.db");
                let path = path.to_str().expect("a path in UTF-8");
                let mut connection = SqliteConnection::establish(path).expect("the database opens");
                connection
                    .batch_execute("PRAGMA busy_timeout = 5000")
                    .expect("a setting");
                TestConnection::Sqlite(connection)
            }
            Self::Postgres(name) => {
                let connection = PgConnection::establish(&address(name));
                TestConnection::Postgres(connection.expect("the database opens"))
            }
        }
    }

    /// A copy of what it holds now; nothing may be writing to it.
    pub fn template(&self) -> Template {
        match self {
            Self::Sqlite(directory) => {
                let copy = directory.path().join("copy.db");
                let TestConnection::Sqlite(mut connection) = self.connect() else {
                    unreachable!("a SQLite database")
                };
                let text = format!("VACUUM INTO '{}'", copy.display());
                connection.batch_execute(&text).expect("a copy");
                Template::Sqlite(Arc::new(std::fs::read(&copy).expect("the copy")))
            }
            Self::Postgres(name) => {
                let template = new_name();
                copy(name, &template);
                Template::Postgres(template)
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres(name) = self {
            command(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            let _ = std::fs::remove_dir_all(self.spool());
        }
    }
}

impl Template {
    /// A database with its tables and its signing key, and nothing else.
    pub fn migrated() -> Self {
        static MIGRATED: LazyLock<Template> = LazyLock::new(|| {
            let database = Database::empty();
            let clock = Clock::Fixed(Arc::new(START.into()));
            migrate(&database.owner(), &clock).expect("the migrations run");
            database.serve();
            database.template()
        });
        MIGRATED.clone()
    }

    /// A database of its own with the same content.
    pub fn copy(&self) -> Database {
        match self {
            Self::Sqlite(bytes) => {
                let database = Database::empty();
                let Location::Sqlite(path) = database.location() else {
                    unreachable!("a SQLite database")
                };
                std::fs::write(path, bytes.as_slice()).expect("a copy");
                database
            }
            Self::Postgres(template) => {
                let name = new_name();
                copy(template, &name);
                Database::Postgres(name)
            }
        }
    }
}

/// A connection to either database.
pub enum TestConnection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl TestConnection {
    /// Runs statements.
    pub fn execute(&mut self, statements: &str) {
        let done = self.try_execute(statements);
        done.unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// Runs statements; the database's own words where it refuses.
    pub fn try_execute(&mut self, statements: &str) -> Result<(), String> {
        let done = match self {
            Self::Sqlite(connection) => connection.batch_execute(statements),
            Self::Postgres(connection) => connection.batch_execute(statements),
        };
        done.map_err(|error| error.to_string())
    }

    /// The rows of a query with one column, named `text`.
    pub fn texts(&mut self, query: &str) -> Vec<String> {
        let rows: diesel::QueryResult<Vec<Text>> = match self {
            Self::Sqlite(connection) => sql_query(query).load(connection),
            Self::Postgres(connection) => sql_query(query).load(connection),
        };
        let rows = rows.unwrap_or_else(|error| panic!("{query}: {error}"));
        rows.into_iter().map(|row| row.text.unwrap_or_default()).collect()
    }
}

#[derive(diesel::QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    text: Option<String>,
}

/// Names begin with a token of the process; the first connection carries it too, so that a later process can tell
/// what an earlier one has left behind.
fn token() -> &'static str {
    static TOKEN: LazyLock<String> = LazyLock::new(|| format!("cairn_test_{:x}", std::process::id()));
    &TOKEN
}

/// The role that the service signs in with.
pub const SERVICE: &str = "cairn_test_service";

/// The role that owns the tables.
pub const OWNER: &str = "cairn_test_owner";

/// An address with another role in it.
fn signed_in(address: &str, role: &str) -> String {
    let (scheme, rest) = address.split_once("://").expect("an address");
    let (_, host) = rest.split_once('@').expect("an address that names a user");
    format!("{scheme}://{role}@{host}")
}

fn new_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{}_{}", token(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn address(name: &str) -> String {
    database_of(server().expect("a PostgreSQL server"), name)
}

fn database_of(server: &str, name: &str) -> String {
    let (head, query) = server
        .split_once('?')
        .map_or((server, None), |(head, query)| (head, Some(query)));
    let (head, _) = head.rsplit_once('/').expect("an address that names a database");
    query.map_or(format!("{head}/{name}"), |query| format!("{head}/{name}?{query}"))
}

/// The process's own connection to the server.
fn maintenance() -> MutexGuard<'static, PgConnection> {
    static CONNECTION: LazyLock<Mutex<PgConnection>> = LazyLock::new(|| {
        let mut connection =
            PgConnection::establish(server().expect("a PostgreSQL server")).expect("the server answers");
        let left_over: Vec<Text> = sql_query(
            "SELECT datname::text AS text FROM pg_database WHERE datname LIKE 'cairn\\_test\\_%' AND NOT EXISTS \
             (SELECT 1 FROM pg_stat_activity WHERE application_name = regexp_replace(datname, '_[0-9]+$', ''))",
        )
        .load(&mut connection)
        .expect("the databases");
        for name in left_over.into_iter().filter_map(|row| row.text) {
            let _ = connection.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
        connection
            .batch_execute(&format!(
                "SET application_name = '{}'; DO $$ BEGIN CREATE ROLE {OWNER} LOGIN CREATEROLE; CREATE ROLE {SERVICE} LOGIN; \
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
                token()
            ))
            .expect("a name and a role");
        Mutex::new(connection)
    });
    CONNECTION.lock().unwrap_or_else(PoisonError::into_inner)
}

fn command(text: &str) {
    let done = maintenance().batch_execute(text);
    // A failure while a failed test is being cleaned up must not hide the test's own.
    if let Err(error) = done
        && !std::thread::panicking()
    {
        panic!("{text}: {error}");
    }
}

fn copy(from: &str, to: &str) {
    command(&format!(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{from}'"
    ));
    command(&format!("CREATE DATABASE {to} TEMPLATE {from} OWNER {OWNER}"));
}
