//! `cairn reporting grant` and `cairn reporting revoke`.

use std::process::ExitCode;

use cairn::clock::Clock;
use cairn::config::DatabaseOptions;
use cairn::store::{Db, Location, Purpose, reporting};
use clap::{Args, Subcommand};

use super::Outcome;

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a role of PostgreSQL that reads one coalition's views in the schema `reporting`, and nothing else. It sees
    /// what the coalition's backbone sees in aggregates, so it is for the backbone's own tools, such as Metabase and
    /// Superset. Its password is shown once.
    Grant(Chosen),
    /// Take a coalition's role away. Programs that are still signed in see nothing any more.
    Revoke(Chosen),
}

#[derive(Args)]
struct Chosen {
    #[command(flatten)]
    database: DatabaseOptions,
    /// The coalition's code.
    #[arg(long, value_name = "CODE")]
    coalition: String,
}

/// Makes the role, or takes it away.
pub fn run(options: &Options) -> Outcome {
    match &options.command {
        Command::Grant(chosen) => grant(chosen),
        Command::Revoke(chosen) => revoke(chosen),
    }
}

fn grant(chosen: &Chosen) -> Outcome {
    let (location, db) = chosen.open()?;
    let coalition = chosen.coalition.clone();
    let work = db.system(Purpose::ChangeReportingRoles, move |tx| {
        reporting::grant(tx, &coalition)
    });
    let granted = block_on(work)?;
    println!("role      {}", granted.role);
    println!("password  {}", granted.password.reveal());
    println!();
    println!(
        "It reads the schema reporting of {location}: of {}, what the backbone sees in aggregates. \
         The password is not shown again.",
        chosen.coalition
    );
    Ok(ExitCode::SUCCESS)
}

fn revoke(chosen: &Chosen) -> Outcome {
    let (location, db) = chosen.open()?;
    let coalition = chosen.coalition.clone();
    let work = db.system(Purpose::ChangeReportingRoles, move |tx| {
        reporting::revoke(tx, &coalition)
    });
    println!("{location}: the role {} is gone", block_on(work)?);
    Ok(ExitCode::SUCCESS)
}

fn block_on<T>(work: impl Future<Output = cairn::error::Result<T>>) -> Result<T, String> {
    actix_web::rt::System::new()
        .block_on(work)
        .map_err(|error| error.to_string())
}

impl Chosen {
    fn open(&self) -> Result<(Location, Db), String> {
        let location = self.database.location("sqlite://cairn.db")?;
        if location.file().is_some() {
            return Err(format!(
                "{location} is a file, which knows no roles: reporting in the database itself needs PostgreSQL. \
                 Let your tools read the API instead, as in the README under Point a dashboard at it"
            ));
        }
        let db = Db::open(&location, 1, Clock::System).map_err(|error| error.to_string())?;
        Ok((location, db))
    }
}
