//! What is to be in the database: the figures of one client, from what was acknowledged to it.

use std::collections::{BTreeMap, HashMap};

use crate::operation::Operation;
use crate::random::Random;

/// A value, or none, and the operation that brought it.
pub type Step = (Option<i64>, u64);

/// The figures of one client: nobody else touches its days, and it sends one operation after another.
pub struct Figures {
    /// Its days.
    pub days: std::ops::Range<u64>,
    /// What was said of each day, one after another.
    pub trail: BTreeMap<u64, Vec<Step>>,
    random: Random,
}

impl Figures {
    /// Those of the client at a place.
    pub fn new(place: u64, days_each: u64, seed: u64) -> Self {
        Self {
            days: place * days_each..(place + 1) * days_each,
            trail: BTreeMap::new(),
            random: Random::new(seed, place),
        }
    }

    /// The next operation: a new figure or a correction, a small group of them, or a withdrawal.
    pub fn next(&mut self, id: u64) -> Operation {
        let count = match self.random.below(10) {
            0..6 => 1,
            _ => 2 + self.random.below(20),
        };
        let is_keyed = self.random.below(2) == 0;
        self.operation(id, count, is_keyed, false)
    }

    /// The next operation that is to be applied later, of many figures.
    pub fn next_import(&mut self, id: u64, rows: u64) -> Operation {
        self.operation(id, rows, true, true)
    }

    fn operation(&mut self, id: u64, count: u64, is_keyed: bool, is_later: bool) -> Operation {
        let length = self.days.end - self.days.start;
        let start = self.random.below(length);
        let rows = (0..count.min(length)).map(|offset| {
            let day = self.days.start + (start + offset) % length;
            // One in six of those that are there goes; no two values are the same.
            let goes = self.current(day).is_some() && self.random.below(6) == 0;
            (
                day,
                (!goes).then(|| 1_000_000 + (id * 4_096 + offset).cast_signed()),
            )
        });
        let rows = rows.collect();
        Operation {
            id,
            rows,
            is_keyed,
            is_later,
        }
    }

    /// What holds of a day.
    pub fn current(&self, day: u64) -> Option<i64> {
        self.trail.get(&day)?.last()?.0
    }

    /// How many figures an operation creates, corrects and withdraws.
    pub fn counts(&self, operation: &Operation) -> [u64; 3] {
        let mut counts = [0; 3];
        for (day, value) in &operation.rows {
            let place = match (self.current(*day), value) {
                (_, None) => 2,
                (None, Some(_)) => 0,
                (Some(_), Some(_)) => 1,
            };
            counts[place] += 1;
        }
        counts
    }

    /// Takes note of what is durable.
    pub fn apply(&mut self, operation: &Operation) {
        for (day, value) in &operation.rows {
            self.trail.entry(*day).or_default().push((*value, operation.id));
        }
    }

    /// The earlier values of a day, the oldest first, each with the submissions that brought and ended it.
    pub fn earlier(&self, day: u64, names: &HashMap<u64, String>) -> Vec<(i64, String, String)> {
        let name = |id: u64| names.get(&id).cloned().unwrap_or_default();
        let trail = self.trail.get(&day).map(Vec::as_slice).unwrap_or_default();
        let pairs = trail.iter().zip(trail.iter().skip(1));
        pairs
            .filter_map(|((value, by), (_, ended_by))| Some(((*value)?, name(*by), name(*ended_by))))
            .collect()
    }
}
