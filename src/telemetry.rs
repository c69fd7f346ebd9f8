//! Logs: through `tracing` to standard error, without secrets at any level.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::config::{LogFormat, LogOptions};

/// Begins logging; the error is a sentence for the person who wrote the filter.
pub fn start(options: &LogOptions) -> Result<(), String> {
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
    tracing_subscriber::registry()
        .with(lines)
        .with(filter)
        .try_init()
        .map_err(|error| error.to_string())
}
