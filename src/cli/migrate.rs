//! `cairn migrate`.

use std::process::ExitCode;

use cairn::clock::Clock;
use cairn::config::DatabaseOptions;
use cairn::store::{DatabaseLock, migrate, service_role};
use clap::Args;

use super::Outcome;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    database: DatabaseOptions,
    /// A role of PostgreSQL that the service signs in with: it is let work with the tables, which it does not own, so
    /// that row-level security holds it. It has to be there, and be neither a superuser nor the owner.
    #[arg(long, value_name = "ROLE", env = "CAIRN_SERVICE_ROLE")]
    service_role: Option<String>,
}

/// Brings the tables up to date.
pub fn run(options: &Options) -> Outcome {
    let location = options.database.location("sqlite://cairn.db")?;
    let _lock = DatabaseLock::acquire(&location)?;
    match migrate(&location, &Clock::System).map_err(|error| error.to_string())? {
        0 => println!("{location} is up to date"),
        ran => println!("{location}: {ran} migrations ran"),
    }
    if let Some(role) = &options.service_role {
        service_role::grant(&location, role)?;
        println!("{location}: {role} may work with the tables");
    }
    Ok(ExitCode::SUCCESS)
}
