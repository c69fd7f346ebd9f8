//! The tables, made and brought up to date by the program itself.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{Connection, each};
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

/// Whether every migration this program knows has run.
pub(in crate::store) fn is_current(connection: &mut Connection) -> Result<bool> {
    let source = match connection {
        Connection::Sqlite(_) => SQLITE,
        Connection::Postgres(_) => POSTGRES,
    };
    each!(connection, c => c.has_pending_migration(source))
        .map(|pending| !pending)
        .map_err(|error| Error::internal(format!("migrations cannot be read: {error}")))
}
