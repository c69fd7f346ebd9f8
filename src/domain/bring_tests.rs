use super::*;
use crate::domain::answer::Answer;
use crate::domain::fixture::*;
use crate::domain::measure::Aggregation;
use crate::domain::period_kind::PeriodKind;
use proptest::prelude::*;

/// The shares in every period of the kind.
fn shares(schema: &Schema, measure: &Measure, figures: &Figures, at: PeriodKind) -> Shares {
    shares_in(
        schema,
        measure,
        figures,
        (Period::least(at), Period::greatest(at)),
    )
}

fn sum(shares: &Shares, text: &str, pairs: &[(u16, u16)]) -> Option<(i128, i128)> {
    shares
        .get(&period(text))?
        .get(&cell(pairs))
        .map(|share| (share.sum, share.denominator))
}

#[test]
fn a_flow_adds_over_time_cell_by_cell() {
    let schema = schema(vec![monthly(1)]);
    let figures = figures(&[
        (1, "2026-01", &[], value(5)),
        (1, "2026-02", &[(AGE, 1)], value(3)),
        (
            1,
            "2026-02",
            &[(AGE, 2)],
            Answer::Value {
                units: 4,
                estimated: true,
            },
        ),
        (1, "2026-07", &[], value(90)),
    ]);
    let shares = shares(&schema, &schema.measures[0], &figures, PeriodKind::Half);
    assert_eq!(sum(&shares, "2026-H1", &[]), Some((12, 0)));
    assert_eq!(sum(&shares, "2026-H1", &[(AGE, 1)]), Some((3, 0)));
    assert!(
        shares[&period("2026-H1")][&Cell::HEADLINE].estimated,
        "a part of it is an estimate"
    );
    let years = self::shares(&schema, &schema.measures[0], &figures, PeriodKind::FiscalYear);
    assert_eq!(
        sum(&years, "FY2026", &[]),
        Some((12, 0)),
        "the fiscal year begins in July"
    );
    assert_eq!(sum(&years, "FY2027", &[]), Some((90, 0)));
}

#[test]
fn a_stock_is_the_last_slice_with_a_value() {
    let schema = schema(vec![stock(monthly(1))]);
    let figures = figures(&[
        (1, "2026-01", &[], value(50)),
        (1, "2026-01", &[(AGE, 1)], value(20)),
        (1, "2026-02", &[], value(60)),
        (1, "2026-03", &[], Answer::NotAvailable),
    ]);
    let shares = shares(&schema, &schema.measures[0], &figures, PeriodKind::Quarter);
    assert_eq!(sum(&shares, "2026-Q1", &[]), Some((60, 0)));
    assert_eq!(
        sum(&shares, "2026-Q1", &[(AGE, 1)]),
        None,
        "the whole slice is of one moment"
    );
}

#[test]
fn two_flows_of_one_frequency_are_taken_where_both_are() {
    let schema = schema(vec![
        monthly(1),
        monthly(2),
        ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE)),
    ]);
    let figures = figures(&[
        (1, "2026-01", &[], value(10)),
        (2, "2026-01", &[], value(100)),
        (2, "2026-02", &[], value(900)),
        (1, "2026-03", &[], value(7)),
    ]);
    let shares = shares(&schema, &schema.measures[2], &figures, PeriodKind::Year);
    assert_eq!(
        sum(&shares, "2026", &[]),
        Some((10, 100)),
        "February's population alone must not thin out the rate"
    );
}

#[test]
fn other_sides_go_by_their_own_rule() {
    let schema = schema(vec![
        monthly(1),
        stock(monthly(2)),
        ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE)),
    ]);
    let figures = figures(&[
        (1, "2026-01", &[], value(10)),
        (1, "2026-02", &[], value(20)),
        (2, "2026-01", &[], value(100)),
        (2, "2026-06", &[], value(300)),
    ]);
    let shares = shares(&schema, &schema.measures[2], &figures, PeriodKind::Year);
    assert_eq!(
        sum(&shares, "2026", &[]),
        Some((30, 300)),
        "the whole flow over the last stock"
    );
}

#[test]
fn sides_of_two_frequencies_meet_at_the_coarser() {
    let schema = schema(vec![
        monthly(1),
        number(2),
        ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE)),
    ]);
    let figures = figures(&[
        (1, "2026-01", &[], value(10)),
        (1, "2026-02", &[], value(20)),
        (2, "2026", &[], value(300)),
    ]);
    let shares = shares(&schema, &schema.measures[2], &figures, PeriodKind::Year);
    assert_eq!(sum(&shares, "2026", &[]), Some((30, 300)));
}

#[test]
fn a_side_may_fix_a_cell() {
    let schema = schema(vec![
        number(1),
        ratio(2, (1, cell(&[(AGE, 2)])), (1, Cell::HEADLINE)),
    ]);
    let figures = figures(&[
        (1, "2026", &[(AGE, 2), (SEX, 1)], value(3)),
        (1, "2026", &[(AGE, 1), (SEX, 1)], value(9)),
        (1, "2026", &[(AGE, 2), (SEX, 2)], value(4)),
    ]);
    let shares = shares(&schema, &schema.measures[1], &figures, PeriodKind::Year);
    assert_eq!(sum(&shares, "2026", &[]), Some((7, 16)));
    assert_eq!(sum(&shares, "2026", &[(SEX, 1)]), Some((3, 12)));
    assert!(
        shares[&period("2026")]
            .keys()
            .all(|cell| cell.code(AGE).is_none()),
        "a fixed dimension is not one of the ratio's"
    );
}

#[test]
fn a_zero_denominator_has_no_share() {
    let schema = schema(vec![
        number(1),
        number(2),
        ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE)),
    ]);
    let figures = figures(&[(1, "2026", &[], value(3)), (2, "2026", &[], value(0))]);
    assert!(shares(&schema, &schema.measures[2], &figures, PeriodKind::Year).is_empty());
}

#[test]
fn weeks_make_nothing_coarser() {
    let schema = schema(vec![Measure {
        frequency: PeriodKind::Week,
        ..number(1)
    }]);
    let figures = figures(&[(1, "2026-W09", &[], value(3))]);
    assert!(shares(&schema, &schema.measures[0], &figures, PeriodKind::Year).is_empty());
    assert_eq!(
        sum(
            &shares(&schema, &schema.measures[0], &figures, PeriodKind::Week),
            "2026-W09",
            &[]
        ),
        Some((3, 0))
    );
}

proptest! {
    #[test]
    fn a_stock_is_never_added_over_time(values in proptest::collection::vec(proptest::option::of(1_i64..99), 12), mean in any::<bool>()) {
        let aggregation = if mean { Aggregation::Mean } else { Aggregation::Sum };
        let schema = schema(vec![stock(aggregated(monthly(1), aggregation))]);
        let mut figures = Figures::new();
        for (month, units) in period("2026").finer_periods(PeriodKind::Month, schema.fiscal_start).zip(&values) {
            if let Some(units) = units {
                figures.entry((1, month)).or_default().insert(Cell::HEADLINE, value(*units));
            }
        }
        let shares = shares(&schema, &schema.measures[0], &figures, PeriodKind::Year);
        let last = values.iter().rev().flatten().next().map(|&units| (i128::from(units), 0));
        prop_assert_eq!(sum(&shares, "2026", &[]), last);
    }

    #[test]
    fn a_flow_over_quarters_is_the_flow_over_the_year(values in proptest::collection::vec(proptest::option::of(-99_i64..99), 12)) {
        let schema = schema(vec![monthly(1)]);
        let mut figures = Figures::new();
        for (month, units) in period("2026").finer_periods(PeriodKind::Month, schema.fiscal_start).zip(&values) {
            if let Some(units) = units {
                figures.entry((1, month)).or_default().insert(Cell::HEADLINE, value(*units));
            }
        }
        let total = |at| shares(&schema, &schema.measures[0], &figures, at).values().map(|cells| cells[&Cell::HEADLINE].sum).sum::<i128>();
        prop_assert_eq!(total(PeriodKind::Quarter), total(PeriodKind::Year));
        prop_assert_eq!(total(PeriodKind::Year), i128::from(values.iter().flatten().sum::<i64>()));
    }
}
