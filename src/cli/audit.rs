//! `cairn audit head` and `cairn audit verify`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cairn::clock::Clock;
use cairn::config::DatabaseOptions;
use cairn::store::audit_verification::{self, Head, Report};
use cairn::store::{Db, Purpose};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::Outcome;

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the ends of the audit log's chains as JSON. Keep it where nobody who can write to the database reaches it.
    Head {
        #[command(flatten)]
        database: DatabaseOptions,
    },
    /// Go over the audit log, beside a running service if there is one, and fail where a row was changed, removed or
    /// moved. That rows were cut off, or all of a chain written anew, shows only against ends that were kept elsewhere.
    Verify {
        #[command(flatten)]
        database: DatabaseOptions,
        /// What `cairn audit head` printed before.
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
}

/// What `cairn audit head` prints.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heads {
    heads: Vec<Head>,
}

/// Prints the ends, or verifies all of it.
pub fn run(options: &Options) -> Outcome {
    match &options.command {
        Command::Head { database } => head(database),
        Command::Verify { database, against } => verify(database, against.as_deref()),
    }
}

fn head(database: &DatabaseOptions) -> Outcome {
    let heads = Heads {
        heads: read(database, audit_verification::list_heads)?,
    };
    let text = serde_json::to_string_pretty(&heads).map_err(|error| error.to_string())?;
    println!("{text}");
    Ok(ExitCode::SUCCESS)
}

fn verify(database: &DatabaseOptions, against: Option<&Path>) -> Outcome {
    let exported = against.map(exported).transpose()?.unwrap_or_default();
    let report: Report = read(database, move |tx| audit_verification::verify(tx, &exported))?;
    for fault in &report.faults {
        println!("{fault}");
    }
    let verdict = match (report.faults.len(), against) {
        (0, Some(_)) => "all as written, and as exported".to_owned(),
        (0, None) => "all as written".to_owned(),
        (faults, _) => format!("{faults} faults"),
    };
    println!("{} rows in {} chains: {verdict}", report.rows, report.chains);
    Ok(if report.faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn exported(path: &Path) -> Result<Vec<Head>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let heads: Heads = serde_json::from_str(&text).map_err(|error| {
        let path = path.display();
        format!("{path} is not what `cairn audit head` prints: {error}")
    })?;
    Ok(heads.heads)
}

fn read<T: Send + 'static>(
    database: &DatabaseOptions,
    work: impl Fn(&mut cairn::store::System<'_>) -> cairn::error::Result<T> + Send + 'static,
) -> Result<T, String> {
    let location = database.location("sqlite://cairn.db")?;
    let db = Db::open(&location, 1, Clock::System).map_err(|error| error.to_string())?;
    actix_web::rt::System::new()
        .block_on(db.system(Purpose::Audit, work))
        .map_err(|error| error.to_string())
}
