//! Who has lately had how much of the database's time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// So long is looked back at least, and twice as long at most.
const WINDOW: Duration = Duration::from_secs(1);

/// How long each asker had places, in this window of time and in the one before.
pub(in crate::store) struct RecentUse {
    windows: [HashMap<u64, Duration>; 2],
    since: Instant,
    most: Duration,
}

impl RecentUse {
    /// Nobody has had anything yet; more than that part of the time of so many places is much.
    pub fn new(places: usize, part: u32) -> Self {
        let all = WINDOW.saturating_mul(u32::try_from(places).unwrap_or(u32::MAX));
        Self {
            windows: [HashMap::new(), HashMap::new()],
            since: Instant::now(),
            most: all / part,
        }
    }

    /// The asker had a place for so long.
    pub fn add(&mut self, asker: u64, used: Duration) {
        self.go_on();
        let [now, _] = &mut self.windows;
        *now.entry(asker).or_default() += used;
    }

    /// Whether the asker has lately had much.
    pub fn is_much(&mut self, asker: u64) -> bool {
        self.go_on();
        let mut windows = self.windows.iter();
        windows.any(|used| used.get(&asker).is_some_and(|used| *used > self.most))
    }

    /// Begins a new window where this one is over.
    fn go_on(&mut self) {
        let elapsed = self.since.elapsed();
        if elapsed < WINDOW {
            return;
        }
        let [now, before] = &mut self.windows;
        std::mem::swap(now, before);
        now.clear();
        if elapsed >= WINDOW * 2 {
            before.clear();
        }
        self.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_is_remembered_for_a_while() {
        let mut recent = RecentUse::new(2, 4);
        let earlier = |by| Instant::now().checked_sub(by).expect("a moment ago");
        recent.add(1, WINDOW / 4);
        recent.add(2, WINDOW / 4);
        assert!(!recent.is_much(1) && !recent.is_much(2) && !recent.is_much(3));
        recent.add(1, WINDOW / 2);
        assert!(recent.is_much(1) && !recent.is_much(2));
        recent.since = earlier(WINDOW);
        assert!(recent.is_much(1), "in the next window, too");
        recent.since = earlier(WINDOW);
        assert!(!recent.is_much(1), "not for ever");
        recent.add(1, WINDOW);
        recent.since = earlier(WINDOW * 2);
        assert!(!recent.is_much(1), "nor after it has been away");
    }
}
