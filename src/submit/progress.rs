//! How far a long submission has come, and whether it is to go on: what its transaction shares with the outside.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Of one submission. Nothing of it is durable.
#[derive(Debug, Default)]
pub struct Progress {
    rows: AtomicU64,
    is_cancelled: AtomicBool,
}

impl Progress {
    /// How many rows have been taken up.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Asks that nothing of it be done.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether that was asked.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    pub(super) fn set_rows(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }
}
