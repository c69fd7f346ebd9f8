//! One organization's answers, as every rule of measurement reads them.
//!
//! A *slice* is what one organization answered for one measure and one period: its cells and their answers.
//! Slices are ordered by measure and period, so that the slices of a coarser period lie side by side.

use super::answer::Answer;
use super::cell::Cell;
use super::period::Period;
use super::period_kind::{FiscalStart, PeriodKind};
use std::collections::BTreeMap;

/// The answers of one slice.
pub type Slice = BTreeMap<Cell, Answer>;

/// The answers of one organization by measure id and period. A slice without cells is the same as none.
pub type Figures = BTreeMap<(i32, Period), Slice>;

/// The first and the last period of a kind among those that fill the periods from `first` to `last`.
///
/// The kind must make the kind of the two, or be it.
pub fn inside(first: Period, last: Period, kind: PeriodKind, fiscal_start: FiscalStart) -> (Period, Period) {
    if first.kind() == kind {
        return (first, last);
    }
    let at = |date| Period::containing(kind, date, fiscal_start);
    (at(first.start(fiscal_start)), at(last.end(fiscal_start)))
}

/// The slices of one measure in the periods from `first` to `last`, in the order of time.
pub fn slices(
    figures: &Figures,
    measure_id: i32,
    (first, last): (Period, Period),
) -> impl DoubleEndedIterator<Item = (Period, &Slice)> {
    let range = (first <= last).then(|| figures.range((measure_id, first)..=(measure_id, last)));
    range
        .into_iter()
        .flatten()
        .map(|(&(_, period), slice)| (period, slice))
}
