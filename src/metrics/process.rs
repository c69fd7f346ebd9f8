//! The process itself.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
    features: &'static str,
}

/// What does not change while it runs.
pub fn register(registry: &mut Registry, started_at: i64) {
    let started = Gauge::<f64, AtomicU64>::default();
    started.set(started_at as f64 / 1e6);
    registry.register(
        "process_start_time_seconds",
        "When the process started, in seconds since 1970",
        started,
    );
    let build = Family::<Build, Gauge>::default();
    build
        .get_or_create(&Build {
            version: env!("CARGO_PKG_VERSION"),
            features: if cfg!(feature = "pg-tls") { "pg-tls" } else { "" },
        })
        .set(1);
    registry.register("cairn_build_info", "The program that runs; always 1", build);
}

/// In bytes, as Linux tells; 0 elsewhere.
pub fn resident_memory() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<i64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
