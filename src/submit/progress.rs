//! How far a long submission has come, and whether it is to go on: what its transaction shares with the outside.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Of one submission. Nothing of it is durable.
#[derive(Debug, Default)]
pub struct Progress {
    rows: AtomicU64,
    course: AtomicU8,
}

/// It can still be called off.
const OPEN: u8 = 0;
/// Its rows have all been taken up; it is too late.
const CLOSED: u8 = 1;
/// It was called off in time.
const CANCELLED: u8 = 2;

impl Progress {
    /// How many rows have been taken up.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Calls it off; whether that was in time. If it was, nothing of it will be done.
    pub fn cancel(&self) -> bool {
        self.change(OPEN, CANCELLED) || self.is_cancelled()
    }

    /// Whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        self.course.load(Ordering::Acquire) == CANCELLED
    }

    /// Begins, or begins anew.
    pub(super) fn begin(&self) {
        self.set_rows(0);
        self.change(CLOSED, OPEN);
    }

    /// Closes it to calling off; whether it may go on.
    pub(super) fn close(&self) -> bool {
        self.change(OPEN, CLOSED)
    }

    pub(super) fn set_rows(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }

    fn change(&self, from: u8, to: u8) -> bool {
        let changed = self
            .course
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        changed.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_called_off_or_closed_but_never_both() {
        let progress = Progress::default();
        progress.begin();
        assert!(progress.cancel() && progress.cancel() && !progress.close());
        progress.begin();
        assert!(progress.is_cancelled(), "for good");
        let progress = Progress::default();
        assert!(progress.close() && !progress.cancel());
        progress.begin();
        assert!(progress.cancel(), "it was begun anew");
    }
}
