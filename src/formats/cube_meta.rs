//! What holds for an answer as a whole: which coalition at which revision, as of when, and where its figures cannot be
//! compared over time.

use serde::Serialize;

use crate::domain::question::Question;
use crate::domain::schema::Schema;
use crate::domain::status::breaks_within;

/// About an answer; JSON has it as it is.
#[derive(Clone, Debug, Serialize)]
pub struct Meta<'a> {
    /// The coalition's code.
    pub coalition: &'a str,
    /// Counts the writes in the coalition.
    pub revision: i64,
    /// The version of the schema that codes are read by: today's, with `as_of` too.
    pub schema_version: i32,
    /// The instant, in RFC 3339, as of which the figures are; `None` is now.
    pub as_of: Option<String>,
    /// 1 is January.
    pub fiscal_year_start_month: u8,
    /// The breaks that begin within what was asked.
    pub breaks: Vec<BreakNotice<'a>>,
}

/// From a period on a measure's figures cannot be compared with those before.
#[derive(Clone, Debug, Serialize)]
pub struct BreakNotice<'a> {
    /// The measure's code.
    pub measure: &'a str,
    /// The first period for which the new definition holds.
    pub period: String,
    /// What changed.
    pub reason: &'a str,
}

impl<'a> Meta<'a> {
    /// Of the answer to a question.
    pub fn of(
        coalition: &'a str,
        revision: i64,
        schema: &'a Schema,
        question: &'a Question,
        as_of: Option<String>,
    ) -> Self {
        Self {
            coalition,
            revision,
            schema_version: schema.version,
            as_of,
            fiscal_year_start_month: schema.fiscal_start.month(),
            breaks: breaks(schema, question),
        }
    }
}

fn breaks<'a>(schema: &'a Schema, question: &'a Question) -> Vec<BreakNotice<'a>> {
    let within = breaks_within(schema, question).into_iter();
    within
        .map(|(measure, declared)| BreakNotice {
            measure: &measure.code,
            period: declared.from.to_string(),
            reason: &declared.reason,
        })
        .collect()
}
