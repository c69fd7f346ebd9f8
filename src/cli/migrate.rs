//! `cairn migrate`.

use std::process::ExitCode;

use cairn::clock::Clock;
use cairn::config::DatabaseOptions;
use cairn::store::{DatabaseLock, migrate};
use clap::Args;

use super::Outcome;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Brings the tables up to date.
pub fn run(options: &Options) -> Outcome {
    let location = options.database.location("sqlite://cairn.db")?;
    let _lock = DatabaseLock::acquire(&location)?;
    match migrate(&location, &Clock::System).map_err(|error| error.to_string())? {
        0 => println!("{location} is up to date"),
        ran => println!("{location}: {ran} migrations ran"),
    }
    Ok(ExitCode::SUCCESS)
}
