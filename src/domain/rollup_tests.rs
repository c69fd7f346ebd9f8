use super::*;
use crate::domain::fixture::*;
use crate::domain::period_kind::PeriodKind;
use proptest::prelude::*;

#[test]
fn a_slice_changes_its_own_totals_and_those_of_its_ratios() {
    let schema = schema(vec![
        monthly(1),
        monthly(2),
        ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE)),
    ]);
    let touched = BTreeSet::from([(1, period("2026-02"))]);
    let (first, last) = (period("2026-01"), period("2026-12"));
    assert_eq!(needed(&schema, &touched), [(1, first, last), (2, first, last)]);
    let figures = figures(&[
        (1, "2026-01", &[], value(5)),
        (1, "2026-02", &[(AGE, 1)], value(7)),
        (2, "2026-02", &[], value(10)),
    ]);
    let effects = effects(&schema, &touched, &figures, &|_, _| true);
    let keys: Vec<_> = effects.totals.keys().copied().collect();
    let (february, year) = (period("2026-02"), period("2026"));
    assert_eq!(
        keys,
        [
            (1, february, Cell::HEADLINE),
            (1, february, cell(&[(AGE, 1)])),
            (3, year, Cell::HEADLINE)
        ]
    );
    assert_eq!(
        effects.totals[&(3, year, Cell::HEADLINE)],
        Effect {
            sum: 7,
            denominator: 10,
            contributors: 1,
            estimated: 0
        }
    );
    assert_eq!(
        effects.coverage[&(3, year)],
        Coverage {
            contributors: 1,
            not_applicable: 0,
            outsiders: 0,
            answered: 1
        }
    );
}

#[test]
fn a_measure_of_no_ratio_needs_only_what_is_touched() {
    let schema = schema(vec![
        monthly(1),
        Measure {
            frequency: PeriodKind::Day,
            ..number(2)
        },
    ]);
    let touched = BTreeSet::from([
        (1, period("2026-02")),
        (1, period("2026-03")),
        (1, period("2026-07")),
    ]);
    let ranges = [
        (1, period("2026-02"), period("2026-03")),
        (1, period("2026-07"), period("2026-07")),
    ];
    assert_eq!(needed(&schema, &touched), ranges);
}

#[test]
fn the_same_figures_change_nothing() {
    let schema = schema(vec![number(1)]);
    let figures = figures(&[(1, "2026", &[], value(5))]);
    let effects = full(&schema, &figures, &|_, _| false);
    assert_eq!(effects.coverage[&(1, period("2026"))].outsiders, 1);
    assert_eq!(effects.minus(&effects), Effects::default());
}

/// A schema, and the figures of one organization before and after a write.
fn any_write() -> impl Strategy<Value = (Schema, Figures, Figures)> {
    any_schema().prop_flat_map(|schema| {
        let (before, after) = (any_figures(&schema), any_figures(&schema));
        (Just(schema), before, after)
    })
}

/// The figures within the ranges, as the store loads them.
fn loaded(figures: &Figures, ranges: &[(i32, Period, Period)]) -> Figures {
    let wanted = |id: i32, period: Period| {
        ranges
            .iter()
            .any(|&(measure, first, last)| measure == id && (first..=last).contains(&period))
    };
    figures
        .iter()
        .filter(|((id, period), _)| wanted(*id, *period))
        .map(|(key, slice)| (*key, slice.clone()))
        .collect()
}

proptest! {
    #[test]
    fn the_coverage_of_a_measure_is_that_of_the_whole((schema, figures, _) in any_write(), expected in any::<bool>()) {
        let expects = |_: &Measure, _| expected;
        let whole = full(&schema, &figures, &expects).coverage;
        for measure in &schema.measures {
            let mut own = coverage_of(&schema, measure, &figures, &expects);
            own.retain(|_, counts| !counts.is_zero());
            let of_whole = whole.iter().filter(|((id, _), _)| *id == measure.id);
            prop_assert_eq!(own, of_whole.map(|((_, period), counts)| (*period, *counts)).collect());
        }
    }

    #[test]
    fn totals_changed_by_differences_equal_a_recomputation((schema, before, after) in any_write(), expected in any::<bool>()) {
        let expects = |_: &Measure, _| expected;
        let touched: BTreeSet<(i32, Period)> = before.keys().chain(after.keys()).filter(|key| before.get(key) != after.get(key)).copied().collect();
        let ranges = needed(&schema, &touched);
        let effects = |figures| effects(&schema, &touched, &loaded(figures, &ranges), &expects);
        let deltas = effects(&after).minus(&effects(&before));
        let mut totals = full(&schema, &before, &expects);
        totals.add(&deltas, 1);
        prop_assert_eq!(totals, full(&schema, &after, &expects));
    }
}
