//! The two sides of a new ratio, and what it takes from them: frequency, dimensions, and who may see it.

use super::issue::{Issue, pointer_step};
use super::listing;
use super::measure::{Disclosure, Measure, MeasureKind, MeasureScope, Side};
use super::new_measure::{NewMeasure, NewSide};
use super::schema::Schema;

const MOST_MULTIPLIER: i64 = 1_000_000_000;

impl NewMeasure {
    pub(super) fn check_ratio(&self, issues: &mut Vec<Issue>, schema: &Schema, measure: &mut Measure) {
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
