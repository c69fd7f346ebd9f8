//! Baselines and targets: what must hold among them before progress can be told.
//!
//! Those of one measure and cell share one period type, the measure's own or a coarser one that it makes, so that the
//! latest figure can be brought to it. A target lies after the earliest baseline of its cell. A cell has one baseline and
//! one target for a period.

use super::cell::Cell;
use super::issue::Issue;
use super::measure::Measure;
use super::period::Period;
use super::period_kind::PeriodKind;
use super::schema::Schema;
use super::words::words;

words! {
    /// Which of the two lists.
    ReferenceKind { Baseline = "baseline", Target = "target" }
}

/// What is wrong with a list that shall replace a measure's baselines or targets, given those of the other kind; the
/// issues point at `/items/<place>/period` or `/items/<place>/cell`.
pub fn check_references(
    schema: &Schema,
    measure: &Measure,
    kind: ReferenceKind,
    items: &[(Cell, Period)],
    others: &[(Cell, Period)],
) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (place, &(cell, period)) in items.iter().enumerate() {
        if !measure.has_cell(&cell) {
            let detail = format!(
                "{} does not have every dimension of `{}`",
                measure.code,
                schema.cell_key(&cell)
            );
            issues.push(Issue::new(
                format!("/items/{place}/cell"),
                "not_a_dimension",
                detail,
            ));
            continue;
        }
        let of_cell = |list: &[(Cell, Period)]| {
            list.iter()
                .filter(|(other, _)| *other == cell)
                .map(|(_, period)| *period)
                .collect::<Vec<_>>()
        };
        let (before, all, others) = (of_cell(&items[..place]), of_cell(items), of_cell(others));
        let wrong = unfit(schema, measure, kind, period)
            .or_else(|| at_odds(kind, period, &before, &others))
            .or_else(|| out_of_order(kind, period, &all, &others));
        if let Some((code, detail)) = wrong {
            issues.push(Issue::new(format!("/items/{place}/period"), code, detail));
        }
    }
    issues
}

type Wrong = Option<(&'static str, String)>;

fn unfit(schema: &Schema, measure: &Measure, kind: ReferenceKind, period: Period) -> Wrong {
    if measure.frequency.makes(period.kind(), schema.fiscal_start) {
        return None;
    }
    let kinds =
        std::iter::once(measure.frequency).chain(measure.frequency.coarser_kinds(schema.fiscal_start));
    let fitting: Vec<&str> = kinds.map(PeriodKind::as_str).collect();
    let detail = format!(
        "{} is reported by {}; a {kind} of it is for a {}",
        measure.code,
        measure.frequency,
        fitting.join(" or ")
    );
    Some(("does_not_fit", detail))
}

fn at_odds(kind: ReferenceKind, period: Period, before: &[Period], others: &[Period]) -> Wrong {
    if before.contains(&period) {
        return Some((
            "duplicate",
            format!("there is a {kind} of this cell for {period} already"),
        ));
    }
    let other = before
        .iter()
        .chain(others)
        .find(|other| other.kind() != period.kind())?;
    let kinds = format!(
        "{period} is a {}, but {other} is a {}",
        period.kind(),
        other.kind()
    );
    Some((
        "mixed_periods",
        format!("{kinds}: baselines and targets of one cell share one type of period"),
    ))
}

/// A target at or before the earliest baseline; among baselines, the earliest is the one that must give way.
fn out_of_order(kind: ReferenceKind, period: Period, all: &[Period], others: &[Period]) -> Wrong {
    let other = others.iter().min().copied()?;
    let (baseline, target) = match kind {
        ReferenceKind::Target => (other, period),
        ReferenceKind::Baseline if all.iter().min() == Some(&period) => (period, other),
        ReferenceKind::Baseline => return None,
    };
    let detail = || format!("the target of {target} does not lie after the baseline of {baseline}");
    (target <= baseline).then(|| ("target_not_after_baseline", detail()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::*;

    const TEENS: &[(u16, u16)] = &[(AGE, 2)];

    fn list(items: &[(&[(u16, u16)], &str)]) -> Vec<(Cell, Period)> {
        items
            .iter()
            .map(|(pairs, text)| (cell(pairs), period(text)))
            .collect()
    }

    fn codes(
        kind: ReferenceKind,
        items: &[(&[(u16, u16)], &str)],
        others: &[(&[(u16, u16)], &str)],
    ) -> Vec<(String, &'static str)> {
        let schema = schema(vec![Measure {
            frequency: PeriodKind::Quarter,
            dimensions: vec![AGE],
            ..number(1)
        }]);
        let issues = check_references(&schema, &schema.measures[0], kind, &list(items), &list(others));
        issues
            .into_iter()
            .map(|issue| (issue.pointer, issue.code))
            .collect()
    }

    #[test]
    fn the_type_of_period_is_the_measures_or_coarser() {
        use ReferenceKind::Target;
        assert_eq!(codes(Target, &[(&[], "2026"), (TEENS, "2026-Q1")], &[]), []);
        assert_eq!(
            codes(Target, &[(&[], "2026-03")], &[]),
            [("/items/0/period".to_owned(), "does_not_fit")]
        );
    }

    #[test]
    fn one_cell_has_one_type_of_period_and_each_period_once() {
        use ReferenceKind::Target;
        let issues = codes(
            Target,
            &[(TEENS, "2026"), (TEENS, "2026-Q1"), (TEENS, "2026")],
            &[],
        );
        assert_eq!(
            issues,
            [
                ("/items/1/period".to_owned(), "mixed_periods"),
                ("/items/2/period".to_owned(), "duplicate")
            ]
        );
        assert_eq!(
            codes(
                Target,
                &[(TEENS, "2026")],
                &[(TEENS, "2020-Q1"), (&[], "2020-Q1")]
            )
            .len(),
            1,
            "nor another than its baselines"
        );
    }

    #[test]
    fn a_target_lies_after_the_earliest_baseline() {
        let issue = |place: usize| [(format!("/items/{place}/period"), "target_not_after_baseline")];
        assert_eq!(
            codes(
                ReferenceKind::Target,
                &[(&[], "2021"), (&[], "2020")],
                &[(&[], "2020"), (&[], "2024")]
            ),
            issue(1)
        );
        assert_eq!(
            codes(
                ReferenceKind::Baseline,
                &[(&[], "2024"), (&[], "2023")],
                &[(&[], "2022")]
            ),
            issue(1)
        );
        assert_eq!(
            codes(
                ReferenceKind::Baseline,
                &[(&[], "2024"), (&[], "2020")],
                &[(&[], "2022")]
            ),
            []
        );
    }

    #[test]
    fn a_cell_is_one_of_the_measures() {
        assert_eq!(
            codes(ReferenceKind::Baseline, &[(&[(SEX, 1)], "2020")], &[]),
            [("/items/0/cell".to_owned(), "not_a_dimension")]
        );
    }
}
