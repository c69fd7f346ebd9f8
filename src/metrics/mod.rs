//! What the service counts, for Prometheus and programs like it. No label names a tenant, a person or a thing of theirs:
//! labels are route templates, methods and statuses, all of them from lists that are fixed.

mod database;
mod process;
mod requests;

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

pub use database::{DatabaseMetrics, Kind, Wait};
pub use requests::{Asked, RequestMetrics};

use crate::app::App;
use crate::error::{Error, Result};

/// The media type of what is answered: OpenMetrics, which Prometheus reads.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    /// Requests.
    pub requests: RequestMetrics,
    registry: Arc<Registry>,
    states: States,
}

/// What is looked up when it is asked for.
#[derive(Clone, Default)]
struct States {
    readers: Gauge,
    readers_used: Gauge,
    waiting_together: Gauge,
    imports_waiting: Gauge,
    imports_running: Gauge,
    sign_in_slots: Gauge,
    sign_in_slots_used: Gauge,
    memory: Gauge,
}

impl Metrics {
    /// With what the database counts; the process started at that time, in microseconds.
    pub fn new(database: &DatabaseMetrics, started_at: i64) -> Self {
        let mut registry = Registry::default();
        let (requests, states) = (RequestMetrics::default(), States::default());
        requests.register(registry.sub_registry_with_prefix("cairn_http"));
        database.register(registry.sub_registry_with_prefix("cairn_database"));
        states.register(&mut registry);
        process::register(&mut registry, started_at);
        Self {
            requests,
            registry: Arc::new(registry),
            states,
        }
    }

    /// Everything, as text.
    pub fn text(&self, app: &App) -> Result<String> {
        self.states.look(app);
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(Error::internal)?;
        Ok(text)
    }
}

impl States {
    fn register(&self, registry: &mut Registry) {
        for (name, help, gauge) in [
            (
                "cairn_database_connections_allowed",
                "Reads that may run at once; on PostgreSQL transactions",
                &self.readers,
            ),
            (
                "cairn_database_connections_used",
                "Reads that are running; on PostgreSQL transactions",
                &self.readers_used,
            ),
            (
                "cairn_submissions_waiting",
                "Small submissions that wait to be applied with others",
                &self.waiting_together,
            ),
            (
                "cairn_imports_waiting",
                "Large submissions that wait for their turn",
                &self.imports_waiting,
            ),
            (
                "cairn_imports_running",
                "Large submissions that are being applied",
                &self.imports_running,
            ),
            (
                "cairn_password_slots_allowed",
                "Passwords that may be checked at once",
                &self.sign_in_slots,
            ),
            (
                "cairn_password_slots_used",
                "Passwords that are being checked",
                &self.sign_in_slots_used,
            ),
            (
                "process_resident_memory_bytes",
                "Memory that the process has in use; 0 where the system does not tell",
                &self.memory,
            ),
        ] {
            registry.register(name, help, gauge.clone());
        }
    }

    fn look(&self, app: &App) {
        let (used, allowed) = app.db.connections();
        self.readers.set(i64::from(allowed));
        self.readers_used.set(i64::from(used));
        self.waiting_together.set(app.together.waiting() as i64);
        let (waiting, running) = app.imports.count();
        self.imports_waiting.set(waiting as i64);
        self.imports_running.set(running as i64);
        let (used, allowed) = app.passwords.slots();
        self.sign_in_slots.set(allowed as i64);
        self.sign_in_slots_used.set(used as i64);
        self.memory.set(process::resident_memory());
    }
}
