//! Logs: through `tracing` to standard error, without secrets at any level. And traces, in builds that have them.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::config::{LogFormat, LogOptions};
#[cfg(feature = "otel")]
use crate::traces::Traces;

/// The target of spans that are only there to be exported: in no log above `trace`.
pub const TRACED: &str = "cairn::traced";

/// What has begun. Where traces are exported, dropping it exports the last of them.
#[must_use]
pub struct Telemetry {
    #[cfg(feature = "otel")]
    _traces: Option<Traces>,
}

/// Begins logging, and for a service, in builds that have them, traces; the error is a sentence for the person who wrote
/// what is told from outside.
pub fn start(options: &LogOptions, is_service: bool) -> Result<Telemetry, String> {
    let filter: Targets = options.filter.parse().map_err(|_| {
        format!(
            "'{}' is not a log filter: write info, or info,cairn=debug",
            options.filter
        )
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match options.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter));
    #[cfg(not(feature = "otel"))]
    let (registry, telemetry) = {
        let _ = is_service;
        (registry, Telemetry {})
    };
    #[cfg(feature = "otel")]
    let (registry, telemetry) = {
        let traces = if is_service { Traces::start()? } else { None };
        let registry = registry.with(traces.as_ref().map(Traces::layer));
        (registry, Telemetry { _traces: traces })
    };
    registry.try_init().map_err(|error| error.to_string())?;
    Ok(telemetry)
}
