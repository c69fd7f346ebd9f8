//! The journal outside: what was sent, and what came back, written to a file before it counts.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::Outcome;

/// A file of lines.
pub struct Journal(Mutex<File>);

impl Journal {
    /// A new one.
    pub fn create(path: &Path) -> Outcome<Self> {
        Ok(Self(Mutex::new(File::create(path)?)))
    }

    /// Adds a line. The file has no buffer of its own: once this returns, the end of this process cannot take it away.
    pub fn write(&self, line: &str) -> Outcome<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(file.write_all(format!("{line}\n").as_bytes())?)
    }
}
