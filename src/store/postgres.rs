//! PostgreSQL: a pool of connections; writes at READ COMMITTED that take turns on the coalition's clock, reads at
//! REPEATABLE READ, READ ONLY. Nothing outlives its transaction on a connection, so that a pooler may hand each
//! transaction to another one: no setting, no lock, no temporary table, and, where the address says so, no statement.

use std::time::Duration;

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::r2d2::{ManageConnection, Pool, R2D2Connection};
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use diesel::{Connection as _, ConnectionError, PgConnection};

use super::connection::{Connection, Pooled};
use super::postgres_address::PostgresAddress;
use crate::error::{Error, Result};

/// How often a write is run again after a deadlock or a serialization failure.
const RETRIES: usize = 5;

/// What PostgreSQL says when `lock_timeout` has passed.
pub(in crate::store) const LOCK_TIMED_OUT: &str = "canceling statement due to lock timeout";

/// Begins a write. What waits for a lock longer than this is told that the database is busy.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '10s'";

/// Begins a read.
pub(in crate::store) const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// One PostgreSQL database.
#[derive(Clone)]
pub(in crate::store) struct Postgres {
    pub pool: Pool<Connections>,
}

impl Postgres {
    /// Opens the pool; connections are made when first needed.
    pub fn open(url: &str, connections: u32) -> Result<Self> {
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(Duration::from_secs(5))
            .build(Connections {
                address: address(url)?,
            })
            .map_err(Error::internal)?;
        Ok(Self { pool })
    }

    /// Runs a write in a transaction of its own.
    pub fn write<T>(&self, work: impl Fn(&mut Connection) -> Result<T>) -> Result<T> {
        let mut pooled = self.pool.get().map_err(|_| Error::Busy)?;
        let mut tries = 0;
        loop {
            match attempt(&mut pooled, &work) {
                Err(Error::Database(error)) if tries < RETRIES && is_transient(&error) => tries += 1,
                Err(Error::Database(error)) if has_waited_enough(&error) => return Err(Error::Busy),
                result => return result,
            }
        }
    }
}

/// Connections to a standby, kept ready so that nobody waits for one; there need not be any yet.
pub(in crate::store) fn standby_pool(url: &str, connections: u32) -> Result<Pool<Connections>> {
    Ok(Pool::builder()
        .max_size(connections)
        .test_on_check_out(false)
        .connection_timeout(Duration::from_secs(5))
        .build_unchecked(Connections {
            address: address(url)?,
        }))
}

fn attempt<T>(pooled: &mut Pooled, work: &impl Fn(&mut Connection) -> Result<T>) -> Result<T> {
    // Until the transaction has ended well, a panic or an early return drops the connection.
    pooled.doubt();
    let connection = &mut pooled.connection;
    connection.batch_execute(BEGIN).map_err(|_| Error::Busy)?;
    let result = match work(connection) {
        Ok(answer) => match connection.batch_execute("COMMIT") {
            Ok(()) => Ok(answer),
            Err(error) if is_transient(&error) => Err(Error::Database(error)),
            Err(error) => {
                tracing::error!(%error, "a commit failed");
                return Err(Error::Busy);
            }
        },
        Err(error) => {
            connection.batch_execute("ROLLBACK").map_err(|_| Error::Busy)?;
            Err(error)
        }
    };
    pooled.trust();
    result
}

/// Serialization failures and deadlocks: the transaction did nothing and may be run again. libpq gives diesel no
/// code for a deadlock, only its text.
fn is_transient(error: &Diesel) -> bool {
    match error {
        Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Diesel::DatabaseError(_, information) => information.message().starts_with("deadlock detected"),
        _ => false,
    }
}

/// Another write held what this one needs for longer than `lock_timeout`: a large import, as a rule. Known by its text,
/// for the same reason.
fn has_waited_enough(error: &Diesel) -> bool {
    match error {
        Diesel::DatabaseError(_, information) => information.message() == LOCK_TIMED_OUT,
        _ => false,
    }
}

/// A connection of its own, outside any pool.
pub(in crate::store) fn open(url: &str) -> Result<Connection> {
    connect(&address(url)?).map_err(|error| Error::internal(format!("PostgreSQL cannot be reached: {error}")))
}

fn address(url: &str) -> Result<PostgresAddress> {
    PostgresAddress::parse(url).map_err(Error::internal)
}

fn connect(address: &PostgresAddress) -> std::result::Result<Connection, ConnectionError> {
    let mut connection = PgConnection::establish(&address.url)?;
    if !address.prepares {
        connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    }
    Ok(Connection::Postgres(connection))
}

/// Makes connections.
pub(in crate::store) struct Connections {
    address: PostgresAddress,
}

impl ManageConnection for Connections {
    type Connection = Pooled;
    type Error = ConnectionError;

    fn connect(&self) -> std::result::Result<Pooled, ConnectionError> {
        connect(&self.address).map(Pooled::new)
    }

    fn is_valid(&self, pooled: &mut Pooled) -> std::result::Result<(), ConnectionError> {
        pooled
            .connection
            .ping()
            .map_err(|error| ConnectionError::BadConnection(error.to_string()))
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.is_broken()
    }
}
