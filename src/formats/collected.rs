//! A submission that was read whole, because it is small enough to be answered at once.

use super::incoming::{Head, Row, Sink};
use crate::error::{Error, Result};

/// Everything that was read.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// What was known before the rows.
    pub head: Head,
    /// Where the figures come from, in the submitter's words.
    pub source: Option<String>,
    /// The rows.
    pub rows: Vec<Row>,
    most: usize,
}

impl Collected {
    /// Nothing yet, and no more than so many rows.
    pub fn up_to(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }
}

impl Sink for Collected {
    fn head(&mut self, head: Head) -> Result<()> {
        self.head = head;
        Ok(())
    }

    fn source(&mut self, source: String) -> Result<()> {
        self.source = Some(source);
        Ok(())
    }

    fn row(&mut self, row: Row) -> Result<()> {
        if self.rows.len() == self.most {
            return Err(Error::TooLarge(format!(
                "these are more than {} rows, which is what is answered at once: send the same file with the header \
                 `Prefer: respond-async`, and ask for its receipt later",
                self.most
            )));
        }
        self.rows.push(row);
        Ok(())
    }
}
