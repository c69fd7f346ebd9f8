//! The only code that speaks SQL: one file per noun, over [`Db`].
//!
//! There is no connection without a tenant. [`Db::read`] and [`Db::write`] take the proof of who is asking
//! ([`crate::auth::Scope`] or [`crate::auth::Coalition`]) and hand the closure a [`Read`] or [`Write`] that holds
//! both; what truly has no tenant goes through [`Db::system`] and names its [`Purpose`]. Functions here never open
//! transactions, never wait, and never decide who may do what.

pub mod accounts;
pub mod activities;
pub mod actors;
pub mod aggregates;
mod any_connection;
pub mod api_keys;
mod arrays;
pub mod callers;
mod cells;
pub mod changeset;
mod coalition_clock;
pub mod coalitions;
pub mod completeness;
mod connection;
mod coverage;
mod db;
pub mod dimensions;
mod doubts;
mod earlier_periods;
pub mod earlier_values;
pub mod figures;
pub mod followed_links;
pub mod goals;
pub mod health;
pub mod idempotency;
pub mod imports;
pub mod instants;
pub mod invitations;
pub mod joining;
mod kept;
mod location;
mod lock;
mod many;
pub mod measures;
pub mod members;
pub mod memberships;
mod migrations;
pub mod observation_feed;
mod observation_writes;
pub mod observations;
pub mod organizations;
pub mod participants;
pub mod partner_terms;
pub mod partners;
mod places;
mod postgres;
mod postgres_address;
mod purpose;
mod receipt;
pub mod recompute;
pub mod reference_points;
mod replica;
mod reported;
pub mod reporting;
mod rollup;
mod row_key;
mod schema;
mod schemas;
pub mod series;
pub mod sessions;
pub mod share_links;
pub mod signing_keys;
mod sqlite;
mod stamped;
mod submission_organizations;
pub mod submission_rows;
pub mod submissions;
pub mod templates;
mod totals;
mod transaction;

pub use coalition_clock::{Tick, Version};
pub use db::Db;
pub use location::Location;
pub use lock::DatabaseLock;
pub use migrations::migrate;
pub use purpose::Purpose;
pub use row_key::Key;
pub use transaction::{Read, System, Together, Write};
