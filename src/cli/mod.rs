//! The commands.

mod account;
mod check;
mod demo;
mod demo_client;
mod import;
mod import_changes;
mod keys;
mod migrate;
mod reporting;
mod serve;

use std::process::ExitCode;

use cairn::config::LogOptions;
use cairn::telemetry;
use clap::{Parser, Subcommand};

/// A shared-measurement service for collective impact.
#[derive(Parser)]
#[command(name = "cairn", version, about)]
struct Cli {
    #[command(flatten)]
    log: LogOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API.
    Serve(serve::Options),
    /// Work all totals out again from the observations, and fail where they differ.
    Check(check::Options),
    /// Serve the API on a database of its own, loaded with real data.
    Demo(demo::Options),
    /// Submit a file of any size in the name of an organization.
    Import(import::Options),
    /// Bring the tables of a database up to date.
    Migrate(migrate::Options),
    /// Help somebody who has forgotten the password.
    Account(account::Options),
    /// Look after the keys that sign access tokens.
    Keys(keys::Options),
    /// Let other programs read a coalition's figures in PostgreSQL itself.
    Reporting(reporting::Options),
}

/// What a command ends with: a sentence for the person who gave it.
type Outcome = Result<ExitCode, String>;

/// Reads the command line and runs what it says.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = telemetry::start(&cli.log).and_then(|()| match cli.command {
        Command::Serve(options) => serve::run(options),
        Command::Check(options) => check::run(&options),
        Command::Demo(options) => demo::run(options),
        Command::Import(options) => import::run(&options),
        Command::Migrate(options) => migrate::run(&options),
        Command::Account(options) => account::run(&options),
        Command::Keys(options) => keys::run(&options),
        Command::Reporting(options) => reporting::run(&options),
    });
    outcome.unwrap_or_else(|sentence| {
        eprintln!("cairn: {sentence}");
        ExitCode::FAILURE
    })
}
