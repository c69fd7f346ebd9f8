//! Baselines and targets of a measure: the fixed points that progress is measured between (design 3.9).

use super::cell::Cell;
use super::decimal::parse_units;
use super::issue::Issue;
use super::measure::Measure;
use super::measure_cell::cell_of;
use super::period::Period;
use super::references::{ReferenceKind, check_references};
use super::schema::Schema;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A point, as it is sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReferencePoint {
    /// Of the measure's frequency, or coarser.
    pub period: String,
    /// The headline, if not given.
    #[serde(default)]
    pub cell: BTreeMap<String, String>,
    /// Exact, in the measure's decimals.
    pub value: Box<RawValue>,
}

/// A point of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReferencePoint {
    /// The cell.
    pub cell: Cell,
    /// The period.
    pub period: Period,
    /// The value, scaled by the measure's decimals.
    pub units: i64,
}

/// All points of one kind of a measure, or what is wrong with them: each by itself, then among themselves and with
/// `others`, the measure's points of the other kind.
pub fn check(
    schema: &Schema,
    measure: &Measure,
    kind: ReferenceKind,
    items: &[NewReferencePoint],
    others: &[ReferencePoint],
) -> Result<Vec<ReferencePoint>, Vec<Issue>> {
    let mut issues = Vec::new();
    let points: Vec<ReferencePoint> = items
        .iter()
        .enumerate()
        .filter_map(|(row, item)| read(schema, measure, item, row, &mut issues))
        .collect();
    if issues.is_empty() {
        let places = |points: &[ReferencePoint]| -> Vec<(Cell, Period)> {
            points.iter().map(|point| (point.cell, point.period)).collect()
        };
        issues = check_references(schema, measure, kind, &places(&points), &places(others));
    }
    if issues.is_empty() {
        Ok(points)
    } else {
        Err(issues)
    }
}

/// One point by itself; `None` once what is wrong with it is among the issues.
fn read(
    schema: &Schema,
    measure: &Measure,
    item: &NewReferencePoint,
    row: usize,
    issues: &mut Vec<Issue>,
) -> Option<ReferencePoint> {
    let pointer = format!("/items/{row}");
    let period = Period::parse(&item.period)
        .map_err(|error| Issue::new(format!("{pointer}/period"), "invalid_period", error.to_string()));
    let cell = cell_of(schema, measure, Some(&item.cell), &pointer);
    let units = value_of(measure, item.value.get(), &pointer);
    let mut keep = |issue| issues.push(issue);
    let period = period.map_err(&mut keep).ok();
    let cell = cell.map_err(&mut keep).ok();
    let units = units.map_err(&mut keep).ok();
    Some(ReferencePoint {
        cell: cell?,
        period: period?,
        units: units?,
    })
}

fn value_of(measure: &Measure, digits: &str, pointer: &str) -> Result<i64, Issue> {
    let pointer = format!("{pointer}/value");
    match parse_units(digits, measure.decimals) {
        Err(error) => Err(Issue::new(pointer, error.code(), error.to_string())),
        Ok(units) if units < 0 && measure.nonnegative => {
            let detail = format!("`{}` cannot be below zero", measure.code);
            Err(Issue::new(pointer, "negative_value", detail))
        }
        Ok(units) => Ok(units),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn codes(items: &str, others: &[ReferencePoint]) -> Vec<String> {
        let items: Vec<NewReferencePoint> = serde_json::from_str(items).unwrap();
        let schema = sample::schema();
        let measure = schema.measure(sample::PROGRAMS).unwrap();
        match check(&schema, measure, ReferenceKind::Baseline, &items, others) {
            Ok(points) => vec![format!("{} fine", points.len())],
            Err(issues) => issues
                .iter()
                .map(|issue| format!("{} {}", issue.pointer, issue.code))
                .collect(),
        }
    }

    #[test]
    fn says_everything_that_is_wrong_with_an_item() {
        assert_eq!(
            codes(
                r#"[{"period": "soon", "value": 1.5, "cell": {"shoe": "left"}}, {"period": "2020", "value": -1}]"#,
                &[]
            ),
            [
                "/items/0/period invalid_period",
                "/items/0/cell/shoe unknown_dimension",
                "/items/0/value too_many_decimals",
                "/items/1/value negative_value"
            ]
        );
    }

    #[test]
    fn holds_points_to_those_of_the_other_kind() {
        let target = ReferencePoint {
            cell: Cell::HEADLINE,
            period: Period::parse("2020").unwrap(),
            units: 1,
        };
        assert_eq!(
            codes(r#"[{"period": "2019", "value": 5.0}]"#, &[target]),
            ["1 fine"]
        );
        assert_eq!(
            codes(r#"[{"period": "2020", "value": 5}]"#, &[target]),
            ["/items/0/period target_not_after_baseline"]
        );
    }
}
