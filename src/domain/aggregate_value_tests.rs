use super::tests::{Answers, cube};
use super::*;
use crate::domain::fixture::*;
use crate::domain::measure::{Aggregation, MeasureKind};
use crate::domain::period_kind::PeriodKind;
use crate::domain::status::Status;

#[test]
fn a_rate_is_a_ratio_of_sums() {
    let schema = schema(vec![
        number(1),
        number(2),
        ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE)),
    ]);
    let partners: [Answers; 3] = [
        &[(1, "2026", &[], value(1)), (2, "2026", &[], value(2))],
        &[(1, "2026", &[], value(1)), (2, "2026", &[], value(4))],
        &[(2, "2026", &[], value(1000))],
    ];
    let cube = cube(&schema, &question(&[3]), &partners);
    let row = &cube.rows[0];
    assert_eq!(
        (row.value, row.numerator, row.denominator, row.contributors),
        (Some(33), Some(2), Some(6), Some(2)),
        "2 / 6, not the mean of 1/2 and 1/4"
    );
}

#[test]
fn decimals_of_sides_and_the_multiplier_come_in_at_the_end() {
    let kind = match ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE)).kind {
        MeasureKind::Ratio {
            numerator,
            denominator,
            ..
        } => MeasureKind::Ratio {
            numerator,
            denominator,
            multiplier: 1000,
        },
        number => number,
    };
    let per_thousand = Measure {
        kind,
        decimals: 1,
        ..ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE))
    };
    let schema = schema(vec![
        Measure {
            decimals: 2,
            ..number(1)
        },
        number(2),
        per_thousand,
    ]);
    let cube = cube(
        &schema,
        &question(&[3]),
        &[&[(1, "2026", &[], value(125)), (2, "2026", &[], value(80))]],
    );
    assert_eq!(cube.rows[0].value, Some(156), "1.25 / 80 × 1000 = 15.625 is 15.6");
}

#[test]
fn a_summed_denominator_of_zero_gives_no_value() {
    let schema = schema(vec![
        number(1),
        number(2),
        ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE)),
    ]);
    let partners: [Answers; 2] = [
        &[(1, "2026", &[], value(1)), (2, "2026", &[], value(5))],
        &[(1, "2026", &[], value(1)), (2, "2026", &[], value(-5))],
    ];
    let cube = cube(&schema, &question(&[3]), &partners);
    let row = &cube.rows[0];
    assert_eq!(
        (row.value, row.denominator, row.contributors, row.status),
        (None, Some(0), Some(2), Status::Final)
    );
}

#[test]
fn each_aggregation_is_what_it_says() {
    let value_of = |aggregation, units: &[i64]| {
        let schema = schema(vec![aggregated(number(1), aggregation)]);
        let answers: Vec<[_; 1]> = units
            .iter()
            .map(|&units| [(1, "2026", &[][..], value(units))])
            .collect();
        let partners: Vec<Answers> = answers.iter().map(|answers| &answers[..]).collect();
        let row = cube(&schema, &question(&[1]), &partners).rows.remove(0);
        (row.value, row.status)
    };
    assert_eq!(value_of(Aggregation::Sum, &[1, 2]), (Some(3), Status::Final));
    assert_eq!(
        value_of(Aggregation::Mean, &[1, 2]),
        (Some(2), Status::Final),
        "1.5, half away from zero"
    );
    assert_eq!(value_of(Aggregation::Mean, &[-1, -2]), (Some(-2), Status::Final));
    assert_eq!(value_of(Aggregation::Min, &[3, 2, 9]), (Some(2), Status::Final));
    assert_eq!(value_of(Aggregation::Max, &[3, 2, 9]), (Some(9), Status::Final));
    assert_eq!(value_of(Aggregation::None, &[7]), (Some(7), Status::Final));
    assert_eq!(value_of(Aggregation::None, &[7, 7]), (None, Status::Conflicting));
}

#[test]
fn beyond_what_clients_hold_there_is_no_value_and_other_rows_stand() {
    let schema = schema(vec![number(1)]);
    let most = crate::domain::decimal::MAX_UNITS;
    let partners: [Answers; 2] = [
        &[(1, "2025", &[], value(most)), (1, "2026", &[], value(most))],
        &[(1, "2025", &[], value(1)), (1, "2026", &[], value(0))],
    ];
    let cube = cube(&schema, &question(&[1]), &partners);
    let rows: Vec<_> = cube.rows.iter().map(|row| (row.value, row.status)).collect();
    assert_eq!(
        rows,
        [(None, Status::Overflow), (Some(i128::from(most)), Status::Final)]
    );
}

#[test]
fn time_comes_first_then_organizations() {
    let schema = schema(vec![aggregated(monthly(1), Aggregation::Mean)]);
    let at = Question {
        at: Some(PeriodKind::Year),
        ..question(&[1])
    };
    let partners: [Answers; 2] = [
        &[(1, "2026-01", &[], value(3)), (1, "2026-02", &[], value(5))],
        &[(1, "2026-07", &[], value(4))],
    ];
    assert_eq!(
        cube(&schema, &at, &partners).rows[0].value,
        Some(6),
        "the mean of 8 and 4"
    );
}
