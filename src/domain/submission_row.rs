//! The checks of one submitted row: its measure, period, cell, organization and answer, and that its key is new.

use super::cell::Cell;
use super::listing;
use super::measure::{Measure, MeasureScope};
use super::period::{Period, PeriodError};
use super::schema::Schema;
use super::submission::{Change, Checked, RowError, SubmittedRow, SubmittedValue, Submitter};
use std::collections::HashMap;

/// So many unknown names are answered with what they may have meant; beyond, that would only cost time.
const MOST_SUGGESTIONS: usize = 200;

/// Checks the rows of one submission, one after another; every error of a row is told, not only the first.
pub struct Checker<'a> {
    pub(super) schema: &'a Schema,
    submitter: &'a Submitter<'a>,
    /// The last one parsed: rows of one period often stand together.
    last_period: Option<(String, Period)>,
    organizations: HashMap<String, Option<i32>>,
    /// The row that has this organization, measure, period and cell. Packed, because there may be millions.
    keys: HashMap<[i32; 4], u32>,
    cells: HashMap<Cell, i32>,
    suggestions: usize,
    row: usize,
    checked: Checked,
}

impl<'a> Checker<'a> {
    /// Of the rows of one submitter, against one state of the schema.
    pub fn new(schema: &'a Schema, submitter: &'a Submitter<'a>) -> Self {
        Self {
            schema,
            submitter,
            last_period: None,
            organizations: HashMap::new(),
            keys: HashMap::new(),
            cells: HashMap::new(),
            suggestions: 0,
            row: 0,
            checked: Checked::default(),
        }
    }

    /// The changes of the good rows and the errors of the others, since it was last asked.
    pub fn take(&mut self) -> Checked {
        std::mem::take(&mut self.checked)
    }

    /// Checks a row: adds its change, or every error that it has.
    pub fn check(&mut self, place: usize, row: &SubmittedRow) {
        self.row = place;
        let before = self.checked.errors.len();
        let withdraws = row.value == SubmittedValue::Null && row.missing.is_none();
        let measure = self.measure(row, withdraws);
        let period = self.period(row, measure);
        let cell = self.cell(row, measure, withdraws);
        let organization = self.organization(row);
        let note = self.note(row, withdraws);
        let answer = self.answer(row, measure, withdraws);
        let (Some(measure), Some(period), Some(cell), Some(organization_id)) =
            (measure, period, cell, organization)
        else {
            return;
        };
        self.reporter(measure, organization_id);
        let next = i32::try_from(self.cells.len()).unwrap_or(i32::MAX);
        let interned = *self.cells.entry(cell).or_insert(next);
        let key = [organization_id, measure.id, period.encoded(), interned];
        let number = u32::try_from(place + 1).unwrap_or(u32::MAX);
        let earlier = *self.keys.entry(key).or_insert(number);
        if earlier != number {
            let detail = format!(
                "row {earlier} has the same organization, measure, period and cell; keep one of the two"
            );
            self.refuse("", "duplicate_row", detail);
        }
        if self.checked.errors.len() == before {
            self.checked.changes.push(Change {
                row: place,
                organization_id,
                measure_id: measure.id,
                period,
                cell,
                note,
                answer,
            });
        }
    }

    fn measure(&mut self, row: &SubmittedRow, withdraws: bool) -> Option<&'a Measure> {
        let Some(code) = stated(&row.measure) else {
            self.refuse("/measure", "required", "say which measure it is, by its code");
            return None;
        };
        let Some(measure) = self.schema.measure_by_code(code) else {
            let detail = if self.may_suggest() {
                let known = self
                    .schema
                    .measures
                    .iter()
                    .filter(|measure| !measure.retired && !measure.is_ratio());
                format!(
                    "there is no measure `{code}`; {}",
                    listing::known("measures", code, known.map(|measure| measure.code.as_str()))
                )
            } else {
                format!("there is no measure `{code}`")
            };
            self.refuse("/measure", "unknown_measure", detail);
            return None;
        };
        if let Some((numerator, denominator, _)) = measure.sides() {
            let name = |id| self.schema.measure(id).map_or("", |side| side.code.as_str());
            let (above, below) = (name(numerator.measure_id), name(denominator.measure_id));
            let detail = format!(
                "`{}` is a ratio, which Cairn derives; submit `{above}` and `{below}` instead",
                measure.code
            );
            self.refuse("/measure", "ratio_measure", detail);
            return None;
        }
        if measure.retired && !withdraws {
            self.refuse(
                "/measure",
                "retired_measure",
                format!("`{}` is retired and takes no more figures", measure.code),
            );
        }
        Some(measure)
    }

    fn period(&mut self, row: &SubmittedRow, measure: Option<&Measure>) -> Option<Period> {
        let Some(written) = stated(&row.period) else {
            let example = measure.map_or("2026", |measure| measure.frequency.example());
            self.refuse(
                "/period",
                "required",
                format!("say for which period it is, such as {example}"),
            );
            return None;
        };
        let parsed = match &self.last_period {
            Some((text, period)) if text == written => return self.of_frequency(*period, measure),
            _ => Period::parse(written),
        };
        let period = match parsed {
            Ok(period) => period,
            Err(error) => {
                let code = if matches!(error, PeriodError::NotInCalendar(..)) {
                    "unknown_period"
                } else {
                    "invalid_period"
                };
                self.refuse("/period", code, error.to_string());
                return None;
            }
        };
        self.last_period = Some((written.to_owned(), period));
        self.of_frequency(period, measure)
    }

    fn of_frequency(&mut self, period: Period, measure: Option<&Measure>) -> Option<Period> {
        if let Some(measure) = measure
            && measure.frequency != period.kind()
        {
            let fiscal_start = self.schema.fiscal_start;
            let example = Period::containing(measure.frequency, period.start(fiscal_start), fiscal_start);
            let (is, should) = (spaced(period.kind().as_str()), spaced(measure.frequency.as_str()));
            let detail = format!(
                "{period} is a {is}; `{}` is reported by {should}: write a period such as {example}",
                measure.code
            );
            self.refuse("/period", "wrong_frequency", detail);
            return None;
        }
        Some(period)
    }

    fn organization(&mut self, row: &SubmittedRow) -> Option<i32> {
        let own = self.submitter.organization_id;
        let Some(code) = stated(&row.organization) else {
            return Some(own);
        };
        let found = match self.organizations.get(code) {
            Some(found) => *found,
            None => {
                let found = (self.submitter.organizations)(code);
                self.organizations.insert(code.to_owned(), found);
                found
            }
        };
        match found {
            Some(id) if id == own || self.submitter.is_backbone => Some(id),
            _ if !self.submitter.is_backbone => {
                let detail = "only the backbone reports on behalf of another organization; leave `organization` out to report your own figures";
                self.refuse("/organization", "not_on_behalf", detail);
                None
            }
            _ => {
                let detail = format!(
                    "no organization `{code}` can be reported for in this coalition; the list of partners has their codes"
                );
                self.refuse("/organization", "unknown_organization", detail);
                None
            }
        }
    }

    fn reporter(&mut self, measure: &Measure, organization_id: i32) {
        if measure.scope != MeasureScope::Population {
            return;
        }
        let is_own_backbone = self.submitter.is_backbone && organization_id == self.submitter.organization_id;
        let reports = if measure.reporters.is_empty() {
            is_own_backbone
        } else {
            measure.reporters.contains(&organization_id)
        };
        if !reports {
            let who = if measure.reporters.is_empty() {
                "the backbone"
            } else {
                "the reporters that its measure names"
            };
            let detail = format!(
                "`{}` is about a whole population and reported by {who} only",
                measure.code
            );
            self.refuse("/measure", "not_a_reporter", detail);
        }
    }

    pub(super) fn may_suggest(&mut self) -> bool {
        self.suggestions += 1;
        self.suggestions <= MOST_SUGGESTIONS
    }

    pub(super) fn refuse(&mut self, at: &str, code: &'static str, detail: impl Into<String>) {
        let pointer = format!("/observations/{}{at}", self.row);
        self.checked.errors.push(RowError {
            row: self.row,
            pointer,
            code,
            detail: detail.into(),
        });
    }
}

/// The text, unless it is blank.
pub(super) fn stated(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn spaced(word: &str) -> String {
    word.replace('_', " ")
}
