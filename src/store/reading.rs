//! How reads are done: on another thread, so that a long one holds up nobody else's request, or at once on the thread that
//! asks, where that takes no longer than waking another; each in a transaction, on a connection that may turn out to be
//! dead.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::r2d2::{ManageConnection, Pool};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl};

use super::connection::{Connection, Pooled};
use super::db::{BOUND, Backend, Db, PATIENCE, blocking};
use super::fair_queue::asker;
use super::postgres::READ;
use super::unavailable::explain;
use super::{Reach, Version};
use crate::error::{Error, Result};
use crate::metrics::{Kind, Wait};

impl Db {
    /// Reads on another thread.
    pub(super) async fn reading<T: Send + 'static>(
        &self,
        reach: Reach,
        least: Option<(i32, Version)>,
        work: impl Fn(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let reading = self.reading_patiently(reach, least, work);
        self.observed(Kind::Read, bounded(reading)).await
    }

    /// Reads at once where that can be and the work, which is told so, does not answer `None`; else on another thread.
    pub(super) async fn reading_at_once<T: Send + 'static>(
        &self,
        reach: Reach,
        least: Option<(i32, Version)>,
        work: impl Fn(&mut Connection, bool) -> Result<Option<T>> + Send + 'static,
    ) -> Result<T> {
        let reading = async {
            if let Some(answer) = self.tried_at_once(&reach, &work).await? {
                return Ok(answer);
            }
            let work = move |connection: &mut Connection| {
                work(connection, false)?
                    .ok_or_else(|| Error::internal("it was not said that it had to be done at once"))
            };
            self.reading_patiently(reach, least, work).await
        };
        self.observed(Kind::Read, bounded(reading)).await
    }

    /// One read on the thread that asks; `None` where that cannot be, or the work would take too long for that.
    async fn tried_at_once<T>(
        &self,
        reach: &Reach,
        work: &impl Fn(&mut Connection, bool) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let Backend::Sqlite(sqlite) = &self.backend else {
            return Ok(None);
        };
        let asker = asker(reach.coalition_id);
        // Who is calling has to be found out before anything can wait.
        if reach.purpose.is_none() && !self.places.is_modest(asker) {
            return Ok(None);
        }
        let wait = self.metrics.wait(Kind::Read);
        let _place = self.places.enter(asker).await?;
        let Some(mut pooled) = sqlite.readers.try_get() else {
            return Ok(None);
        };
        drop(wait);
        let work = |connection: &mut Connection| work(connection, true);
        // The pool drops a connection on which something panicked.
        let answer = catch_unwind(AssertUnwindSafe(|| read_on(&mut pooled, "BEGIN", &work)));
        let answer = answer.map_err(|_| Error::internal("a database task panicked"))?;
        answer.unwrap_or(Ok(None)).map_err(explain)
    }

    /// Reads on another thread, however long it takes.
    pub(super) async fn reading_patiently<T: Send + 'static>(
        &self,
        reach: Reach,
        least: Option<(i32, Version)>,
        work: impl Fn(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let wait = self.metrics.wait(Kind::Read);
        let place = self.places.enter(asker(reach.coalition_id)).await?;
        let backend = self.backend.clone();
        let replica = self.replica.clone();
        blocking(move || {
            // Kept until the work is done, though whoever asked may have gone.
            let _place = place;
            if let (Some(replica), Some((coalition_id, seen))) = (replica, least)
                && let Some(answer) = replica.read(&reach, coalition_id, seen, &work)
            {
                return answer;
            }
            match &backend {
                Backend::Sqlite(sqlite) => read_with(&sqlite.readers, "BEGIN", wait, &work),
                Backend::Postgres(postgres) => read_with(&postgres.pool, &reach.after(READ), wait, &work),
            }
        })
        .await
    }
}

/// Whoever asks is answered, also where the database has stopped in the middle.
async fn bounded<T>(reading: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(BOUND, reading)
        .await
        .unwrap_or(Err(Error::Busy))
}

/// One read transaction; once more on another connection where the first one turned out to be dead.
pub(in crate::store) fn read_with<M, T>(
    pool: &Pool<M>,
    begin: &str,
    wait: Wait,
    work: &impl Fn(&mut Connection) -> Result<T>,
) -> Result<T>
where
    M: ManageConnection<Connection = Pooled>,
{
    let mut wait = Some(wait);
    // All that lie in the pool may be dead.
    for _ in 0..=pool.max_size() {
        let mut pooled = pool.get_timeout(PATIENCE).map_err(|_| Error::Busy)?;
        wait.take();
        if let Some(answer) = read_on(&mut pooled, begin, work) {
            return answer;
        }
    }
    Err(Error::Busy)
}

/// One read transaction on that connection; `None` where it turned out to be dead.
pub(in crate::store) fn read_on<T>(
    pooled: &mut Pooled,
    begin: &str,
    work: &impl Fn(&mut Connection) -> Result<T>,
) -> Option<Result<T>> {
    // Until the transaction has ended well, a panic or an early return drops the connection.
    pooled.doubt();
    if run(&mut pooled.connection, begin).is_err() {
        return None;
    }
    let result = work(&mut pooled.connection);
    match (run(&mut pooled.connection, "COMMIT"), result) {
        (Err(_), Err(Error::Database(_))) => None,
        (Err(_), result) => Some(result),
        (Ok(()), result) => {
            pooled.trust();
            Some(result)
        }
    }
}

/// Runs a text without values, on SQLite in the form that the connection has prepared.
fn run(connection: &mut Connection, text: &str) -> QueryResult<()> {
    match connection {
        Connection::Sqlite(c) => Plain(text).execute(c).map(drop),
        Connection::Postgres(c) => c.batch_execute(text),
    }
}

/// A text without values.
struct Plain<'a>(&'a str);

impl QueryFragment<Sqlite> for Plain<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql(self.0);
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _: &Sqlite) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Known by itself.
impl QueryId for Plain<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for Plain<'_> {}
