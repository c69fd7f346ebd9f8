//! Cairn: a shared-measurement service for collective impact.
pub mod domain;
