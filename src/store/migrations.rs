//! The tables, made and brought up to date by the program itself.

use diesel::backend::Backend;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::Connection;
use super::{Location, postgres, signing_keys, sqlite};
use crate::clock::Clock;
use crate::error::{Error, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the tables of a database up to date and answers how many migrations ran. On PostgreSQL several processes
/// may start at once: one migrates, the others wait for it. The first one also makes the first signing key.
pub fn migrate(location: &Location, clock: &Clock) -> Result<usize> {
    let mut connection = match location {
        Location::Sqlite(path) => sqlite::open_writer(path)?,
        Location::Postgres(url) => postgres::open(url)?,
    };
    let ran = match &mut connection {
        Connection::Sqlite(c) => c.run_pending_migrations(SQLITE).map(|versions| versions.len()),
        Connection::Postgres(c) => {
            use diesel::connection::SimpleConnection;
            c.batch_execute("SELECT pg_advisory_lock(4850171)")?;
            c.run_pending_migrations(POSTGRES).map(|versions| versions.len())
        }
    };
    let ran = ran.map_err(|error| Error::internal(format!("migration failed: {error}")))?;
    signing_keys::ensure(&mut connection, clock.now())?;
    Ok(ran)
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
