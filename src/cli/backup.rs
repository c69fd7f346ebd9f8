//! `cairn backup`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cairn::checksum::sha256_of;
use cairn::config::DatabaseOptions;
use cairn::store::backup::{Condition, copy, examine};
use clap::Args;
use tempfile::NamedTempFile;

use super::Outcome;

#[derive(Args)]
pub struct Options {
    /// The file to be made. One that is there is left as it is.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Copies, looks the copy over, and gives it its name once it is on disk: whatever has that name is whole.
pub fn run(options: &Options) -> Outcome {
    let location = options.database.location("sqlite://cairn.db")?;
    let Some(database) = location.file() else {
        return Err(format!(
            "{location} is PostgreSQL, which has programs of its own for this: pg_dump --format=custom --file=FILE for a \
             copy, pg_basebackup with archived WAL where losing a day is too much; see docs/operations.md"
        ));
    };
    if !database.is_file() {
        return Err(format!("there is no database in {}", database.display()));
    }
    let taken = || format!("{} is there already: name another file", options.file.display());
    if options.file.exists() || checksum_file(&options.file).exists() {
        return Err(taken());
    }
    let partial = beside(&options.file)?;
    copy(database, partial.path()).map_err(|error| error.to_string())?;
    sound(partial.path(), "the copy")?;
    let sha256 = checksum(partial.path())?;
    sync(partial.path())?;
    partial
        .persist_noclobber(&options.file)
        .map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => taken(),
            _ => said(&options.file)(error.error),
        })?;
    write_checksum(&options.file, &sha256)?;
    sync(folder(&options.file))?;
    println!("{}: a copy of {location}, looked over", options.file.display());
    println!("sha256 {sha256}");
    Ok(ExitCode::SUCCESS)
}

/// An empty file in the folder of another, for its owner alone; it goes if nothing comes of it.
pub fn beside(file: &Path) -> Result<NamedTempFile, String> {
    tempfile::Builder::new()
        .prefix(".cairn-")
        .suffix(".partial")
        .tempfile_in(folder(file))
        .map_err(said(file))
}

/// Refuses, in a sentence, what is not a sound database of Cairn's.
pub fn sound(file: &Path, what: &str) -> Result<(), String> {
    match examine(file).map_err(|error| error.to_string())? {
        Condition::Sound => Ok(()),
        Condition::NotCairns => Err(format!("{what} is not a database of Cairn's")),
        Condition::Newer(version) => Err(format!(
            "{what} was made by a later Cairn (migration {version} is not known here): use that one"
        )),
        Condition::Faulty(faults) => Err(format!("{what} is faulty:\n  {}", faults.join("\n  "))),
    }
}

/// Where the checksum of a copy is written down, as `sha256sum --check` reads it.
pub fn checksum_file(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

/// The SHA-256 of a file.
pub fn checksum(file: &Path) -> Result<String, String> {
    File::open(file).and_then(sha256_of).map_err(said(file))
}

/// Sees to it that a file, or the names in a folder, are on disk.
pub fn sync(path: &Path) -> Result<(), String> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(said(path))
}

/// The folder that a file lies in.
pub fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// What went wrong with a file, as a sentence.
pub fn said(path: &Path) -> impl Fn(std::io::Error) -> String {
    let path = path.display().to_string();
    move |error| format!("{path}: {error}")
}

fn write_checksum(file: &Path, sha256: &str) -> Result<(), String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let path = checksum_file(file);
    std::fs::write(&path, format!("{sha256}  {name}\n")).map_err(said(&path))?;
    sync(&path)
}
