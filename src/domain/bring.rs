//! Bringing one organization's figures to a period: time first, then organizations.
//!
//! * A **flow** over a coarser period is the sum of the finer periods' resolved slices, cell by cell.
//! * A **stock** is the slice of the last finer period in which the organization gave a value at any cell; the whole
//!   slice, so that its parts and its total are of one moment. It is never added over time.
//! * A **ratio** has two sides, each resolved at the row's cell together with the side's own fixed cell. Two flows of
//!   one frequency are taken over the finer periods that have both: a partner that gave only its population for a
//!   month must not thin out the rate. Otherwise each side is brought by its own rule. Only an organization with both
//!   sides and a denominator other than zero has a share. This is decided anew for each cell and period.
//!
//! Multiplier and decimals of a ratio do not matter here; they come in when the value is made.

use super::cell::Cell;
use super::figures::{Figures, inside, slices};
use super::measure::{Accumulation, Measure, Side};
use super::period::Period;
use super::resolve::{Share, resolve};
use super::schema::Schema;
use std::collections::BTreeMap;

/// One organization's shares by period and cell.
pub type Shares = BTreeMap<Period, BTreeMap<Cell, Share>>;

/// The shares of one organization in a measure, in the periods from the first to the last. Their kind is the one to
/// bring to: the measure's own frequency, or a coarser kind that it makes. Nothing where the kind does not fit.
pub fn shares_in(schema: &Schema, measure: &Measure, figures: &Figures, within: (Period, Period)) -> Shares {
    match measure.sides() {
        None => bring_number(schema, measure, figures, within),
        Some((numerator, denominator, _)) => {
            bring_ratio(schema, measure, (numerator, denominator), figures, within)
        }
    }
}

fn bring_number(
    schema: &Schema,
    measure: &Measure,
    figures: &Figures,
    (first, last): (Period, Period),
) -> Shares {
    let start = schema.fiscal_start;
    let finer = inside(first, last, measure.frequency, start);
    let mut shares = Shares::new();
    for (period, slice) in slices(figures, measure.id, finer) {
        let Some(coarse) = period.coarsen(first.kind(), start) else {
            continue;
        };
        let resolved = resolve(
            schema,
            measure,
            slice.iter().map(|(&cell, &answer)| (cell, answer)),
        );
        if resolved.is_empty() {
            continue;
        }
        let brought = shares.entry(coarse).or_default();
        if measure.accumulation() == Some(Accumulation::Stock) || brought.is_empty() {
            *brought = resolved;
        } else {
            add(brought, resolved);
        }
    }
    shares
}

fn bring_ratio(
    schema: &Schema,
    measure: &Measure,
    sides: (&Side, &Side),
    figures: &Figures,
    within: (Period, Period),
) -> Shares {
    let (Some(top), Some(bottom)) = (
        schema.measure(sides.0.measure_id),
        schema.measure(sides.1.measure_id),
    ) else {
        return Shares::new();
    };
    let (start, at) = (schema.fiscal_start, within.0.kind());
    let flows = [top, bottom]
        .iter()
        .all(|side| side.accumulation() == Some(Accumulation::Flow));
    let paired = flows && top.frequency == bottom.frequency;
    let sides_within = if paired {
        inside(within.0, within.1, top.frequency, start)
    } else {
        within
    };
    let bottoms = bring_number(schema, bottom, figures, sides_within);
    if bottoms.is_empty() {
        return Shares::new();
    }
    let mut shares = Shares::new();
    for (period, cells) in bring_number(schema, top, figures, sides_within) {
        let (Some(below), Some(coarse)) = (bottoms.get(&period), period.coarsen(at, start)) else {
            continue;
        };
        let pairs = cells.iter().filter_map(|(cell, above)| {
            let row = row_cell(measure, cell, &sides.0.cell)?;
            let below = below.get(&join(&row, &sides.1.cell)?)?;
            Some((
                row,
                Share {
                    sum: above.sum,
                    denominator: below.sum,
                    estimated: above.estimated || below.estimated,
                    peak: 0,
                },
            ))
        });
        add(shares.entry(coarse).or_default(), pairs);
    }
    for cells in shares.values_mut() {
        cells.retain(|_, share| share.denominator != 0);
    }
    shares.retain(|_, cells| !cells.is_empty());
    shares
}

fn add(brought: &mut BTreeMap<Cell, Share>, more: impl IntoIterator<Item = (Cell, Share)>) {
    for (cell, share) in more {
        brought.entry(cell).or_default().add_period(&share);
    }
}

/// The cell of a ratio's row that a cell of one side stands for: without what the side fixes. `None` if the side's
/// cell lies outside what it fixes or names a dimension that the ratio does not have.
pub(super) fn row_cell(ratio: &Measure, cell: &Cell, fixed: &Cell) -> Option<Cell> {
    if !cell.contains(fixed) {
        return None;
    }
    let row = fixed
        .dimensions()
        .fold(*cell, |row, dimension| row.without(dimension));
    ratio.has_cell(&row).then_some(row)
}

/// A row's cell together with what a side fixes.
fn join(row: &Cell, fixed: &Cell) -> Option<Cell> {
    fixed
        .pairs()
        .iter()
        .try_fold(*row, |cell, &(dimension, code)| cell.with(dimension, code))
}

#[cfg(test)]
#[path = "bring_tests.rs"]
mod tests;
