//! Load that is more than one should have to bear: too much of it, all from one organization, or from clients that are
//! slow on purpose. `scripts/load` runs it; what came of it is in docs/benchmarks.md.

#[path = "../spine/coalition.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod coalition;
#[path = "../spine/http.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod http;
#[path = "../spine/message.rs"]
mod message;
#[path = "../spine/postgres.rs"]
mod postgres;
#[path = "../spine/server.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod server;
#[path = "../spine/statistics.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod statistics;

mod connection;
mod crowd;
mod noise;
mod overload;
mod slow;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

/// What a measurement ends with.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures Cairn under more load than it can bear.
#[derive(Parser)]
struct Options {
    /// A PostgreSQL server to measure on, in place of SQLite.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// How long each part lasts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    seconds: f64,
    /// Only this: overload, noise or slow.
    #[arg(value_name = "PART")]
    only: Option<String>,
    /// Another build of Cairn to measure, in place of this one.
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_cairn"))]
    program: PathBuf,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match measure(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Outcome<()> {
    type Part = fn(&server::Program, &str, Duration) -> Outcome<()>;
    let parts: [(&str, Part); 3] = [
        ("overload", overload::measure),
        ("noise", noise::measure),
        ("slow", slow::measure),
    ];
    let program = server::Program(options.program.clone());
    let time = Duration::from_secs_f64(options.seconds.clamp(0.1, 60.0));
    for (name, part) in parts {
        if options.only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        match &options.postgres {
            Some(server) => {
                let databases = postgres::Databases::create(server)?;
                let [database, _] = databases.urls();
                part(&program, &database, time)?;
            }
            None => {
                let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
                part(
                    &program,
                    &format!("sqlite://{}/load.db", folder.path().display()),
                    time,
                )?;
            }
        }
    }
    Ok(())
}
