//! Baselines and targets of a measure: the fixed points that progress is measured between (design 3.9).

use super::cell::Cell;
use super::decimal::parse_units;
use super::issue::Issue;
use super::measure::Measure;
use super::measure_cell::cell_of;
use super::period::Period;
use super::schema::Schema;
use super::words::words;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

words! {
    /// Which of the two a point is.
    ReferenceKind { Baseline = "baseline", Target = "target" }
}

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

/// All points of one kind of a measure, or everything that is wrong with them; `others` are its points of the other
/// kind, with which each cell shares one type of period, and which keep every target after its cell's earliest
/// baseline.
pub fn check(
    schema: &Schema,
    measure: &Measure,
    kind: ReferenceKind,
    items: &[NewReferencePoint],
    others: &[ReferencePoint],
) -> Result<Vec<ReferencePoint>, Vec<Issue>> {
    let mut issues = Vec::new();
    let mut points: Vec<(usize, ReferencePoint)> = Vec::new();
    for (row, item) in items.iter().enumerate() {
        let Some(point) = read(schema, measure, item, row, &mut issues) else {
            continue;
        };
        let pointer = format!("/items/{row}");
        let own = points.iter().map(|(_, other)| other);
        let mut same_cell = own.chain(others).filter(|other| other.cell == point.cell);
        if points
            .iter()
            .any(|(_, other)| (other.cell, other.period) == (point.cell, point.period))
        {
            let detail = format!("there is already a {kind} for {} and this cell", point.period);
            issues.push(Issue::new(pointer, "repeated_period", detail));
        } else if let Some(other) = same_cell.find(|other| other.period.kind() != point.period.kind()) {
            let detail = format!(
                "baselines and targets of one cell share one type of period: {} is a {}, and {} is a {}",
                point.period,
                point.period.kind(),
                other.period,
                other.period.kind()
            );
            issues.push(Issue::new(format!("{pointer}/period"), "mixed_periods", detail));
        } else {
            points.push((row, point));
        }
    }
    for (row, point) in &points {
        if let Some(detail) = out_of_order(kind, point, &points, others) {
            let pointer = format!("/items/{row}/period");
            issues.push(Issue::new(pointer, "target_not_after_baseline", detail));
        }
    }
    if issues.is_empty() {
        Ok(points.into_iter().map(|(_, point)| point).collect())
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
        .map_err(|error| Issue::new(format!("{pointer}/period"), "invalid_period", error.to_string()))
        .and_then(|period| fits(schema, measure, period, &pointer));
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

fn fits(schema: &Schema, measure: &Measure, period: Period, pointer: &str) -> Result<Period, Issue> {
    if measure.frequency.makes(period.kind(), schema.fiscal_start) {
        return Ok(period);
    }
    let fitting: Vec<&str> = std::iter::once(measure.frequency)
        .chain(measure.frequency.coarser_kinds(schema.fiscal_start))
        .map(|kind| kind.example())
        .collect();
    let detail = format!(
        "`{}` is reported by {}: write a period such as {}",
        measure.code,
        measure.frequency,
        fitting.join(" or ")
    );
    Err(Issue::new(
        format!("{pointer}/period"),
        "period_does_not_fit",
        detail,
    ))
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

/// Why a target does not lie after its cell's baseline, which is the earliest that the cell has.
fn out_of_order(
    kind: ReferenceKind,
    point: &ReferencePoint,
    own: &[(usize, ReferencePoint)],
    others: &[ReferencePoint],
) -> Option<String> {
    let same_cell = |other: &&ReferencePoint| other.cell == point.cell;
    let first_other = others.iter().filter(same_cell).map(|other| other.period).min()?;
    let first_own = own
        .iter()
        .map(|(_, other)| other)
        .filter(same_cell)
        .map(|other| other.period)
        .min()?;
    match kind {
        ReferenceKind::Target if point.period <= first_other => Some(format!(
            "a target lies after the baseline, which is for {first_other}: {} does not",
            point.period
        )),
        ReferenceKind::Baseline if point.period == first_own && first_own >= first_other => Some(format!(
            "the earliest baseline lies before every target, and there is a target for {first_other}: \
             change that first"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn codes(measure: i32, kind: ReferenceKind, items: &str, others: &[ReferencePoint]) -> Vec<String> {
        let items: Vec<NewReferencePoint> = serde_json::from_str(items).unwrap();
        let schema = sample::schema();
        let measure = schema.measure(measure).unwrap();
        match check(&schema, measure, kind, &items, others) {
            Ok(points) => vec![format!("{} fine", points.len())],
            Err(issues) => issues
                .iter()
                .map(|issue| format!("{} {}", issue.pointer, issue.code))
                .collect(),
        }
    }

    fn point(period: &str) -> ReferencePoint {
        let period = Period::parse(period).unwrap();
        ReferencePoint {
            cell: Cell::HEADLINE,
            period,
            units: 1,
        }
    }

    #[test]
    fn takes_the_frequency_or_coarser() {
        use ReferenceKind::Target;
        let year = r#"[{"period": "2020", "value": 5}]"#;
        assert_eq!(codes(sample::VISITS, Target, year, &[]), ["1 fine"]);
        assert_eq!(
            codes(
                sample::PROGRAMS,
                Target,
                r#"[{"period": "2020-01", "value": 5}]"#,
                &[]
            ),
            ["/items/0/period period_does_not_fit"]
        );
        assert_eq!(
            codes(
                sample::VISITS,
                Target,
                r#"[{"period": "2020", "value": 5}, {"period": "2020-01", "value": 5}, {"period": "2020", "value": 6}]"#,
                &[]
            ),
            ["/items/1/period mixed_periods", "/items/2 repeated_period"]
        );
        assert_eq!(
            codes(sample::VISITS, Target, year, &[point("2019-01")]),
            ["/items/0/period mixed_periods"]
        );
    }

    #[test]
    fn says_everything_that_is_wrong_with_an_item() {
        assert_eq!(
            codes(
                sample::PROGRAMS,
                ReferenceKind::Baseline,
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
    fn a_target_lies_after_the_earliest_baseline() {
        use ReferenceKind::{Baseline, Target};
        let programs = sample::PROGRAMS;
        let before = [point("2019"), point("2009")];
        let same = r#"[{"period": "2009", "value": 5}]"#;
        let later = r#"[{"period": "2015", "value": 5}, {"period": "2009", "value": 5}]"#;
        assert_eq!(
            codes(programs, Target, same, &before),
            ["/items/0/period target_not_after_baseline"]
        );
        assert_eq!(
            codes(programs, Target, r#"[{"period": "2010", "value": 5}]"#, &before),
            ["1 fine"]
        );
        assert_eq!(codes(programs, Baseline, later, &[point("2010")]), ["2 fine"]);
        assert_eq!(
            codes(programs, Baseline, later, &[point("2009")]),
            ["/items/1/period target_not_after_baseline"]
        );
    }
}
