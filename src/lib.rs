//! Cairn: a shared-measurement service for collective impact.

pub mod app;
pub mod auth;
pub mod checksum;
pub mod clock;
pub mod config;
#[cfg(test)]
pub(crate) mod damage;
pub mod domain;
pub mod error;
pub mod formats;
pub mod http;
pub mod imports;
pub mod metrics;
pub mod store;
pub mod submit;
pub mod telemetry;
#[cfg(feature = "otel")]
pub mod traces;
