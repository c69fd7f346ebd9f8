//! Whether a write was begun or given up, whichever came first: so that who is told that nothing was changed is told the
//! truth.

use std::sync::atomic::{AtomicU8, Ordering};

/// Shared by who waits for a write and who does it.
#[derive(Default)]
pub(in crate::store) struct Turn(AtomicU8);

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Turn {
    /// Whether it may be begun, or go on.
    pub fn begin(&self) -> bool {
        self.change(BEGUN)
    }

    /// Whether it was given up in time.
    pub fn give_up(&self) -> bool {
        self.change(GIVEN_UP)
    }

    fn change(&self, to: u8) -> bool {
        let changed = self
            .0
            .compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire);
        changed.is_ok() || changed == Err(to)
    }
}
