//! New measures: the body of a request, and the rules of design sections 2 and 3 that it must keep.

pub use super::measure_patch::MeasurePatch;
pub use super::measure_rules::NewRange;

use super::code::Code;
use super::decimal::MAX_DECIMALS;
use super::given::given;
use super::issue::Issue;
use super::listing;
use super::measure::{
    Accumulation, Aggregation, Direction, Disclosure, Measure, MeasureKind, MeasureScope, PerformanceType,
};
use super::measure_rules;
use super::period_kind::PeriodKind;
use super::schema::Schema;
use super::text;
use super::whole_number::{given_whole, whole, whole_or_null};
use super::words::words;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Finds the id of an organization that may report in the coalition by its code, ignoring case.
pub type FindOrganization<'a> = &'a dyn Fn(&str) -> Option<i32>;

words! {
    /// What a new measure is to be.
    NewKind { Number = "number", Ratio = "ratio" }
}

/// The body that makes a measure. What only a number or only a ratio has is refused on the other.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMeasure {
    /// Unique in the coalition, ignoring case.
    pub code: String,
    /// What people read.
    pub name: String,
    /// What is counted, and how; empty unless given.
    #[serde(default, deserialize_with = "given")]
    pub definition: Option<String>,
    /// What the figures are in.
    pub unit: String,
    /// A number or a ratio.
    pub kind: NewKind,
    /// 0 to 6.
    #[serde(deserialize_with = "whole")]
    pub decimals: i64,
    /// Which way is better.
    pub direction: Direction,
    /// `performance` unless given; a ratio of two population measures is one itself.
    #[serde(default, deserialize_with = "given")]
    pub scope: Option<MeasureScope>,
    /// Unless given, `how_much` of a number and `how_well` of a ratio; a population measure has none.
    #[serde(default, deserialize_with = "given")]
    pub performance_type: Option<PerformanceType>,
    /// Whether it counts people; no unless given.
    #[serde(default, deserialize_with = "given")]
    pub counts_people: Option<bool>,
    /// Whether values below zero are errors; yes unless given.
    #[serde(default, deserialize_with = "given")]
    pub nonnegative: Option<bool>,
    /// Whether every partner is asked for it; no unless given.
    #[serde(default, deserialize_with = "given")]
    pub required: Option<bool>,
    /// `protected` unless given.
    #[serde(default, deserialize_with = "given")]
    pub disclosure: Option<Disclosure>,
    /// Of a number, as are the next six.
    #[serde(default, deserialize_with = "given")]
    pub accumulation: Option<Accumulation>,
    /// Required for a number.
    #[serde(default, deserialize_with = "given")]
    pub aggregation: Option<Aggregation>,
    /// Required for a number.
    #[serde(default, deserialize_with = "given")]
    pub frequency: Option<PeriodKind>,
    /// Codes of at most four dimensions.
    #[serde(default, deserialize_with = "given")]
    pub dimensions: Option<Vec<String>>,
    /// What surprises nobody.
    pub expected_range: Option<NewRange>,
    /// Days after a period's end by which it is due; without, there is no due date.
    #[serde(default, deserialize_with = "whole_or_null")]
    pub due_days: Option<i64>,
    /// Codes of the organizations that report a population measure; the backbone unless given.
    #[serde(default, deserialize_with = "given")]
    pub reporters: Option<Vec<String>>,
    /// Of a ratio, as are the next two.
    #[serde(default, deserialize_with = "given")]
    pub numerator: Option<NewSide>,
    /// Required for a ratio.
    #[serde(default, deserialize_with = "given")]
    pub denominator: Option<NewSide>,
    /// 1 unless given.
    #[serde(default, deserialize_with = "given_whole")]
    pub multiplier: Option<i64>,
}

/// One side of a new ratio: a measure, and perhaps one cell of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSide {
    /// The code of a number measure that is summed.
    pub measure: String,
    /// Codes by dimension; the headline unless given.
    #[serde(default, deserialize_with = "given")]
    pub cell: Option<BTreeMap<String, String>>,
}

impl NewMeasure {
    /// The measure, with id 0 and version 1, or everything that is wrong. Whether its code is taken is not asked
    /// here.
    pub fn check(
        self,
        schema: &Schema,
        find_organization: FindOrganization<'_>,
    ) -> Result<Measure, Vec<Issue>> {
        let mut issues = Vec::new();
        if let Err(error) = Code::parse(&self.code) {
            issues.push(Issue::new("/code", error.code(), error.to_string()));
        }
        let decimals = u8::try_from(self.decimals)
            .ok()
            .filter(|decimals| *decimals <= MAX_DECIMALS)
            .unwrap_or_else(|| {
                let detail = format!(
                    "a measure has 0 to {MAX_DECIMALS} decimals, not {}",
                    self.decimals
                );
                issues.push(Issue::new("/decimals", "out_of_range", detail));
                0
            });
        self.refuse_fields_of_the_other_kind(&mut issues);
        let definition = self.definition.as_deref().unwrap_or_default();
        let mut measure = Measure {
            id: 0,
            version: 1,
            name: text::named(&mut issues, "/name", &self.name, text::NAME),
            definition: text::prose(&mut issues, "/definition", definition, text::PROSE),
            unit: text::named(&mut issues, "/unit", &self.unit, text::UNIT),
            decimals,
            direction: self.direction,
            scope: self.scope.unwrap_or(MeasureScope::Performance),
            performance_type: None,
            frequency: self.frequency.unwrap_or(PeriodKind::Year),
            dimensions: Vec::new(),
            counts_people: self.counts_people.unwrap_or(false),
            nonnegative: self.nonnegative.unwrap_or(true),
            required: self.required.unwrap_or(false),
            due_days: None,
            disclosure: self.disclosure.unwrap_or(Disclosure::Protected),
            expected_range: None,
            retired: false,
            breaks: Vec::new(),
            reporters: Vec::new(),
            kind: MeasureKind::Number {
                accumulation: self.accumulation.unwrap_or(Accumulation::Flow),
                aggregation: self.aggregation.unwrap_or(Aggregation::Sum),
            },
            code: self.code.clone(),
        };
        match self.kind {
            NewKind::Number => self.check_number(&mut issues, schema, find_organization, &mut measure),
            NewKind::Ratio => self.check_ratio(&mut issues, schema, &mut measure),
        }
        match (measure.scope, self.performance_type) {
            (MeasureScope::Performance, given) => {
                let usual = match self.kind {
                    NewKind::Number => PerformanceType::HowMuch,
                    NewKind::Ratio => PerformanceType::HowWell,
                };
                measure.performance_type = Some(given.unwrap_or(usual));
            }
            (MeasureScope::Population, None) => {}
            (MeasureScope::Population, Some(_)) => {
                let detail = "a population measure has no performance type; leave it out, or make the scope `performance`";
                issues.push(Issue::new("/performance_type", "not_in_this_scope", detail));
            }
        }
        if issues.is_empty() {
            Ok(measure)
        } else {
            Err(issues)
        }
    }

    fn check_number(
        &self,
        issues: &mut Vec<Issue>,
        schema: &Schema,
        find_organization: FindOrganization<'_>,
        measure: &mut Measure,
    ) {
        if self.aggregation.is_none() {
            let detail =
                "say how figures of several organizations become one: `sum`, `mean`, `min`, `max` or `none`";
            issues.push(Issue::new("/aggregation", "required", detail));
        }
        if self.frequency.is_none() {
            let kinds: Vec<&str> = PeriodKind::ALL.iter().map(|kind| kind.as_str()).collect();
            issues.push(Issue::new(
                "/frequency",
                "required",
                format!("say how often it is reported: {}", listing::list(&kinds)),
            ));
        }
        if self.aggregation == Some(Aggregation::Sum) && is_percent(&self.unit) {
            let detail = "percentages do not add up; report the two counts and make a ratio of them, or use `mean` or `none`";
            issues.push(Issue::new("/aggregation", "percent_cannot_be_summed", detail));
        }
        measure.dimensions =
            measure_rules::dimensions(issues, schema, self.dimensions.as_deref().unwrap_or_default());
        measure.expected_range = self
            .expected_range
            .as_ref()
            .and_then(|range| range.check(issues, measure.decimals));
        measure.due_days = self
            .due_days
            .and_then(|days| measure_rules::due_days(issues, days));
        if measure.scope == MeasureScope::Performance
            && self
                .reporters
                .as_ref()
                .is_some_and(|reporters| !reporters.is_empty())
        {
            let detail =
                "only a population measure has reporters; a performance measure is reported by every partner";
            issues.push(Issue::new("/reporters", "not_in_this_scope", detail));
            return;
        }
        for (row, code) in self.reporters.iter().flatten().enumerate() {
            let pointer = format!("/reporters/{row}");
            match find_organization(code) {
                None => issues.push(Issue::new(
                    pointer,
                    "unknown_organization",
                    format!("no organization `{code}` can report in this coalition"),
                )),
                Some(id) if measure.reporters.contains(&id) => {
                    issues.push(Issue::new(
                        pointer,
                        "repeated_organization",
                        format!("`{code}` is listed twice"),
                    ));
                }
                Some(id) => measure.reporters.push(id),
            }
        }
    }

    fn refuse_fields_of_the_other_kind(&self, issues: &mut Vec<Issue>) {
        let of_ratio = [
            ("numerator", self.numerator.is_some()),
            ("denominator", self.denominator.is_some()),
            ("multiplier", self.multiplier.is_some()),
        ];
        let of_number = [
            ("accumulation", self.accumulation.is_some()),
            ("aggregation", self.aggregation.is_some()),
            ("frequency", self.frequency.is_some()),
            ("dimensions", self.dimensions.is_some()),
            ("expected_range", self.expected_range.is_some()),
            ("due_days", self.due_days.is_some()),
            ("reporters", self.reporters.is_some()),
        ];
        let (fields, detail) = match self.kind {
            NewKind::Number => (
                &of_ratio[..],
                "only a ratio has it; leave it out, or make the kind `ratio`",
            ),
            NewKind::Ratio => (
                &of_number[..],
                "a ratio has none of its own: it follows from its two sides; leave it out",
            ),
        };
        for (name, _) in fields.iter().filter(|(_, is_given)| *is_given) {
            issues.push(Issue::new(format!("/{name}"), "not_in_this_kind", detail));
        }
    }
}

fn is_percent(unit: &str) -> bool {
    matches!(
        unit.trim().to_ascii_lowercase().as_str(),
        "percent" | "per cent" | "percentage" | "%" | "pct"
    )
}
