//! A question to the cube, in the words of a query string.

use crate::domain::cell::Cell;
use crate::domain::issue::Issue;
use crate::domain::period_kind::PeriodKind;
use crate::domain::period_range::PeriodRange;
use crate::domain::question::{Column, Question};
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// The parameters that make a question; each may be left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuestionText<'a> {
    /// Codes of measures.
    pub measure: Option<&'a str>,
    /// A period or a range of them.
    pub period: Option<&'a str>,
    /// The columns to break down by.
    pub by: Option<&'a str>,
    /// The kind of period to bring figures to.
    pub at: Option<&'a str>,
    /// Pairs of dimension and code.
    pub cell: Option<&'a str>,
    /// Whether to tell the bounds of how many people are counted.
    pub bounds: bool,
}

impl QuestionText<'_> {
    /// The question; measures that are named have to fit it, and where none is named, those that do not are left out.
    pub fn read(&self, schema: &Schema) -> Result<Question> {
        let mut issues = Vec::new();
        let mut question = Question {
            measures: measures(schema, self.measure, &mut issues),
            by: columns(schema, self.by, &mut issues),
            filter: cell(schema, self.cell, &mut issues),
            at: self.at.and_then(|text| kind(text, &mut issues)),
            range: range(schema, self.period, &mut issues),
            bounds: self.bounds,
        };
        if issues.is_empty() && self.measure.is_some() {
            issues = question.check(schema);
        }
        if !issues.is_empty() {
            return Err(Error::Invalid(issues));
        }
        question.keep_fitting(schema);
        Ok(question)
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// The ids of measures by their codes; where none is named, of all that are in use.
pub(super) fn measures(schema: &Schema, asked: Option<&str>, issues: &mut Vec<Issue>) -> Vec<i32> {
    let Some(asked) = asked else {
        return schema
            .measures
            .iter()
            .filter(|measure| !measure.retired)
            .map(|measure| measure.id)
            .collect();
    };
    let mut ids = Vec::new();
    if parts(asked).next().is_none() {
        let detail = "name a measure, or leave the parameter out to ask for all";
        issues.push(Issue::query("measure", "empty", detail));
    }
    for code in parts(asked) {
        match schema.measure_by_code(code) {
            Some(measure) if ids.contains(&measure.id) => {}
            Some(measure) => ids.push(measure.id),
            None => {
                issues.push(Issue::query(
                    "measure",
                    "unknown_measure",
                    format!("there is no measure '{code}' here"),
                ));
            }
        }
    }
    ids
}

fn columns(schema: &Schema, by: Option<&str>, issues: &mut Vec<Issue>) -> Vec<Column> {
    let mut columns = Vec::new();
    for name in parts(by.unwrap_or_default()) {
        let column = if name == "organization" {
            Column::Organization
        } else if let Some(key) = name.strip_prefix("partner_") {
            Column::Attribute(key.to_owned())
        } else if let Some(dimension) = schema.dimension_by_code(name) {
            Column::Dimension(dimension.id)
        } else {
            let known: Vec<&str> = schema
                .dimensions
                .iter()
                .map(|dimension| dimension.code.as_str())
                .collect();
            let detail = format!(
                "'{name}' is not a column here: there are organization, partner_<attribute>, and the dimensions {}",
                known.join(", ")
            );
            issues.push(Issue::query("by", "unknown_column", detail));
            continue;
        };
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    if columns
        .iter()
        .filter(|column| matches!(column, Column::Dimension(_)))
        .count()
        > Cell::MOST
    {
        issues.push(Issue::query(
            "by",
            "too_many_dimensions",
            format!("at most {} dimensions at once", Cell::MOST),
        ));
    }
    columns
}

fn cell(schema: &Schema, text: Option<&str>, issues: &mut Vec<Issue>) -> Cell {
    let mut pairs = Vec::new();
    for pair in parts(text.unwrap_or_default()) {
        match pair.split_once(':') {
            Some(pair) => pairs.push(pair),
            None => issues.push(Issue::query(
                "cell",
                "invalid_cell",
                "pairs such as age_group:young_adult",
            )),
        }
    }
    schema.cell_from_pairs(pairs).unwrap_or_else(|error| {
        issues.push(Issue::query("cell", error.code(), error.to_string()));
        Cell::HEADLINE
    })
}

fn kind(text: &str, issues: &mut Vec<Issue>) -> Option<PeriodKind> {
    let kind = PeriodKind::parse(text);
    if kind.is_none() {
        let kinds: Vec<&str> = PeriodKind::ALL.iter().map(|kind| kind.as_str()).collect();
        issues.push(Issue::query(
            "at",
            "unknown_period_type",
            format!("one of {}", kinds.join(", ")),
        ));
    }
    kind
}

/// A range of periods; all of time, where none is named.
pub(super) fn range(schema: &Schema, text: Option<&str>, issues: &mut Vec<Issue>) -> PeriodRange {
    let Some(text) = text else { return PeriodRange::ALL };
    PeriodRange::parse(text, schema.fiscal_start).unwrap_or_else(|error| {
        issues.push(Issue::query("period", "invalid_period", error.to_string()));
        PeriodRange::ALL
    })
}
