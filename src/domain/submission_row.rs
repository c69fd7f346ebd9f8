//! The checks of one submitted row: its measure, period, cell, organization and answer, and that its key is new.

use super::answer::Answer;
use super::cell::Cell;
use super::decimal::parse_units;
use super::listing;
use super::measure::{Measure, MeasureScope};
use super::period::{Period, PeriodError};
use super::schema::Schema;
use super::submission::{Change, Checked, RowError, SubmittedRow, SubmittedValue, Submitter};
use super::text;
use std::collections::HashMap;

/// So many unknown names are answered with what they may have meant; beyond, that would only cost time.
const MOST_SUGGESTIONS: usize = 200;

pub(super) struct Checker<'a> {
    pub(super) schema: &'a Schema,
    submitter: &'a Submitter<'a>,
    periods: HashMap<&'a str, Result<Period, PeriodError>>,
    organizations: HashMap<&'a str, Option<i32>>,
    keys: HashMap<(i32, i32, Period, Cell), usize>,
    suggestions: usize,
    row: usize,
    pub(super) checked: Checked,
}

impl<'a> Checker<'a> {
    pub(super) fn new(schema: &'a Schema, submitter: &'a Submitter<'a>, rows: usize) -> Self {
        let checked = Checked {
            changes: Vec::with_capacity(rows),
            errors: Vec::new(),
        };
        let keys = HashMap::with_capacity(rows);
        Self {
            schema,
            submitter,
            periods: HashMap::new(),
            organizations: HashMap::new(),
            keys,
            suggestions: 0,
            row: 0,
            checked,
        }
    }

    /// Checks a row: adds its change, or every error that it has.
    pub(super) fn check(&mut self, place: usize, row: &'a SubmittedRow) {
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
        if let Some(earlier) = self.keys.get(&(organization_id, measure.id, period, cell)) {
            let detail = format!(
                "row {} has the same organization, measure, period and cell; keep one of the two",
                earlier + 1
            );
            self.refuse("", "duplicate_row", detail);
        } else {
            self.keys
                .insert((organization_id, measure.id, period, cell), place);
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

    fn measure(&mut self, row: &'a SubmittedRow, withdraws: bool) -> Option<&'a Measure> {
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

    fn period(&mut self, row: &'a SubmittedRow, measure: Option<&Measure>) -> Option<Period> {
        let Some(written) = stated(&row.period) else {
            let example = measure.map_or("2026", |measure| measure.frequency.example());
            self.refuse(
                "/period",
                "required",
                format!("say for which period it is, such as {example}"),
            );
            return None;
        };
        let parsed = self
            .periods
            .entry(written)
            .or_insert_with(|| Period::parse(written))
            .clone();
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

    fn organization(&mut self, row: &'a SubmittedRow) -> Option<i32> {
        let own = self.submitter.organization_id;
        let Some(code) = stated(&row.organization) else {
            return Some(own);
        };
        let found = *self
            .organizations
            .entry(code)
            .or_insert_with(|| (self.submitter.organizations)(code));
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

    fn note(&mut self, row: &'a SubmittedRow, withdraws: bool) -> Option<String> {
        let note = stated(&row.note)?;
        let length = note.chars().count();
        if length > text::NOTE {
            let detail = format!(
                "a note has at most {} characters; this one has {length}",
                text::NOTE
            );
            self.refuse("/note", "note_too_long", detail);
        }
        if withdraws {
            self.refuse(
                "/note",
                "note_without_answer",
                "`value: null` alone withdraws a figure; a note goes with a value or a reason",
            );
        }
        Some(note.into())
    }

    fn answer(&mut self, row: &SubmittedRow, measure: Option<&Measure>, withdraws: bool) -> Option<Answer> {
        if row.estimated && !matches!(row.value, SubmittedValue::Number(_)) {
            self.refuse(
                "/estimated",
                "estimated_without_value",
                "only a value can be an estimate; leave `estimated` out",
            );
        }
        if let Some(reason) = &row.missing {
            if matches!(row.value, SubmittedValue::Number(_)) {
                self.refuse(
                    "/missing",
                    "value_and_missing",
                    "a figure is either given or missing; leave out `value` or `missing`",
                );
            }
            let answer = Answer::from_missing(reason);
            if answer.is_none() {
                let detail = format!("`{reason}` is no reason; write `not_applicable` or `not_available`");
                self.refuse("/missing", "unknown_missing_reason", detail);
            }
            return answer;
        }
        let SubmittedValue::Number(digits) = &row.value else {
            if !withdraws {
                let detail = "give a value, or say why there is none with `missing`; `value: null` withdraws an earlier figure";
                self.refuse("/value", "required", detail);
            }
            return None;
        };
        let measure = measure?;
        match parse_units(digits, measure.decimals) {
            Ok(units) if units < 0 && measure.nonnegative => {
                self.refuse(
                    "/value",
                    "negative_value",
                    format!("`{}` is never negative", measure.code),
                );
                None
            }
            Ok(units) => Some(Answer::Value {
                units,
                estimated: row.estimated,
            }),
            Err(error) => {
                self.refuse("/value", error.code(), error.to_string());
                None
            }
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
fn stated(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn spaced(word: &str) -> String {
    word.replace('_', " ")
}
