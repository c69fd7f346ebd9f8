//! PostgreSQL: a pool of connections; writes at READ COMMITTED that take turns on the coalition's clock, reads at
//! REPEATABLE READ, READ ONLY. Nothing outlives its transaction on a connection, so that a pooler may hand each
//! transaction to another one: no setting, no lock, no temporary table, and, where the address says so, no statement.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::r2d2::{ManageConnection, Pool, R2D2Connection};
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use diesel::{Connection as _, ConnectionError, PgConnection};

use super::Reach;
use super::connection::{Connection, Pooled};
use super::db::PATIENCE;
use super::postgres_address::PostgresAddress;
use super::turn::Turn;
use crate::error::{Error, Result};
use crate::metrics::Wait;

/// How often a write is run again after a deadlock or a serialization failure.
const RETRIES: usize = 5;

/// A connection that could not be made is tried again after at most half of this, also where the server was away for
/// long. How long somebody waits for a connection is another thing: [`PATIENCE`].
const RETRYING: Duration = Duration::from_secs(1);

/// For so long after an attempt has failed no other is made, however many connections are wanted.
const PAUSE: Duration = Duration::from_millis(200);

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
            .connection_timeout(RETRYING)
            .build_unchecked(Connections::to(url)?);
        pool.get_timeout(PATIENCE).map_err(Error::internal)?;
        Ok(Self { pool })
    }

    /// Runs a write in a transaction of its own, once there is a connection for it, unless it is given up before it is
    /// committed.
    pub fn write<T>(
        &self,
        reach: &Reach,
        turn: &Turn,
        work: impl Fn(&mut Connection) -> Result<T>,
        wait: Wait,
    ) -> Result<T> {
        let begin = reach.after(BEGIN);
        let mut wait = Some(wait);
        let (mut dead, mut tries) = (0, 0);
        loop {
            let mut pooled = self.pool.get_timeout(PATIENCE).map_err(|_| Error::Busy)?;
            wait.take();
            match attempt(&mut pooled, &begin, turn, &work) {
                // All that lie in the pool may be dead.
                Err(Failure::NotBegun) if dead < self.pool.max_size() => dead += 1,
                Err(Failure::NotBegun) => return Err(Error::Busy),
                Err(Failure::Work(Error::Database(error))) if tries < RETRIES && is_transient(&error) => {
                    tries += 1;
                }
                Err(Failure::Work(Error::Database(error))) if has_waited_enough(&error) => {
                    return Err(Error::Busy);
                }
                Err(Failure::Work(error)) => return Err(error),
                Ok(answer) => return Ok(answer),
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
        .build_unchecked(Connections::to(url)?))
}

enum Failure {
    /// The connection was dead, and nothing was tried.
    NotBegun,
    /// It failed.
    Work(Error),
}

fn attempt<T>(
    pooled: &mut Pooled,
    begin: &str,
    turn: &Turn,
    work: &impl Fn(&mut Connection) -> Result<T>,
) -> std::result::Result<T, Failure> {
    // Until the transaction has ended well, a panic or an early return drops the connection.
    pooled.doubt();
    let connection = &mut pooled.connection;
    connection.batch_execute(begin).map_err(|_| Failure::NotBegun)?;
    let result = match work(connection) {
        Ok(answer) if turn.begin() => match connection.batch_execute("COMMIT") {
            Ok(()) => Ok(answer),
            Err(error) if is_transient(&error) => Err(Error::Database(error)),
            Err(error) => {
                tracing::error!(%error, "a commit failed");
                return Err(Failure::Work(Error::Unknown));
            }
        },
        done => {
            let rolled_back = connection.batch_execute("ROLLBACK");
            rolled_back.map_err(|_| Failure::Work(Error::Busy))?;
            Err(done.err().unwrap_or(Error::Busy))
        }
    };
    pooled.trust();
    result.map_err(Failure::Work)
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
    let mut connection = PgConnection::establish(&with_bounds(&address.url))?;
    if !address.prepares {
        connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    }
    Ok(Connection::Postgres(connection))
}

/// The address with bounds, where it has none of its own: a server that does not answer a greeting, or whose machine is
/// gone, is given up.
fn with_bounds(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in [
        ("connect_timeout", "5"),
        ("tcp_user_timeout", "20000"),
        ("keepalives_idle", "10"),
        ("keepalives_interval", "5"),
    ] {
        if !url.contains(name) {
            let sign = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{sign}{name}={value}"));
        }
    }
    url
}

/// Makes connections, and leaves a server that is away alone between attempts.
pub(in crate::store) struct Connections {
    address: PostgresAddress,
    failed_at: Mutex<Option<Instant>>,
}

impl Connections {
    fn to(url: &str) -> Result<Self> {
        Ok(Self {
            address: address(url)?,
            failed_at: Mutex::default(),
        })
    }

    fn failed_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.failed_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ManageConnection for Connections {
    type Connection = Pooled;
    type Error = ConnectionError;

    fn connect(&self) -> std::result::Result<Pooled, ConnectionError> {
        if self.failed_at().is_some_and(|time| time.elapsed() < PAUSE) {
            return Err(ConnectionError::BadConnection("it was away just now".into()));
        }
        let made = connect(&self.address);
        *self.failed_at() = made.is_err().then(Instant::now);
        made.map(Pooled::new)
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
