//! `cairn organization suspend` and `reinstate`.

use cairn::config::DatabaseOptions;
use cairn::store::suspension;
use clap::{Args, Subcommand};

use super::Outcome;
use super::suspension::{Suspension, change};

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Refuse everybody of an organization, its keys and its share links, from the next request on. Its figures stay. On
    /// SQLite, end the service first; on PostgreSQL it may run on.
    Suspend(Named),
    /// Let a suspended organization in again.
    Reinstate(Named),
}

#[derive(Args)]
struct Named {
    /// The code of the organization.
    #[arg(value_name = "CODE")]
    code: String,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Does what is asked with an organization.
pub fn run(options: &Options) -> Outcome {
    let (named, to) = match &options.command {
        Command::Suspend(named) => (named, Suspension::On),
        Command::Reinstate(named) => (named, Suspension::Lifted),
    };
    change(
        &named.database,
        &named.code,
        to,
        suspension::set_organization,
        "no organization has the code",
    )
}
