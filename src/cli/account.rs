//! `cairn account reset`, `suspend` and `reinstate`.

use std::process::ExitCode;

use cairn::auth::Secret;
use cairn::clock::{Clock, rfc3339};
use cairn::config::DatabaseOptions;
use cairn::store::{DatabaseLock, Db, Purpose, password_resets, suspension};
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
    /// Make a one-time token with which somebody who has forgotten the password sets a new one. It is printed this once.
    /// On SQLite, end the service first; on PostgreSQL it may run on.
    Reset {
        /// The email address of the account.
        #[arg(value_name = "EMAIL")]
        email: String,
        /// Take the second factor away too, at once: for somebody who has lost both the authenticator app and the recovery
        /// codes. Be sure of who is asking.
        #[arg(long)]
        remove_second_factor: bool,
        #[command(flatten)]
        database: DatabaseOptions,
    },
    /// Refuse somebody from the next request on, in all of the account's organizations. On SQLite, end the service first;
    /// on PostgreSQL it may run on.
    Suspend(Named),
    /// Let a suspended account in again.
    Reinstate(Named),
}

#[derive(Args)]
struct Named {
    /// The email address of the account.
    #[arg(value_name = "EMAIL")]
    email: String,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Does what is asked with an account.
pub fn run(options: &Options) -> Outcome {
    match &options.command {
        Command::Reset {
            email,
            remove_second_factor,
            database,
        } => reset(email, *remove_second_factor, database),
        Command::Suspend(named) => set(named, Suspension::On),
        Command::Reinstate(named) => set(named, Suspension::Lifted),
    }
}

fn set(named: &Named, to: Suspension) -> Outcome {
    change(
        &named.database,
        &named.email,
        to,
        suspension::set_account,
        "no account has the address",
    )
}

fn reset(email: &str, remove_second_factor: bool, database: &DatabaseOptions) -> Outcome {
    let location = database.location("sqlite://cairn.db")?;
    let _lock = DatabaseLock::acquire(&location)?;
    let sentence = |error: cairn::error::Error| error.to_string();
    let db = Db::open(&location, 1, Clock::System).map_err(sentence)?;
    let token = Secret::generate("reset").map_err(sentence)?;
    let (address, hash, without) = (email.to_owned(), token.hash(), remove_second_factor);
    let made = db.system(Purpose::CreatePasswordReset, move |tx| {
        password_resets::create_by_operator(tx, &address, &hash, without)
    });
    let made = actix_web::rt::System::new()
        .block_on(made)
        .map_err(sentence)?
        .ok_or_else(|| format!("no account has the address {email}"))?;
    println!(
        "{}\nOnce, until {}: POST /v1/password-resets/accept with this token and the new password. It ends every session \
         of {email}.",
        token.reveal(),
        rfc3339(made.expires_at)
    );
    if made.has_lost_second_factor {
        println!("The second factor of {email} is removed.");
    } else if remove_second_factor {
        println!("{email} had no second factor.");
    }
    Ok(ExitCode::SUCCESS)
}
