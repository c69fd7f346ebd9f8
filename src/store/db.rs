//! The two doors to the database, and the listed one.

use std::sync::Arc;
use std::time::Duration;

use tracing::{Instrument, Span};

use super::connection::Connection;
use super::fair_queue::{FairQueue, asker};
use super::postgres::Postgres;
use super::replica::Replica;
use super::sqlite::Sqlite;
use super::transaction::Context;
use super::turn::Turn;
use super::unavailable::explain;
use super::{Location, Purpose, Reach, Read, System, Together, Version, Write};
use crate::auth::{InCoalition, MayWrite, Tenant};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::metrics::{DatabaseMetrics, Kind, Wait};
use crate::telemetry::TRACED;

/// A database that has not answered after so long is taken to have stopped: whoever waits is told so. On PostgreSQL this
/// goes for writes too, but for large ones.
pub(super) const BOUND: Duration = Duration::from_secs(20);

/// So long somebody waits for a connection that is in use, or is not made yet.
pub(in crate::store) const PATIENCE: Duration = Duration::from_secs(5);

/// A database, of either kind. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pub(super) backend: Backend,
    pub(super) replica: Option<Replica>,
    context: Context,
    pub(super) places: FairQueue,
    pub(super) metrics: DatabaseMetrics,
}

#[derive(Clone)]
pub(super) enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Db {
    /// Opens a database whose tables are there; `connections` bounds how many reads (on PostgreSQL: transactions)
    /// run at once.
    pub fn open(location: &Location, connections: u32, clock: Clock) -> Result<Self> {
        let backend = match location {
            Location::Sqlite(path) => Backend::Sqlite(Sqlite::open(path, connections)?),
            Location::Postgres(url) => Backend::Postgres(Postgres::open(url, connections)?),
        };
        // SQLite reads within this process: more at once than there are processors would only share those.
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        let places = match &backend {
            Backend::Sqlite(_) => (connections as usize).min(processors.max(2)),
            Backend::Postgres(_) => connections as usize,
        };
        Ok(Self {
            backend,
            places: FairQueue::new(places),
            replica: None,
            context: Context {
                clock,
                ..Context::default()
            },
            metrics: DatabaseMetrics::default(),
        })
    }

    /// Has reads in coalitions go to a standby of the database where it is recent enough, with as many connections.
    pub fn reading_from(self, standby: &Location, connections: u32) -> Result<Self> {
        let (Backend::Postgres(_), Location::Postgres(url)) = (&self.backend, standby) else {
            return Err(Error::internal("only PostgreSQL has standbys to read from"));
        };
        Ok(Self {
            replica: Some(Replica::open(url, connections)?),
            ..self
        })
    }

    /// Whether the database has a turn for an asker, now or later; if not, all that it asks is refused as [`Error::Busy`].
    pub fn has_room(&self, asker: u64) -> bool {
        self.places.has_room(asker)
    }

    /// Has later reads in a coalition, by this process, see at least that state.
    pub fn need(&self, coalition_id: i32, version: Version) {
        if let Some(replica) = &self.replica {
            replica.need(coalition_id, version);
        }
    }

    /// The clock that this installation runs by.
    pub fn clock(&self) -> &Clock {
        &self.context.clock
    }

    /// What is counted of it.
    pub fn metrics(&self) -> &DatabaseMetrics {
        &self.metrics
    }

    /// How many of its connections are in use, of how many there may be; on SQLite, those that read.
    pub fn connections(&self) -> (u32, u32) {
        let (state, allowed) = match &self.backend {
            Backend::Sqlite(sqlite) => (sqlite.readers.state(), sqlite.readers.max_size()),
            Backend::Postgres(postgres) => (postgres.pool.state(), postgres.pool.max_size()),
        };
        (state.connections.saturating_sub(state.idle_connections), allowed)
    }

    /// Reads for a tenant, all of it as of one moment.
    pub async fn read<S, T>(
        &self,
        tenant: &S,
        work: impl Fn(&mut Read<'_, S>) -> Result<T> + Send + 'static,
    ) -> Result<T>
    where
        S: Tenant,
        T: Send + 'static,
    {
        let (tenant, context) = (tenant.clone(), self.context.clone());
        let least = tenant.at_least();
        self.reading(tenant.reach(), least, move |connection| {
            work(&mut Read::new(connection, &context, &tenant))
        })
        .await
    }

    /// Reads like [`Db::read`]. On SQLite it is tried at once first, on the thread that asks: the closure, which is told
    /// so, then answers `None` if it would take longer than another thread to wake up, and is run again on such a one.
    pub async fn read_at_once<S, T>(
        &self,
        tenant: &S,
        work: impl Fn(&mut Read<'_, S>, bool) -> Result<Option<T>> + Send + 'static,
    ) -> Result<T>
    where
        S: Tenant,
        T: Send + 'static,
    {
        let (tenant, context) = (tenant.clone(), self.context.clone());
        let (reach, least) = (tenant.reach(), tenant.at_least());
        let work = move |connection: &mut Connection, at_once| {
            work(&mut Read::new(connection, &context, &tenant), at_once)
        };
        self.reading_at_once(reach, least, work).await
    }

    /// Writes for a tenant that may; `Ok` is answered once it is durable, `Err` has changed nothing. The closure may
    /// be run more than once, so it must have no effect outside its transaction.
    pub async fn write<S, T>(
        &self,
        tenant: &S,
        work: impl Fn(&mut Write<'_, S>) -> Result<T> + Send + 'static,
    ) -> Result<T>
    where
        S: Tenant + MayWrite,
        T: Send + 'static,
    {
        self.write_sized(tenant, false, work).await
    }

    /// Like [`Db::write`]; `is_much` says that it changes thousands of rows.
    pub async fn write_sized<S, T>(
        &self,
        tenant: &S,
        is_much: bool,
        work: impl Fn(&mut Write<'_, S>) -> Result<T> + Send + 'static,
    ) -> Result<T>
    where
        S: Tenant + MayWrite,
        T: Send + 'static,
    {
        let (tenant, context) = (tenant.clone(), self.context.clone());
        let coalition_id = tenant.locks();
        let written = self.writing(tenant.reach(), is_much, move |connection| {
            let mut write = Write::begin(connection, &context, &tenant)?;
            let answer = work(&mut write)?;
            Ok((answer, write.tick.map(|tick| tick.version())))
        });
        let (answer, version) = written.await?;
        if let (Some(coalition_id), Some(version)) = (coalition_id, version) {
            self.need(coalition_id, version);
        }
        Ok(answer)
    }

    /// Writes for several tenants of one coalition in one transaction, each of which has a turn of its own.
    pub async fn write_together<S, T>(
        &self,
        tenants: Vec<S>,
        work: impl Fn(&mut Together<'_, S>) -> Result<T> + Send + 'static,
    ) -> Result<T>
    where
        S: InCoalition + MayWrite,
        T: Send + 'static,
    {
        let context = self.context.clone();
        let coalition_id = tenants.first().map(|tenant| tenant.coalition_id());
        let reach = together(&tenants);
        let written = self.writing(reach, false, move |connection| {
            let mut together = Together::begin(connection, &context, &tenants)?;
            let answer = work(&mut together)?;
            Ok((answer, together.lead().tick.map(|tick| tick.version())))
        });
        let (answer, version) = written.await?;
        if let (Some(coalition_id), Some(version)) = (coalition_id, version) {
            self.need(coalition_id, version);
        }
        Ok(answer)
    }

    /// Works without a tenant, for one of the purposes that have none.
    pub async fn system<T>(
        &self,
        purpose: Purpose,
        work: impl Fn(&mut System<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
    {
        self.system_for(purpose, None, work).await
    }

    /// The same, for an organization that is known before the database is asked, if it is.
    pub async fn system_for<T>(
        &self,
        purpose: Purpose,
        organization_id: Option<i32>,
        work: impl Fn(&mut System<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
    {
        let context = self.context.clone();
        let work = move |connection: &mut Connection| work(&mut System::new(connection, &context));
        let reach = Reach {
            purpose: Some(purpose),
            organization_ids: organization_id.into_iter().collect(),
            ..Reach::default()
        };
        if purpose.writes() {
            self.writing(reach, false, work).await
        } else if purpose.is_patient() {
            self.observed(Kind::Read, self.reading_patiently(reach, None, work))
                .await
        } else if purpose.is_brief() {
            self.reading_at_once(reach, None, move |connection, _| work(connection).map(Some))
                .await
        } else {
            self.reading(reach, None, work).await
        }
    }

    /// Has work counted, and done in a span of its own.
    pub(super) async fn observed<T>(&self, kind: Kind, work: impl Future<Output = Result<T>>) -> Result<T> {
        let span = self.span(kind);
        let answer = work.instrument(span.clone()).await;
        self.metrics.end(kind, answer.is_ok());
        span.record("cairn.outcome", if answer.is_ok() { "done" } else { "refused" });
        answer
    }

    fn span(&self, kind: Kind) -> Span {
        tracing::trace_span!(
            target: TRACED,
            "database",
            otel.name = match kind {
                Kind::Read => "database read",
                Kind::Write => "database write",
            },
            otel.kind = "client",
            db.system.name = match &self.backend {
                Backend::Sqlite(_) => "sqlite",
                Backend::Postgres(_) => "postgresql",
            },
            cairn.outcome = tracing::field::Empty,
        )
    }

    async fn writing<T: Send + 'static>(
        &self,
        reach: Reach,
        is_much: bool,
        work: impl Fn(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let wait = self.metrics.wait(Kind::Write);
        self.observed(Kind::Write, self.writing_unobserved(reach, is_much, wait, work))
            .await
    }

    async fn writing_unobserved<T: Send + 'static>(
        &self,
        reach: Reach,
        is_much: bool,
        wait: Wait,
        work: impl Fn(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.write(work, is_much, wait).await,
            Backend::Postgres(postgres) => {
                let (postgres, turn) = (postgres.clone(), Arc::new(Turn::default()));
                let writing = {
                    let (turn, places) = (Arc::clone(&turn), self.places.clone());
                    async move {
                        let place = places.enter(asker(reach.coalition_id)).await?;
                        blocking(move || {
                            let _place = place;
                            postgres.write(&reach, &turn, work, wait)
                        })
                        .await
                    }
                };
                if is_much {
                    return writing.await;
                }
                match tokio::time::timeout(BOUND, writing).await {
                    Ok(answer) => answer,
                    Err(_) if turn.give_up() => Err(Error::Busy),
                    Err(_) => Err(Error::Unknown),
                }
            }
        }
    }
}

/// What those who write together reach: one coalition, and the organization of each.
fn together<S: InCoalition>(tenants: &[S]) -> Reach {
    let mut organization_ids: Vec<i32> = tenants.iter().map(|tenant| tenant.organization_id()).collect();
    organization_ids.sort_unstable();
    organization_ids.dedup();
    Reach {
        coalition_id: tenants.first().map(|tenant| tenant.coalition_id()),
        organization_ids,
        ..Reach::default()
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    // So that what is logged there is logged under the request that it is done for.
    let span = tracing::Span::current();
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place from which blocking work leaves the event loop"
    )]
    let answer = actix_web::web::block(move || span.in_scope(work)).await;
    answer
        .map_err(|_| Error::internal("a database task was cancelled or panicked"))?
        .map_err(explain)
}
