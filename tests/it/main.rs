//! The suite against the whole service: the real actix application in process, on a migrated database of its own for
//! each test, SQLite or (where `CAIRN_TEST_POSTGRES` names a server) PostgreSQL. One file for each noun.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests take what they need by force, and look at the database and the environment themselves"
)]

mod support;

mod aggregates;
mod account;
mod api_keys;
mod contract;
mod invitations;
mod members;
mod migrations;
mod organizations;
mod program;
mod rollup;
mod submissions;
mod sessions;
mod tokens;
mod tenancy;
mod activities;
mod contract;
mod dimensions;
mod goals;
mod measures;
mod migrations;
mod organizations;
mod schema;
mod targets;
mod writes;
