//! `cairn import`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use cairn::auth::{Actor, Coalition, Editor, Partner};
use cairn::checksum::sha256_of;
use cairn::clock::Clock;
use cairn::config::DatabaseOptions;
use cairn::domain::file_name;
use cairn::error::Error;
use cairn::formats::submission::Format;
use cairn::store::submissions::{Receipt, RowNotice, SourceFile};
use cairn::store::{DatabaseLock, Db, migrate};
use cairn::submit::{Mode, Page, Progress, Spooled, Submission};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::Outcome;
use super::import_changes::changes;

/// Errors, warnings and changes that are shown of each.
const SHOWN: usize = 20;

/// On SQLite, end the service first; on PostgreSQL it may run on.
#[derive(Args)]
pub struct Options {
    /// The file; its name ends in .csv, .json, .ndjson or .xlsx.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The code of the coalition.
    #[arg(long, value_name = "CODE")]
    coalition: String,
    /// The code of the organization that submits; the backbone may report for others, in a column `organization`.
    #[arg(long, value_name = "CODE")]
    organization: String,
    /// The CSV file has a column for each measure, instead of a row for each figure.
    #[arg(long)]
    wide: bool,
    /// Take the good rows, though there are bad ones.
    #[arg(long)]
    partial: bool,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Submits a file, all of it in one transaction.
pub fn run(options: &Options) -> Outcome {
    let name = options.file.display().to_string();
    let format = Format::of_name(&name).ok_or_else(|| {
        format!("{name}: the name has to end in .csv, .json, .ndjson or .xlsx, by which its format is told")
    })?;
    let format = match (format, options.wide) {
        (Format::Csv, true) => Format::WideCsv,
        (_, true) => {
            return Err(format!(
                "{name}: --wide is for .csv; a workbook shows its layout itself"
            ));
        }
        (format, false) => format,
    };
    let file = source_file(&options.file).map_err(|error| format!("{name}: {error}"))?;
    let location = options.database.location("sqlite://cairn.db")?;
    let _lock = DatabaseLock::acquire(&location)?;
    migrate(&location, &Clock::System).map_err(|error| error.to_string())?;
    let db = Db::open(&location, 2, Clock::System).map_err(|error| error.to_string())?;
    let progress = Arc::new(Progress::default());
    let spooled = Spooled {
        path: options.file.clone(),
        format,
        progress: Arc::clone(&progress),
    };
    let mode = if options.partial {
        Mode::Partial
    } else {
        Mode::Atomic
    };
    let submission = Submission::new(spooled.into(), mode, file);
    let dry_run = options.dry_run;
    let outcome = actix_web::rt::System::new().block_on(async {
        let coalition = Coalition::<Partner, Editor>::on_record(
            &db,
            &options.coalition,
            &options.organization,
            Actor::Operator,
        )
        .await
        .map_err(|error| match error {
            Error::NotFound => format!(
                "there is no coalition {} with an organization {} in it",
                options.coalition, options.organization
            ),
            error => error.to_string(),
        })?;
        let bar = show(&progress)?;
        let receipt = if dry_run {
            let page = Page {
                offset: 0,
                limit: SHOWN,
            };
            let rehearsed = db.read(&coalition, move |tx| submission.rehearse(tx, page)).await;
            rehearsed.map(|rehearsed| (changes(&rehearsed), rehearsed.receipt))
        } else {
            let applied = db
                .write_sized(&coalition, true, move |tx| submission.apply(tx))
                .await;
            applied.map(|receipt| (Vec::new(), receipt))
        };
        bar.finish_and_clear();
        Ok::<_, String>(receipt)
    })?;
    let outcome = outcome.map(|(changes, receipt)| {
        changes.iter().for_each(|change| println!("{change}"));
        receipt
    });
    report(outcome)
}

fn source_file(path: &Path) -> std::io::Result<SourceFile> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(SourceFile {
        name: name.filter(|name| file_name::check(name).is_ok()),
        sha256: sha256_of(std::fs::File::open(path)?)?,
    })
}

/// Shows how many rows have been taken up, on a terminal, until it is told that all have.
fn show(progress: &Arc<Progress>) -> Result<ProgressBar, String> {
    let style = ProgressStyle::with_template("{spinner} {human_pos} rows, {per_sec}")
        .map_err(|error| error.to_string())?;
    let bar = ProgressBar::new_spinner().with_style(style);
    let (watched, shown) = (Arc::clone(progress), bar.clone());
    std::thread::spawn(move || {
        while !shown.is_finished() {
            shown.set_position(watched.rows());
            shown.tick();
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    Ok(bar)
}

fn report(outcome: Result<Receipt, Error>) -> Outcome {
    let issues = match outcome {
        Ok(receipt) => {
            list("warning", &receipt.warnings, receipt.warnings_total);
            list("error", &receipt.errors, receipt.errors_total);
            let counts = receipt.counts;
            println!(
                "{}: {} {}: {} created, {} updated, {} unchanged, {} withdrawn, {} rejected{}",
                receipt.state,
                counts.received,
                if counts.received == 1 { "row" } else { "rows" },
                counts.created,
                counts.updated,
                counts.unchanged,
                counts.withdrawn,
                counts.rejected,
                receipt
                    .submission
                    .map(|id| format!("; submission {id}"))
                    .unwrap_or_default(),
            );
            let is_whole = counts.rejected == 0;
            return Ok(if is_whole {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        Err(Error::RejectedRows {
            detail,
            total,
            errors,
        }) => {
            list("error", &errors, total);
            return Err(detail);
        }
        Err(Error::Malformed(issues) | Error::Invalid(issues)) => issues,
        Err(error) => return Err(error.to_string()),
    };
    let sentences: Vec<&str> = issues.iter().map(|issue| issue.detail.as_str()).collect();
    Err(sentences.join("; "))
}

fn list(kind: &str, notices: &[RowNotice], total: usize) {
    for notice in notices.iter().take(SHOWN) {
        let at = notice.at.clone().unwrap_or_else(|| format!("row {}", notice.row));
        println!("{kind} at {at}: {}", notice.detail);
    }
    if total > SHOWN {
        println!("… and {} more", total - SHOWN);
    }
}
