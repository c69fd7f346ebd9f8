//! The suite against the whole service: the real actix application in process, on a migrated database of its own for
//! each test, SQLite or (where `CAIRN_TEST_POSTGRES` names a server) PostgreSQL. One file for each noun.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests take what they need by force, and look at the database and the environment themselves"
)]

mod support;

mod account;
mod activities;
mod aggregates;
mod api_keys;
mod bad_input;
mod coalitions;
mod contract;
mod dimensions;
mod dry_run;
mod following;
mod formats;
mod goals;
mod idempotency;
mod imports;
mod injection;
mod invitations;
mod measures;
mod members;
mod migrations;
mod observations_csv;
mod organizations;
mod partners;
mod program;
mod real_data;
mod rollup;
mod schema;
mod sessions;
mod submissions;
mod targets;
mod templates;
mod tenancy;
mod tenancy_inside;
mod tokens;
mod traces;
mod warnings;
mod writes;
