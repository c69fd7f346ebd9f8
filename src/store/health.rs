//! Whether the database answers.

use super::System;
use super::migrations::is_current;
use crate::error::{Error, Result};

/// Refuses unless the database answers and has the tables that this program needs.
pub fn check(tx: &mut System<'_>) -> Result<()> {
    if is_current(tx.connection)? {
        Ok(())
    } else {
        Err(Error::Busy)
    }
}
