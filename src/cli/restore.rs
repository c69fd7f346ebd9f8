//! `cairn restore`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cairn::config::{DatabaseOptions, SpoolOptions};
use cairn::imports::Spool;
use cairn::store::backup::hand_over_imports;
use cairn::store::{DatabaseLock, Location};
use clap::Args;

use super::Outcome;
use super::backup::{beside, checksum, checksum_file, folder, said, sound, sync};

#[derive(Args)]
pub struct Options {
    /// The copy, as `cairn backup` made it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    spool: SpoolOptions,
    /// Put a database that is there aside, under the same name and `.replaced`. Without this it is left, and nothing is
    /// done.
    #[arg(long)]
    replace: bool,
}

/// Puts a copy in the place of a database that nobody uses; whatever fails, the one that was there is still there.
pub fn run(options: &Options) -> Outcome {
    let location = options.database.location("sqlite://cairn.db")?;
    let Some(database) = location.file() else {
        return Err(format!(
            "{location} is PostgreSQL, which has programs of its own for this: pg_restore --exit-on-error \
             --single-transaction into an empty database; see docs/operations.md"
        ));
    };
    let _lock = DatabaseLock::acquire(&location)?;
    let is_there = |path: &Path| path.metadata().is_ok_and(|found| found.len() > 0);
    if is_there(database) && !options.replace {
        return Err(format!(
            "there is a database in {}: with --replace it is put aside first",
            database.display()
        ));
    }
    let partial = beside(database)?;
    std::fs::copy(&options.file, partial.path()).map_err(said(&options.file))?;
    compare_checksum(&options.file, partial.path())?;
    sound(partial.path(), &options.file.display().to_string())?;
    let waiting = hand_over(&location, options, partial.path())?;
    sync(partial.path())?;
    if is_there(database) {
        put_aside(database)?;
    } else {
        remove_companions(database)?;
    }
    partial
        .persist(database)
        .map_err(|error| said(database)(error.error))?;
    sync(folder(database))?;
    println!("{location}: restored from {}", options.file.display());
    if waiting > 0 {
        println!(
            "{waiting} submissions were still to be applied: those whose files lie in {} will be, the others will be \
             shown as failed",
            options.spool.folder(&location).display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Holds the copy against the checksum beside it, if there is one.
fn compare_checksum(file: &Path, copied: &Path) -> Result<(), String> {
    let Ok(line) = std::fs::read_to_string(checksum_file(file)) else {
        return Ok(());
    };
    if line.split_whitespace().next() == Some(checksum(copied)?.as_str()) {
        return Ok(());
    }
    Err(format!(
        "{} is not what {} says: it was changed or damaged since it was made",
        file.display(),
        checksum_file(file).display()
    ))
}

fn hand_over(location: &Location, options: &Options, copy: &Path) -> Result<usize, String> {
    let sentence = |error: cairn::error::Error| error.to_string();
    let spool = Spool::open(&options.spool.folder(location)).map_err(sentence)?;
    hand_over_imports(copy, spool.id()).map_err(sentence)
}

/// What a database consists of besides its file, while it is used and where it was not closed.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Gives the files of a database another name, all of them: what is not yet in the file itself is in its companions.
fn put_aside(database: &Path) -> Result<(), String> {
    let aside = with(database, ".replaced");
    if aside.exists() {
        return Err(format!(
            "{} is there, from an earlier time: look at it, and move it away",
            aside.display()
        ));
    }
    for companion in std::iter::once("").chain(COMPANIONS) {
        let from = with(database, companion);
        if from.exists() {
            std::fs::rename(&from, with(&aside, companion)).map_err(said(&from))?;
        }
    }
    sync(folder(database))
}

/// Takes companions away that belong to no file: SQLite would apply them to the one that comes.
fn remove_companions(database: &Path) -> Result<(), String> {
    for companion in COMPANIONS {
        let path = with(database, companion);
        if path.exists() {
            std::fs::remove_file(&path).map_err(said(&path))?;
        }
    }
    Ok(())
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
