//! What every test stands on.
//!
//! ```text
//! #[test]
//! fn renames() {
//!     run(async |app| {
//!         let ana = app.organization("riverside").await;              // registers, and really signs in
//!         let answer = ana.patch("/v1/organization", json!({"name": "Riverside"})).send().await;
//!         assert_eq!(answer.expect(200).json()["name"], "Riverside"); // held to openapi.yaml, both ways
//!         app.advance(60);                                            // the clock only moves when told to
//!     });
//! }
//! ```
//!
//! A request that is wrong on purpose says so: `.off_contract("a field too many")`. `app.snapshot()` before and after
//! shows that nothing changed: `before.assert_same(&app.snapshot(), "a refused goal")`.
//!
//! `run_with_cast` begins with two coalitions and everybody who might reach from one into the other, and
//! `run_in_coalition` begins with a whole coalition, made once through the API and then copied as a database.

#![expect(
    unused_imports,
    reason = "offered to every test, whether or not one uses it today"
)]

mod answer;
mod app;
mod authenticator;
mod cast;
mod client;
mod coalition;
pub mod contract;
pub mod database;
pub mod log;
pub mod plan;
pub mod program;
mod request;
pub mod snapshot;
pub mod table;
pub mod wire;

pub use answer::Answer;
pub use app::{TestApp, run, run_on};
pub use authenticator::Authenticator;
pub use cast::{Cast, SCOPES, run_with_cast};
pub use client::{Client, Credentials, PASSWORD};
pub use coalition::{Coalition, record, run_in_coalition};
pub use contract::contract;
pub use database::{Database, Template};
pub use program::{cairn, cairn_as_owner, import};
pub use request::Request;
pub use snapshot::{Snapshot, Watch};
