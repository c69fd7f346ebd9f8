//! The check of what a submitted row answers: a value, a reason why there is none, or a withdrawal.

use super::answer::Answer;
use super::decimal::parse_units;
use super::measure::Measure;
use super::submission::{SubmittedRow, SubmittedValue};
use super::submission_row::{Checker, stated};
use super::text;

impl Checker<'_> {
    /// The note on a figure, without the blanks around it.
    pub(super) fn note(&mut self, row: &SubmittedRow, withdraws: bool) -> Option<String> {
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

    /// The answer that a row gives; `None` when it withdraws one, or is wrong.
    pub(super) fn answer(
        &mut self,
        row: &SubmittedRow,
        measure: Option<&Measure>,
        withdraws: bool,
    ) -> Option<Answer> {
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
}
