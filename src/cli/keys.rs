//! `cairn keys rotate`.

use std::process::ExitCode;

use cairn::clock::Clock;
use cairn::config::DatabaseOptions;
use cairn::store::{DatabaseLock, Db, Purpose, signing_keys};
use clap::{Args, Subcommand};

use super::Outcome;

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sign access tokens with a new key. Tokens of the key before hold until they run out, so nobody is signed out.
    /// On SQLite, end the service first; on PostgreSQL, running services take the new key up within a minute.
    Rotate {
        #[command(flatten)]
        database: DatabaseOptions,
    },
}

/// Does what is asked with the signing keys.
pub fn run(options: &Options) -> Outcome {
    let Command::Rotate { database } = &options.command;
    let location = database.location("sqlite://cairn.db")?;
    let _lock = DatabaseLock::acquire(&location)?;
    let sentence = |error: cairn::error::Error| error.to_string();
    let db = Db::open(&location, 1, Clock::System).map_err(sentence)?;
    let rotation = db.system(Purpose::ChangeSigningKeys, signing_keys::rotate);
    let kid = actix_web::rt::System::new()
        .block_on(rotation)
        .map_err(sentence)?;
    println!("{location}: access tokens are now signed with the key {kid}");
    Ok(ExitCode::SUCCESS)
}
