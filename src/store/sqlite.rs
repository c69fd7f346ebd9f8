//! SQLite: many readers, and one writer thread that commits writes in groups.
//!
//! Writes that wait together share one transaction, so that one `fsync` serves them all. Each runs in a savepoint:
//! an error of its own (a domain rule, a constraint) undoes that savepoint alone. Any other error, and any panic,
//! puts the whole transaction in doubt (SQLite may have rolled it back by itself, and the next savepoint would then
//! open a transaction of its own), so the group is rolled back, the connection dropped, and each write of the group
//! run again alone. That is why writes are re-runnable closures without outside effects. Nothing is answered before
//! the commit, and a commit whose outcome is unknown is never run again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, Pool};
use diesel::{Connection as _, ConnectionError, SqliteConnection};
use tokio::sync::oneshot;

use super::connection::{Connection, Pooled};
use super::turn::Turn;
use super::unavailable::{explain, is_full};
use crate::error::{Error, Result};
use crate::metrics::Wait;

/// Writes that may wait; more are told to come back.
const QUEUE: usize = 1_024;
/// A write that has not begun after so long is given up: while a large import is applied, others are told to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// One that has begun, and changes little, is answered after so long, whether or not it has ended.
const BOUND: Duration = Duration::from_secs(20);
/// Writes that share one transaction at most.
const GROUP: usize = 128;

/// One SQLite database.
#[derive(Clone)]
pub(in crate::store) struct Sqlite {
    pub readers: Pool<Readers>,
    queue: SyncSender<Box<dyn Job>>,
}

/// A write as the writer thread sees it.
trait Job: Send {
    /// Whether it wants a transaction of its own.
    fn is_alone(&self) -> bool;
    /// Runs it; whether its savepoint is kept, undone, or the transaction is in doubt.
    fn run(&mut self, connection: &mut Connection) -> Outcome;
    /// Answers it, once it is known what became of the transaction, or that it will not be.
    fn answer(self: Box<Self>, end: End);
}

/// How a transaction ended.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Committed,
    Undone,
    /// Its commit failed in a way that leaves it open what is found on disk after a crash.
    Unknown,
}

/// What could not be committed, with nothing of it done.
enum Left {
    /// The transaction could not begin, for any of them.
    Shut(Vec<Box<dyn Job>>),
    /// One of them put the transaction in doubt.
    Doubt(Vec<Box<dyn Job>>),
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Keep,
    Undo,
    Doubt,
}

struct Task<F, T> {
    work: F,
    is_alone: bool,
    turn: Arc<Turn>,
    /// Until it is begun.
    wait: Option<Wait>,
    /// What is logged is logged under the request that it is done for.
    span: tracing::Span,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<F, T> Job for Task<F, T>
where
    F: Fn(&mut Connection) -> Result<T> + Send,
    T: Send,
{
    fn is_alone(&self) -> bool {
        self.is_alone
    }

    fn run(&mut self, connection: &mut Connection) -> Outcome {
        self.wait = None;
        if !self.turn.begin() {
            return Outcome::Undo;
        }
        let _entered = self.span.enter();
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)))
            .unwrap_or_else(|_| Err(Error::internal("a write panicked")));
        let outcome = match &result {
            Ok(_) => Outcome::Keep,
            Err(error) if error.is_own() => Outcome::Undo,
            Err(_) => Outcome::Doubt,
        };
        self.result = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, end: End) {
        let result = match (self.result, end) {
            (Some(Ok(_)), End::Undone) | (None, _) => Err(Error::Busy),
            (Some(Ok(_)), End::Unknown) => Err(Error::Unknown),
            (Some(result), _) => result.map_err(explain),
        };
        // A caller who has gone away needs no answer.
        let _ = self.reply.send(result);
    }
}

impl Sqlite {
    /// Opens the file, its readers and its writer thread.
    pub fn open(path: &Path, readers: u32) -> Result<Self> {
        let writer = open_writer(path)?;
        let readers = Pool::builder()
            .max_size(readers)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(std::time::Duration::from_secs(5))
            .build(Readers {
                path: path.to_path_buf(),
            })
            .map_err(Error::internal)?;
        let (queue, jobs) = sync_channel(QUEUE);
        let path = path.to_path_buf();
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                Writer {
                    path,
                    connection: Some(writer),
                }
                .serve(&jobs)
            })
            .map_err(Error::internal)?;
        Ok(Self { readers, queue })
    }

    /// Runs a write and waits until it is on disk. One that changes much is better alone: within a savepoint, SQLite
    /// keeps every page in memory as it was, once for each statement that changes it.
    pub async fn write<F, T>(&self, work: F, is_alone: bool, wait: Wait) -> Result<T>
    where
        F: Fn(&mut Connection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, mut answer) = oneshot::channel();
        let turn = Arc::new(Turn::default());
        self.queue
            .try_send(Box::new(Task {
                work,
                is_alone,
                turn: Arc::clone(&turn),
                wait: Some(wait),
                span: tracing::Span::current(),
                result: None,
                reply,
            }))
            .map_err(|error| match error {
                TrySendError::Full(_) => Error::Busy,
                TrySendError::Disconnected(_) => Error::internal("the writer thread has ended"),
            })?;
        let ended = |_| Error::internal("the writer thread has ended");
        match tokio::time::timeout(PATIENCE, &mut answer).await {
            Ok(answer) => answer.map_err(ended)?,
            Err(_) if turn.give_up() => Err(Error::Busy),
            Err(_) if is_alone => answer.await.map_err(ended)?,
            Err(_) => match tokio::time::timeout(BOUND, answer).await {
                Ok(answer) => answer.map_err(ended)?,
                Err(_) => Err(Error::Unknown),
            },
        }
    }
}

struct Writer {
    path: PathBuf,
    connection: Option<Connection>,
}

impl Writer {
    fn serve(mut self, jobs: &Receiver<Box<dyn Job>>) {
        let mut put_off: Option<Box<dyn Job>> = None;
        while let Some(first) = put_off.take().or_else(|| jobs.recv().ok()) {
            let mut group = vec![first];
            while group.len() < GROUP
                && !group[0].is_alone()
                && put_off.is_none()
                && let Ok(next) = jobs.try_recv()
            {
                if next.is_alone() {
                    put_off = Some(next);
                } else {
                    group.push(next);
                }
            }
            match self.commit(group) {
                Ok(()) => {}
                Err(Left::Shut(group)) => give_back(group),
                Err(Left::Doubt(group)) => self.commit_each(group),
            }
        }
    }

    /// A transaction for each.
    fn commit_each(&mut self, group: Vec<Box<dyn Job>>) {
        let mut rest = group.into_iter();
        while let Some(job) = rest.next() {
            match self.commit(vec![job]) {
                Ok(()) => {}
                Err(Left::Doubt(alone)) => give_back(alone),
                Err(Left::Shut(alone)) => {
                    // The others would wait for the same.
                    give_back(alone);
                    give_back(rest.collect());
                    return;
                }
            }
        }
    }

    /// One transaction over a group. `Err` gives the group back, with nothing of it done.
    fn commit(&mut self, mut group: Vec<Box<dyn Job>>) -> std::result::Result<(), Left> {
        let Some(mut connection) = self.connection.take().or_else(|| open_writer(&self.path).ok()) else {
            tracing::error!("the database could not be opened for writing");
            return Err(Left::Shut(group));
        };
        if let Err(error) = connection.batch_execute("BEGIN IMMEDIATE") {
            tracing::error!(%error, "a write could not begin");
            return Err(Left::Shut(group));
        }
        let end = match run(&mut group, &mut connection) {
            Ok(end) => end,
            Err(error) => {
                tracing::error!(%error, "a write was given up with its group");
                // Dropping the connection rolls back whatever is left of the transaction.
                return Err(Left::Doubt(group));
            }
        };
        let ended = match connection.batch_execute(end) {
            Ok(()) => {
                self.connection = Some(connection);
                End::Committed
            }
            Err(error) => {
                tracing::error!(%error, "a commit failed");
                // What makes it a commit is written last, so on a full disk it is not there.
                if is_full(&error) {
                    End::Undone
                } else {
                    End::Unknown
                }
            }
        };
        group.into_iter().for_each(|job| job.answer(ended));
        Ok(())
    }
}

fn give_back(group: Vec<Box<dyn Job>>) {
    group.into_iter().for_each(|job| job.answer(End::Undone));
}

/// Runs a group, and answers how its transaction is to end: one that has it for itself needs no savepoint.
fn run(group: &mut [Box<dyn Job>], connection: &mut Connection) -> Result<&'static str> {
    if let [alone] = group {
        return match alone.run(connection) {
            Outcome::Keep => Ok("COMMIT"),
            Outcome::Undo => Ok("ROLLBACK"),
            Outcome::Doubt => Err(doubt()),
        };
    }
    for job in group {
        run_in_savepoint(job.as_mut(), connection)?;
    }
    Ok("COMMIT")
}

fn doubt() -> Error {
    Error::internal("it failed in a way that puts the transaction in doubt")
}

fn run_in_savepoint(job: &mut dyn Job, connection: &mut Connection) -> Result<()> {
    connection.batch_execute("SAVEPOINT one")?;
    match job.run(connection) {
        Outcome::Keep => connection.batch_execute("RELEASE one")?,
        Outcome::Undo => connection.batch_execute("ROLLBACK TO one; RELEASE one")?,
        Outcome::Doubt => return Err(doubt()),
    }
    Ok(())
}

/// A connection that may write.
pub(in crate::store) fn open_writer(path: &Path) -> Result<Connection> {
    let mut connection = establish(path).map_err(Error::internal)?;
    connection
        .batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; \
             PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(Error::internal)?;
    Ok(Connection::Sqlite(connection))
}

/// Makes connections that can only read.
pub(in crate::store) struct Readers {
    path: PathBuf,
}

impl ManageConnection for Readers {
    type Connection = Pooled;
    type Error = ConnectionError;

    fn connect(&self) -> std::result::Result<Pooled, ConnectionError> {
        let mut connection = establish(&self.path)?;
        connection
            .batch_execute(
                "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA cache_size = -4000; \
                 PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY;",
            )
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(Pooled::new(Connection::Sqlite(connection)))
    }

    fn is_valid(&self, _connection: &mut Pooled) -> std::result::Result<(), ConnectionError> {
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.is_broken()
    }
}

pub(in crate::store) fn establish(path: &Path) -> std::result::Result<SqliteConnection, ConnectionError> {
    let path = path
        .to_str()
        .ok_or_else(|| ConnectionError::BadConnection("the path is not UTF-8".into()))?;
    SqliteConnection::establish(path)
}
