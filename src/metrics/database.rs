//! The database: its transactions, and what waits for it.

use std::time::Instant;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::requests::durations;
/// What a transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Kind {
    /// It reads.
    Read,
    /// It writes.
    Write,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Transaction {
    kind: Kind,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Outcome {
    Done,
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Waiter {
    kind: Kind,
}

/// What is counted of the database. Cheap to clone.
#[derive(Clone)]
pub struct DatabaseMetrics {
    transactions: Family<Transaction, Counter>,
    waiting: Family<Waiter, Gauge>,
    waits: Family<Waiter, Histogram, fn() -> Histogram>,
    rows: Counter,
}

/// Work that waits for its turn, until it is dropped.
pub struct Wait {
    since: Instant,
    waiting: Gauge,
    waits: Histogram,
}

impl Default for DatabaseMetrics {
    fn default() -> Self {
        Self {
            transactions: Family::default(),
            waiting: Family::default(),
            waits: Family::new_with_constructor(durations),
            rows: Counter::default(),
        }
    }
}

impl DatabaseMetrics {
    /// Work begins to wait: for a connection, or on SQLite for the writer.
    pub fn wait(&self, kind: Kind) -> Wait {
        let waiter = Waiter { kind };
        let waiting = self.waiting.get_or_create(&waiter).clone();
        waiting.inc();
        Wait {
            since: Instant::now(),
            waiting,
            waits: self.waits.get_or_create(&waiter).clone(),
        }
    }

    /// A transaction ended: with what it was begun for, or with nothing changed.
    pub fn end(&self, kind: Kind, is_done: bool) {
        let outcome = if is_done { Outcome::Done } else { Outcome::Refused };
        self.transactions
            .get_or_create(&Transaction { kind, outcome })
            .inc();
    }

    /// A submission of that many rows was applied.
    pub fn submit(&self, rows: usize) {
        self.rows.inc_by(rows as u64);
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "transactions",
            "Transactions that ended: done, or refused with nothing changed",
            self.transactions.clone(),
        );
        registry.register(
            "waiting",
            "Work that waits for a connection, or on SQLite for the one writer",
            self.waiting.clone(),
        );
        registry.register_with_unit("wait", "How long it waited", Unit::Seconds, self.waits.clone());
        registry.register(
            "rows_submitted",
            "Rows of the submissions that were applied",
            self.rows.clone(),
        );
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.waiting.dec();
        self.waits.observe(self.since.elapsed().as_secs_f64());
    }
}
