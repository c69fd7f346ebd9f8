//! A third way to the cube, for rows by organization or partner attribute: from what was reported at one cell.
//!
//! Mostly everybody who answers reports the very cell that is asked about. Then no figure has to be made of others, and
//! what else was reported need not be read. Whether it is so is told by the coverage of the measure and period, which
//! counts over all cells: as many contributed as have a value at the cell, as many answered as did so at the cell, and
//! as many of those expected stand by `not_applicable` as state it there. Those at the cell are among those counted, so
//! that equal numbers mean the same organizations. Where it is not so, there are no rows from here.

use super::answer::Answer;
use super::coverage::{Coverage, Standing};
use super::cube::Row;
use super::dimension::NOT_STATED;
use super::measure::Measure;
use super::period::Period;
use super::question::{Column, Question};
use super::resolve::Share;
use super::roster::Roster;
use super::schema::Schema;
use super::status::{break_dates, is_break};
use super::tally::Slot;
use super::totals::Total;
use std::sync::Arc;

/// What organizations reported at the cell in one period: by their ids, in that order.
pub type Reported = [(i32, Answer)];

/// The groups that a question's rows stand for.
pub struct ReportedRows<'a> {
    schema: &'a Schema,
    roster: &'a Roster,
    question: &'a Question,
    /// In the order of the rows.
    keys: Vec<Arc<[String]>>,
    /// Of each organization by its place, the group.
    group_of: Vec<usize>,
}

/// What is known of a group in one period.
#[derive(Clone, Copy, Default)]
struct Group {
    total: Total,
    coverage: Coverage,
    eligible: u32,
    missing: Option<&'static str>,
}

impl<'a> ReportedRows<'a> {
    /// The groups of a question that [can be answered so](Question::fits_reported).
    pub fn new(schema: &'a Schema, question: &'a Question, roster: &'a Roster) -> Self {
        let mut rows = Self {
            schema,
            roster,
            question,
            keys: Vec::new(),
            group_of: vec![0; roster.organizations().len()],
        };
        if question.by == [Column::Organization] {
            rows.keys = roster.code_keys().to_vec();
            for (group, (place, _)) in roster.by_code().enumerate() {
                rows.group_of[place] = group;
            }
            return rows;
        }
        let keyed = roster
            .by_code()
            .map(|(place, facts)| (question.keys_of(facts), place));
        let mut keyed: Vec<(Vec<String>, usize)> = keyed.collect();
        keyed.sort_by(|(left, _), (right, _)| rank(left).cmp(rank(right)));
        for (keys, place) in keyed {
            if rows.keys.last().is_none_or(|last| **last != *keys) {
                rows.keys.push(keys.into());
            }
            if let Some(group) = rows.group_of.get_mut(place) {
                *group = rows.keys.len() - 1;
            }
        }
        rows
    }

    /// The rows of a measure and period; `None` where somebody who answered did not do so at the cell, or somebody
    /// contributed who has no value there.
    pub fn of(
        &self,
        measure: &Measure,
        period: Period,
        coverage: &Coverage,
        reported: &Reported,
    ) -> Option<Vec<Row>> {
        let mut groups = vec![Group::default(); self.keys.len()];
        let expecting = self.roster.expecting(self.schema, measure, period);
        for (&group, &is_expected) in self.group_of.iter().zip(&expecting) {
            groups[group].eligible += u32::from(is_expected);
        }
        let mut at_cell = Coverage::default();
        let mut places = 0..expecting.len();
        let organizations = self.roster.organizations();
        for &(id, answer) in reported {
            let place = places.find(|&place| organizations[place].id == id)?;
            let counts = Coverage::of(Some(standing_of(answer)), expecting[place]);
            at_cell.add(&counts, 1);
            let group = &mut groups[self.group_of[place]];
            group.coverage.add(&counts, 1);
            if let Some(share) = Share::reported(answer) {
                group.total.add(&share);
            }
            if self.question.is_by_organization() {
                group.missing = answer.missing();
            }
        }
        if at_cell != *coverage {
            return None;
        }
        let is_break = is_break(self.schema, &break_dates(self.schema, measure), period);
        let answered = groups.iter().zip(&self.keys);
        // Rows are large: room for all is made once.
        let mut rows = Vec::with_capacity(groups.len());
        let answered = answered
            .filter(|(group, _)| group.coverage.answered > 0)
            .map(|(group, keys)| {
                let slot = Slot {
                    measure,
                    period,
                    expected: group.coverage.expected(group.eligible),
                    eligible: group.eligible,
                    is_complete: true,
                    is_break,
                    has_bounds: self.question.has_bounds(measure),
                };
                Row {
                    keys: Arc::clone(keys),
                    missing: group.missing,
                    ..slot.row(self.schema, &group.total)
                }
            });
        rows.extend(answered);
        Some(rows)
    }
}

/// What sorts rows: alphabetically, what is not stated last.
fn rank(keys: &[String]) -> impl Iterator<Item = (bool, &str)> {
    keys.iter().map(|key| (key == NOT_STATED, key.as_str()))
}

/// Where an organization stands by its answer at the cell, if nothing else that it said tells otherwise.
const fn standing_of(answer: Answer) -> Standing {
    match answer {
        Answer::Value { .. } => Standing::Contributed,
        Answer::NotApplicable => Standing::NotApplicable,
        Answer::NotAvailable => Standing::NotAvailable,
    }
}
