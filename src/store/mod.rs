//! The only code that speaks SQL: one file per noun, over [`Db`].
//!
//! There is no connection without a tenant. [`Db::read`] and [`Db::write`] take the proof of who is asking
//! ([`crate::auth::Scope`] or [`crate::auth::Coalition`]) and hand the closure a [`Read`] or [`Write`] that holds
//! both; what truly has no tenant goes through [`Db::system`] and names its [`Purpose`]. Functions here never open
//! transactions, never wait, and never decide who may do what.

pub mod activities;
mod any_connection;
pub mod callers;
mod coalition_clock;
mod connection;
mod db;
pub mod dimensions;
pub mod goals;
pub mod health;
mod location;
mod lock;
pub mod measures;
mod migrations;
pub mod organizations;
pub mod participants;
mod postgres;
mod purpose;
pub mod reference_points;
mod schema;
mod schema_cache;
mod schemas;
pub mod signing_keys;
mod sqlite;
mod transaction;

pub use coalition_clock::Tick;
pub use db::Db;
pub use location::Location;
pub use lock::DatabaseLock;
pub use migrations::migrate;
pub use purpose::Purpose;
pub use transaction::{Read, System, Write};
