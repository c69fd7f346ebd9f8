//! What the program exports as traces, to a collector that stands here: `cargo test --features otel --test otel`.

#![allow(
    clippy::disallowed_methods,
    reason = "it stands outside the program, and looks at its environment itself"
)]

#[path = "../../benches/spine/coalition.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod coalition;
#[path = "../../benches/spine/http.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod http;
#[path = "../../benches/spine/message.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod message;
#[path = "../../benches/spine/server.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod server;
#[path = "../crash/signal.rs"]
mod signal;
#[path = "../it/supply_chain.rs"]
#[allow(clippy::expect_used, reason = "shared with the suite")]
mod supply_chain;

mod collector;
mod database;
mod exported;
mod without_collector;

use std::error::Error;

use database::Database;
use server::{Program, Server};

/// What a test ends with.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Serves a database with variables of the environment.
fn serve(database: &Database, variables: &[(&str, &str)]) -> Outcome<Server> {
    let spool = database.spool();
    Program(env!("CARGO_BIN_EXE_cairn").into()).start_with(
        "serve",
        &database.address,
        &["--spool", &spool, "--stop-delay", "1"],
        variables,
    )
}

/// Tells a service to stop, as one is stopped in use.
fn tell_to_stop(server: &Server) -> Outcome<()> {
    signal::send_signal("TERM", server.process().cast_signed())
}
