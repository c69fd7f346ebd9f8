//! One writing process for each SQLite file.

use std::fs::File;
use std::path::PathBuf;

use super::Location;

/// Held as long as a process may write to a SQLite database; PostgreSQL needs none.
pub struct DatabaseLock {
    _file: Option<File>,
}

impl DatabaseLock {
    /// Takes the lock beside the database file; the error is a sentence for the person who started the program.
    pub fn acquire(location: &Location) -> Result<Self, String> {
        let Some(database) = location.file() else {
            return Ok(Self { _file: None });
        };
        let mut path = PathBuf::from(database).into_os_string();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: Some(file) }),
            Err(_) => Err(format!(
                "another Cairn is writing to {}: end that one first, or use PostgreSQL for several",
                database.display()
            )),
        }
    }
}
