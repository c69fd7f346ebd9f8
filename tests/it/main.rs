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
mod audit;
mod audit_tampering;
mod audited_routes;
mod backup;
mod bad_input;
mod caching;
mod charts;
mod citus;
mod coalitions;
mod completeness;
mod compression;
mod concurrency;
mod contract;
mod cors;
mod cube_formats;
mod dimensions;
mod dry_run;
mod erasure;
mod export;
mod following;
mod formats;
mod goals;
mod granting;
mod idempotency;
mod imports;
mod injection;
mod invitations;
mod isolation;
mod isolation_catalogue;
mod key_rotation;
mod limits;
mod locks;
mod measures;
mod members;
mod metrics;
mod migrations;
mod new_passwords;
mod observations_csv;
mod odata;
mod organizations;
mod overview;
mod partners;
mod password_resets;
mod program;
mod progress;
mod real_data;
mod replica;
mod reporting;
mod reviews;
mod rollup;
mod schema;
mod second_factor;
mod secrets;
mod served;
mod service_role;
mod sessions;
mod share_links;
mod shared;
mod sign_in;
mod statements;
mod submissions;
mod supply_chain;
mod suspension;
mod targets;
mod templates;
mod tenancy;
mod tenancy_inside;
mod together;
mod tokens;
mod traces;
mod warnings;
mod writes;
