//! The rows of one measure, period and group.
//!
//! A *tally* holds what is known of one measure, period and group (all organizations, one of them, or those with one
//! value of the asked attributes): the total of the filtered cell, the totals of the rows' cells, and what was stated
//! missing. Its rows are:
//!
//! * one for every cell that someone contributed to;
//! * for summed numbers that are broken down, one **remainder** row, `_` in every dimension: the figure of the filtered
//!   cell less the sum of the rows shown, so that the rows add up to the answer without the breakdown. It is left out
//!   when it is zero, and it is negative when parts exceed their total. What was submitted as not stated in all the
//!   dimensions is part of it. Where codes overlap nothing is summed, and there is none;
//! * by organization, one for every reason stated in place of a value;
//! * when it was answered but there is no figure at all, one row that says so.

use super::cell::Cell;
use super::cube::Row;
use super::measure::Measure;
use super::period::Period;
use super::question::Question;
use super::schema::Schema;
use super::status::Status;
use super::totals::{Figure, Total};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of one measure, period and group.
#[derive(Default)]
pub(super) struct Tally {
    /// Of the filtered cell.
    whole: Total,
    /// Of the rows' cells.
    shown: BTreeMap<Cell, Total>,
    /// By organization: the reasons given at single cells.
    pub stated: BTreeMap<Cell, &'static str>,
    /// By organization: the reason by which it stands.
    pub missing: Option<&'static str>,
}

impl Tally {
    /// Changes the totals that the cell is for: the whole's, a row's, or both where nothing is broken down.
    pub fn at(&mut self, question: &Question, cell: &Cell, change: impl Fn(&mut Total)) {
        if *cell == question.filter {
            change(&mut self.whole);
        }
        if question.is_row(cell) {
            change(self.shown.entry(*cell).or_default());
        }
    }
}

/// What all rows of one tally have in common.
pub(super) struct Slot<'a> {
    pub measure: &'a Measure,
    pub period: Period,
    /// How many organizations are expected.
    pub expected: u32,
    /// How many were before any of them answered.
    pub eligible: u32,
    /// Whether everyone expected has every finer period.
    pub is_complete: bool,
    pub is_break: bool,
    /// Whether rows tell at least and at most how many people are in them.
    pub has_bounds: bool,
}

impl Slot<'_> {
    /// The rows with their cells, without keys. `blank` is the cell of the remainder, which is made if it `sums`.
    pub fn rows(
        &self,
        schema: &Schema,
        question: &Question,
        tally: &Tally,
        blank: Cell,
        sums: bool,
    ) -> Vec<(Cell, Row)> {
        let rest = Self::remainder(tally, blank).filter(|_| sums);
        let is_shown = |cell: &Cell| !(sums && *cell == blank);
        let shown = tally.shown.iter().filter(|(cell, _)| is_shown(cell));
        let mut rows: Vec<(Cell, Row)> = shown
            .map(|(&cell, total)| (cell, self.row(schema, total)))
            .collect();
        let unsaid = tally
            .stated
            .iter()
            .filter(|(cell, _)| question.is_row(cell) && is_shown(cell) && !tally.shown.contains_key(cell));
        rows.extend(unsaid.map(|(&cell, &reason)| {
            (
                cell,
                Row {
                    missing: Some(reason),
                    ..self.row(schema, &Total::default())
                },
            )
        }));
        rows.extend(rest.map(|rest| {
            (
                blank,
                Row {
                    is_remainder: true,
                    // A difference of sums, of which nothing is known.
                    people: None,
                    ..self.row(schema, &rest)
                },
            )
        }));
        if rows.is_empty() && tally.whole.contributors == 0 {
            let missing = tally.stated.get(&question.filter).copied().or(tally.missing);
            rows.push((
                blank,
                Row {
                    missing,
                    ..self.row(schema, &Total::default())
                },
            ));
        }
        rows
    }

    /// The figure of the filtered cell less the rows shown; contributors are those of the filtered cell.
    fn remainder(tally: &Tally, blank: Cell) -> Option<Total> {
        let shown: i128 = tally
            .shown
            .iter()
            .filter(|(cell, _)| **cell != blank)
            .map(|(_, total)| total.sum)
            .sum();
        let rest = Total {
            sum: tally.whole.sum - shown,
            ..tally.whole
        };
        (rest.sum != 0 && rest.contributors > 0).then_some(rest)
    }

    /// A row of a total, without keys.
    pub fn row(&self, schema: &Schema, total: &Total) -> Row {
        let figure = Figure::of(schema, self.measure, total);
        let covered = if total.contributors < self.expected || !self.is_complete {
            Status::Provisional
        } else {
            Status::Final
        };
        Row {
            measure_id: self.measure.id,
            period: self.period,
            keys: Arc::default(),
            value: figure.value,
            numerator: figure.numerator,
            denominator: figure.denominator,
            exact: figure.exact,
            people: total.peak.zip(figure.value).filter(|_| self.has_bounds),
            contributors: Some(total.contributors),
            estimated: Some(total.estimated),
            expected: self.expected,
            eligible: self.eligible,
            status: figure.trouble.unwrap_or(covered),
            is_break: self.is_break,
            missing: None,
            is_remainder: false,
        }
    }
}
