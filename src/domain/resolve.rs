//! Resolving a slice: which figure an organization has at each cell, however it chose to report.
//!
//! A partner may report the total, a breakdown, a cross of breakdowns, or several of them. Its figure at a cell is
//! what it reported there; else the sum of its finer cells along one further dimension, each of them resolved in
//! the same way. So a total is never counted twice. Where several dimensions offer a sum, the greatest in magnitude
//! is taken (a breakdown may be incomplete, so the fullest is nearest to the total); among equals, the first in the
//! order of dimension codes. A dimension with overlapping codes is never summed. A cell that is stated missing has
//! no value of its own and falls through to the sum of its parts. `_`, not stated, is a code like any other, and a
//! retired code still counts.
//!
//! Only measures whose aggregation is `sum` are resolved; of any other, only what was reported counts.

use super::answer::Answer;
use super::cell::Cell;
use super::measure::Measure;
use super::schema::Schema;
use std::collections::BTreeMap;

/// What one organization has at one cell, in units of the measure (of a ratio: of its two sides).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// The figure; the numerator of a ratio.
    pub sum: i128,
    /// The denominator of a ratio; 0 for a number.
    pub denominator: i128,
    /// Whether any part of it is an estimate.
    pub estimated: bool,
    /// The greatest figure of one period that it is made of: at least so many people are in it, however often it
    /// counts them. Not told of a ratio.
    pub peak: i128,
}

impl Share {
    /// A reported number; `None` for an answer without a value.
    pub fn reported(answer: Answer) -> Option<Self> {
        let sum = i128::from(answer.units()?);
        Some(Self {
            sum,
            denominator: 0,
            estimated: answer.is_estimated(),
            peak: sum,
        })
    }

    /// Adds another part of the same organization's figure in the same period: other people.
    pub fn add_part(&mut self, part: &Self) {
        self.add(part);
        self.peak += part.peak;
    }

    /// Adds another period of the same organization's figure: perhaps the same people.
    pub fn add_period(&mut self, period: &Self) {
        self.add(period);
        self.peak = self.peak.max(period.peak);
    }

    fn add(&mut self, other: &Self) {
        self.sum += other.sum;
        self.denominator += other.denominator;
        self.estimated |= other.estimated;
    }
}

/// Every cell at which the slice gives a figure: each reported one, and each coarser one that follows from them.
pub fn resolve(
    schema: &Schema,
    measure: &Measure,
    slice: impl IntoIterator<Item = (Cell, Answer)>,
) -> BTreeMap<Cell, Share> {
    let mut resolved: BTreeMap<Cell, Share> = slice
        .into_iter()
        .filter_map(|(cell, answer)| Some((cell, Share::reported(answer)?)))
        .collect();
    if !measure.is_sum() {
        return resolved;
    }
    // From the finest level up: the parents of one level are settled before they become parts themselves.
    let finest = resolved.keys().map(Cell::len).max().unwrap_or(0);
    for level in (1..=finest).rev() {
        let offers = sums_of_parts(schema, &resolved, level);
        let mut chosen: BTreeMap<Cell, (u16, Share)> = BTreeMap::new();
        for ((parent, dimension), sum) in offers {
            if resolved.contains_key(&parent) {
                continue;
            }
            let best = chosen.entry(parent).or_insert((dimension, sum));
            if exceeds(schema, (dimension, &sum), (best.0, &best.1)) {
                *best = (dimension, sum);
            }
        }
        resolved.extend(chosen.into_iter().map(|(parent, (_, share))| (parent, share)));
    }
    resolved
}

/// The reported cells whose parts along one dimension sum to more than they do in magnitude: the breakdown and
/// the total cannot both be right. A submission warns of them; the figures stand.
pub fn parts_exceed_total(
    schema: &Schema,
    measure: &Measure,
    slice: impl IntoIterator<Item = (Cell, Answer)>,
) -> Vec<Cell> {
    if !measure.is_sum() {
        return Vec::new();
    }
    let reported: BTreeMap<Cell, Answer> = slice.into_iter().collect();
    let resolved = resolve(
        schema,
        measure,
        reported.iter().map(|(&cell, &answer)| (cell, answer)),
    );
    let mut exceeded: Vec<Cell> = (1..=Cell::MOST)
        .flat_map(|level| sums_of_parts(schema, &resolved, level))
        .filter(|((parent, _), sum)| {
            let total = reported.get(parent).and_then(|answer| answer.units());
            total.is_some_and(|total| sum.sum.unsigned_abs() > i128::from(total).unsigned_abs())
        })
        .map(|((parent, _), _)| parent)
        .collect();
    exceeded.sort_unstable();
    exceeded.dedup();
    exceeded
}

/// The sums of the cells with `level` dimensions, along each dimension that may be summed, by the cell they make.
fn sums_of_parts(
    schema: &Schema,
    resolved: &BTreeMap<Cell, Share>,
    level: usize,
) -> BTreeMap<(Cell, u16), Share> {
    let mut sums: BTreeMap<(Cell, u16), Share> = BTreeMap::new();
    for (cell, share) in resolved.iter().filter(|(cell, _)| cell.len() == level) {
        for dimension in cell.dimensions() {
            if !schema.dimension(dimension).is_some_and(|found| found.overlapping) {
                sums.entry((cell.without(dimension), dimension))
                    .or_default()
                    .add_part(share);
            }
        }
    }
    sums
}

/// Whether the sum along one dimension is to be taken before that along another: it is greater in magnitude, or
/// as great and its dimension's code comes first.
fn exceeds(schema: &Schema, (dimension, sum): (u16, &Share), (other, best): (u16, &Share)) -> bool {
    let code = |id| schema.dimension(id).map(|found| found.code.as_str());
    match sum.sum.unsigned_abs().cmp(&best.sum.unsigned_abs()) {
        std::cmp::Ordering::Equal => code(dimension) < code(other),
        order => order.is_gt(),
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
