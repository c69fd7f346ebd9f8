//! The tables, made and brought up to date by the program itself.

use std::time::Duration;

use diesel::Connection as _;
use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::Connection;
use super::{Location, postgres, signing_keys, sqlite};
use crate::clock::Clock;
use crate::error::{Error, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How often a migration on PostgreSQL is tried while others hold what it needs, and how long is waited in between.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);

/// A migration waits this long for a table at most: what comes after it for the same table waits behind it.
/// It goes over the rows of all tenants.
const SETTINGS: &str = "SET LOCAL lock_timeout = '2s'; SET LOCAL client_min_messages = warning; \
    SET LOCAL cairn.purpose = 'migrate'";

/// Brings the tables of a database up to date and answers how many migrations ran. Several processes may start at
/// once: each migration runs once, the others wait for it. Whoever comes last to it finds the first signing key made.
pub fn migrate(location: &Location, clock: &Clock) -> Result<usize> {
    let mut connection = match location {
        Location::Sqlite(path) => sqlite::open_writer(path)?,
        Location::Postgres(url) => postgres::open(url)?,
    };
    if is_current(&mut connection)? && has_key(&mut connection)? {
        return Ok(0);
    }
    let mut ran = 0;
    while step(&mut connection, clock)? {
        ran += 1;
    }
    Ok(ran)
}

/// Runs the next migration and answers whether there was one; if not, there is a signing key. On PostgreSQL it gives
/// way to those who work, and comes back.
fn step(connection: &mut Connection, clock: &Clock) -> Result<bool> {
    let mut tries = 0;
    loop {
        let done = match connection {
            Connection::Sqlite(c) => c.immediate_transaction(|c| next(c, SQLITE)),
            Connection::Postgres(c) => c.transaction(|c| {
                // Without a limit of its own: whoever migrates already may take long.
                c.batch_execute("SELECT pg_advisory_xact_lock(4850171)")?;
                c.batch_execute(SETTINGS)?;
                next(c, POSTGRES)
            }),
        };
        match done {
            Ok(true) => return Ok(true),
            Ok(false) => break,
            Err(Failure(reason)) if tries < TRIES && reason.contains(postgres::LOCK_TIMED_OUT) => {
                tries += 1;
                tracing::info!(tries, "a migration waits for those who work");
                std::thread::sleep(PAUSE);
            }
            Err(Failure(reason))
                if reason.contains("permission denied") || reason.contains("must be owner") =>
            {
                return Err(Error::Forbidden(format!(
                    "the tables are not up to date, and this role may not change them ({reason}): run `cairn migrate` \
                     as their owner"
                )));
            }
            Err(Failure(reason)) => return Err(Error::internal(format!("migration failed: {reason}"))),
        }
    }
    first_key(connection, clock.now())?;
    Ok(false)
}

fn next<C, DB>(connection: &mut C, source: EmbeddedMigrations) -> std::result::Result<bool, Failure>
where
    DB: Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let pending = connection.pending_migrations(source).map_err(Failure::from)?;
    let Some(migration) = pending.first() else {
        return Ok(false);
    };
    connection.run_migration(migration).map_err(Failure::from)?;
    Ok(true)
}

/// Whether there is a signing key, also for a role that may not make one.
fn has_key(connection: &mut Connection) -> Result<bool> {
    match connection {
        Connection::Sqlite(c) => c.batch_execute("BEGIN")?,
        Connection::Postgres(c) => c.batch_execute("BEGIN; SET LOCAL cairn.purpose = 'read_signing_keys'")?,
    }
    let has_key = signing_keys::exist(connection)?;
    connection.batch_execute("COMMIT")?;
    Ok(has_key)
}

/// Makes the first signing key, once.
fn first_key(connection: &mut Connection, now: i64) -> Result<()> {
    match connection {
        Connection::Sqlite(c) => c.batch_execute("BEGIN IMMEDIATE")?,
        Connection::Postgres(c) => c.batch_execute(
            "BEGIN; SELECT pg_advisory_xact_lock(4850171); SET LOCAL cairn.purpose = 'migrate'",
        )?,
    }
    signing_keys::ensure(connection, now)?;
    Ok(connection.batch_execute("COMMIT")?)
}

/// Why a migration did not run, in the database's words.
struct Failure(String);

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Failure {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self(error.to_string())
    }
}

diesel::table! {
    /// Where diesel notes what has run.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// Whether every migration this program knows has run. Diesel's own question makes its table where there is none,
/// which a read must not.
pub(in crate::store) fn is_current(connection: &mut Connection) -> Result<bool> {
    let (known, done) = (known(connection)?, done(connection));
    Ok(known.iter().all(|version| done.contains(version)))
}

/// The migrations that this program knows.
pub(in crate::store) fn known(connection: &Connection) -> Result<Vec<String>> {
    match connection {
        Connection::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE),
        Connection::Postgres(_) => versions::<diesel::pg::Pg>(&POSTGRES),
    }
}

/// Those that have run; none where it is not a database of Cairn's.
pub(in crate::store) fn done(connection: &mut Connection) -> Vec<String> {
    __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .load(connection)
        .unwrap_or_default()
}

fn versions<DB: Backend>(source: &impl MigrationSource<DB>) -> Result<Vec<String>> {
    let migrations = source.migrations().map_err(Error::internal)?;
    Ok(migrations
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect())
}
