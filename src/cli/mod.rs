//! The commands.

mod account;
mod audit;
mod backup;
mod check;
#[cfg(test)]
mod configuration;
mod demo;
mod demo_client;
mod import;
mod import_changes;
mod keys;
mod migrate;
mod organization;
mod reporting;
mod restore;
mod serve;
mod suspension;

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
    /// Take the ends of the audit log along, and verify that nothing in it was changed.
    Audit(audit::Options),
    /// Serve the API on a database of its own, loaded with real data.
    Demo(demo::Options),
    /// Submit a file of any size in the name of an organization.
    Import(import::Options),
    /// Bring the tables of a database up to date.
    Migrate(migrate::Options),
    /// Help somebody who has forgotten the password, or suspend an account.
    Account(account::Options),
    /// Suspend an organization.
    Organization(organization::Options),
    /// Write a copy of a SQLite database to a file, also while the service writes to it.
    Backup(backup::Options),
    /// Put a copy in the place of a SQLite database.
    Restore(restore::Options),
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
    let is_service = matches!(cli.command, Command::Serve(_) | Command::Demo(_));
    let outcome = telemetry::start(&cli.log, is_service).and_then(|_telemetry| match cli.command {
        Command::Serve(options) => serve::run(options),
        Command::Check(options) => check::run(&options),
        Command::Audit(options) => audit::run(&options),
        Command::Demo(options) => demo::run(options),
        Command::Import(options) => import::run(&options),
        Command::Migrate(options) => migrate::run(&options),
        Command::Account(options) => account::run(&options),
        Command::Organization(options) => organization::run(&options),
        Command::Backup(options) => backup::run(&options),
        Command::Restore(options) => restore::run(&options),
        Command::Keys(options) => keys::run(&options),
        Command::Reporting(options) => reporting::run(&options),
    });
    outcome.unwrap_or_else(|sentence| {
        eprintln!("cairn: {sentence}");
        ExitCode::FAILURE
    })
}
