//! New measures: the body of a request, and the rules of design sections 2 and 3 that it must keep.

pub use super::measure_patch::MeasurePatch;
pub use super::measure_rules::NewRange;

use super::code::Code;
use super::decimal::MAX_DECIMALS;
use super::issue::{Issue, pointer_step};
use super::listing;
use super::measure::{
    Accumulation, Aggregation, Direction, Disclosure, Measure, MeasureKind, MeasureScope, PerformanceType,
    Side,
};
use super::measure_rules;
use super::period_kind::PeriodKind;
use super::schema::Schema;
use super::text;
use super::words::words;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Finds the id of an organization that may report in the coalition by its code, ignoring case.
pub type FindOrganization<'a> = &'a dyn Fn(&str) -> Option<i32>;

const MOST_MULTIPLIER: i64 = 1_000_000_000;

words! {
    /// What a new measure is to be.
    NewKind { Number = "number", Ratio = "ratio" }
}

/// The body that makes a measure. What only a number or only a ratio has is refused on the other.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMeasure {
    pub code: String,
    pub name: String,
    pub definition: Option<String>,
    pub unit: String,
    pub kind: NewKind,
    pub decimals: i64,
    pub direction: Direction,
    pub scope: Option<MeasureScope>,
    pub performance_type: Option<PerformanceType>,
    pub counts_people: Option<bool>,
    pub nonnegative: Option<bool>,
    pub required: Option<bool>,
    pub disclosure: Option<Disclosure>,
    /// Of a number, as are the next five.
    pub accumulation: Option<Accumulation>,
    pub aggregation: Option<Aggregation>,
    pub frequency: Option<PeriodKind>,
    pub dimensions: Option<Vec<String>>,
    pub expected_range: Option<NewRange>,
    pub reporters: Option<Vec<String>>,
    /// Of a ratio, as are the next two.
    pub numerator: Option<NewSide>,
    pub denominator: Option<NewSide>,
    pub multiplier: Option<i64>,
}

/// One side of a new ratio: a measure, and perhaps one cell of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSide {
    pub measure: String,
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
                measure.performance_type = Some(given.unwrap_or(PerformanceType::HowMuch))
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

    fn check_ratio(&self, issues: &mut Vec<Issue>, schema: &Schema, measure: &mut Measure) {
        let multiplier = self.multiplier.unwrap_or(1);
        if !(1..=MOST_MULTIPLIER).contains(&multiplier) {
            let detail = "a multiplier is a whole number from 1 to 1000000000, such as 100 for a percentage or 1000 for a rate per thousand";
            issues.push(Issue::new("/multiplier", "out_of_range", detail));
        }
        let numerator = check_side(issues, schema, "numerator", self.numerator.as_ref());
        let denominator = check_side(issues, schema, "denominator", self.denominator.as_ref());
        let (Some((numerator, above)), Some((denominator, below))) = (numerator, denominator) else {
            return;
        };
        if above.frequency.makes(below.frequency, schema.fiscal_start) {
            measure.frequency = below.frequency;
        } else if below.frequency.makes(above.frequency, schema.fiscal_start) {
            measure.frequency = above.frequency;
        } else {
            let detail = format!(
                "`{}` is reported by {} and `{}` by {}; neither fits into the other, so that they cannot be divided",
                above.code, above.frequency, below.code, below.frequency
            );
            issues.push(Issue::new(
                "/denominator/measure",
                "frequencies_do_not_fit",
                detail,
            ));
        }
        for (name, side) in [("numerator", above), ("denominator", below)] {
            if measure.disclosure == Disclosure::Open && side.disclosure == Disclosure::Protected {
                let detail = format!(
                    "the {name} `{}` is protected, and an open ratio would show it",
                    side.code
                );
                issues.push(Issue::new("/disclosure", "side_is_protected", detail));
            }
        }
        if self.scope.is_none()
            && above.scope == MeasureScope::Population
            && below.scope == MeasureScope::Population
        {
            measure.scope = MeasureScope::Population;
        }
        measure.dimensions = schema.ratio_dimensions(&numerator, &denominator);
        measure.kind = MeasureKind::Ratio {
            numerator,
            denominator,
            multiplier,
        };
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

fn check_side<'s>(
    issues: &mut Vec<Issue>,
    schema: &'s Schema,
    name: &str,
    side: Option<&NewSide>,
) -> Option<(Side, &'s Measure)> {
    let pointer = format!("/{name}/measure");
    let Some(side) = side else {
        issues.push(Issue::new(
            format!("/{name}"),
            "required",
            format!("a ratio needs a {name}, such as {{\"measure\": \"VISITS\"}}"),
        ));
        return None;
    };
    let Some(measure) = schema.measure_by_code(&side.measure) else {
        let known = listing::known(
            "measures",
            &side.measure,
            schema.measures.iter().map(|measure| measure.code.as_str()),
        );
        issues.push(Issue::new(
            pointer,
            "unknown_measure",
            format!("there is no measure `{}`; {known}", side.measure),
        ));
        return None;
    };
    let before = issues.len();
    if !measure.is_sum() {
        let detail = format!(
            "`{}` cannot be a side: both sides are `number` measures whose aggregation is `sum`",
            measure.code
        );
        issues.push(Issue::new(pointer.as_str(), "not_a_sum", detail));
    }
    if measure.retired {
        issues.push(Issue::new(
            pointer,
            "retired_measure",
            format!("`{}` is retired", measure.code),
        ));
    }
    let pairs = side
        .cell
        .iter()
        .flatten()
        .map(|(dimension, code)| (dimension.as_str(), code.as_str()));
    let cell = schema.cell_from_pairs(pairs).map_err(|error| {
        let pointer = format!("/{name}/cell/{}", pointer_step(error.dimension()));
        issues.push(Issue::new(pointer, error.code(), error.to_string()));
    });
    let cell = cell.ok()?;
    for dimension in cell
        .dimensions()
        .filter(|dimension| !measure.dimensions.contains(dimension))
    {
        let code = schema
            .dimension(dimension)
            .map_or("", |dimension| dimension.code.as_str());
        let detail = format!(
            "the measure `{}` does not have the dimension `{code}`",
            measure.code
        );
        issues.push(Issue::new(
            format!("/{name}/cell/{code}"),
            "dimension_not_in_measure",
            detail,
        ));
    }
    (issues.len() == before).then_some((
        Side {
            measure_id: measure.id,
            cell,
        },
        measure,
    ))
}

fn is_percent(unit: &str) -> bool {
    matches!(
        unit.trim().to_ascii_lowercase().as_str(),
        "percent" | "per cent" | "percentage" | "%" | "pct"
    )
}
