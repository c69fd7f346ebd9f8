//! The spine's figures: submissions, aggregates, and what the program takes. `scripts/bench` runs it.
//!
//! Everything is measured on the real program, as a child process on 127.0.0.1 with a database of its own, against the
//! same work done without it in the same run. What one machine reaches on one day says little; the ratios are what to
//! compare. It takes no more than three minutes.

mod aggregates;
mod ask;
mod bare;
#[allow(dead_code, reason = "shared with the tests that kill and overload")]
mod coalition;
mod footprint;
mod hand;
#[allow(dead_code, reason = "shared with the tests that kill and overload")]
mod http;
mod ingest;
mod message;
mod postgres;
mod rate;
#[allow(dead_code, reason = "shared with the tests that kill and overload")]
mod server;
mod statistics;
mod submissions;
mod tables;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;

/// What a measurement ends with.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures Cairn.
#[derive(Parser)]
struct Options {
    /// A PostgreSQL server to measure submissions on too.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// How long each part of a round of submissions lasts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.5)]
    seconds: f64,
    /// Only this: submissions, aggregates, program, ingest or ask (which is not in the whole).
    #[arg(value_name = "PART")]
    only: Option<String>,
    /// Rows of the large file.
    #[arg(long, value_name = "COUNT", default_value_t = 300_000)]
    rows: u32,
    /// Observations to ask about.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000_000)]
    observations: u32,
    /// Another build of Cairn to measure, in place of this one.
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_cairn"))]
    program: PathBuf,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let (options, started) = (Options::parse(), Instant::now());
    match measure(&options) {
        Ok(()) => {
            println!("\nmeasured in {:.0} s", started.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Outcome<()> {
    // Beside the build, on a real disk: the system's own folder for such things may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let program = server::Program(options.program.clone());
    let time = Duration::from_secs_f64(options.seconds.clamp(0.1, 5.0));
    let wants = |part: &str| options.only.as_deref().is_none_or(|only| only == part);
    println!(
        "Cairn {} on {} processors",
        env!("CARGO_PKG_VERSION"),
        std::thread::available_parallelism().map_or(1, usize::from)
    );
    if wants("submissions") {
        let [served, bare] =
            ["served", "bare"].map(|name| format!("sqlite://{}/{name}.db", folder.path().display()));
        submissions::measure(&program, "SQLite", &served, &bare, time)?;
        if let Some(server) = &options.postgres {
            let databases = postgres::Databases::create(server)?;
            let [served, bare] = databases.urls();
            submissions::measure(&program, "PostgreSQL", &served, &bare, time)?;
        }
    }
    if wants("ingest") {
        let paths =
            ["ingested", "loaded"].map(|name| format!("sqlite://{}/{name}.db", folder.path().display()));
        ingest::measure(
            &program,
            "SQLite",
            paths.each_ref().map(String::as_str),
            folder.path(),
            options.rows,
        )?;
        if let Some(server) = &options.postgres {
            let databases = postgres::Databases::create(server)?;
            let urls = databases.urls();
            ingest::measure(
                &program,
                "PostgreSQL",
                urls.each_ref().map(String::as_str),
                folder.path(),
                options.rows,
            )?;
        }
    }
    // Minutes long, so only where it is asked for.
    if options.only.as_deref() == Some("ask") {
        let paths = ["tenth", "whole"].map(|name| format!("sqlite://{}/{name}.db", folder.path().display()));
        let databases = paths.each_ref().map(String::as_str);
        ask::measure(&program, "SQLite", databases, folder.path(), options.observations)?;
        if let Some(server) = &options.postgres {
            let databases = postgres::Databases::create(server)?;
            let urls = databases.urls();
            let databases = urls.each_ref().map(String::as_str);
            ask::measure(
                &program,
                "PostgreSQL",
                databases,
                folder.path(),
                options.observations,
            )?;
        }
    }
    let demo = folder.path().join("demo.db");
    if wants("aggregates") || wants("program") {
        aggregates::measure(&program, &demo)?;
    }
    if wants("program") {
        footprint::measure(&program, &demo)?;
    }
    Ok(())
}
