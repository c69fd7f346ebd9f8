use super::*;
use crate::domain::cell::Cell;
use crate::domain::fixture::*;

#[test]
fn expected_is_less_who_it_does_not_apply_to_and_more_by_outsiders() {
    let coverage = Coverage {
        contributors: 3,
        not_applicable: 2,
        outsiders: 1,
        answered: 6,
    };
    assert_eq!(coverage.expected(10), 9);
}

#[test]
fn stating_a_reason_is_an_answer_but_no_contribution() {
    let schema = schema(vec![number(1)]);
    let stands = |answers: &[_]| {
        standing(
            &schema,
            &schema.measures[0],
            &figures(answers),
            period("2026"),
            false,
            &|_, _| true,
        )
    };
    assert_eq!(stands(&[]), None);
    assert_eq!(
        stands(&[(1, "2026", &[], Answer::NotAvailable)]),
        Some(Standing::NotAvailable)
    );
    let some = [
        (1, "2026", &[][..], Answer::NotAvailable),
        (1, "2026", &[(AGE, 1)][..], Answer::NotApplicable),
    ];
    assert_eq!(stands(&some), Some(Standing::NotApplicable));
    assert_eq!(
        stands(&[some[0], (1, "2026", &[(AGE, 1)], value(0))]),
        Some(Standing::Contributed),
        "a zero is a value"
    );
    assert_eq!(
        Coverage::of(Some(Standing::NotAvailable), true),
        Coverage {
            answered: 1,
            ..Coverage::default()
        }
    );
    assert_eq!(
        Coverage::of(Some(Standing::NotApplicable), false),
        Coverage {
            answered: 1,
            ..Coverage::default()
        }
    );
}

#[test]
fn a_coarser_period_applies_until_every_finer_one_does_not() {
    let schema = schema(vec![monthly(1)]);
    let none: Vec<_> = ["2026-01", "2026-02", "2026-03"]
        .iter()
        .map(|month| (1, *month, &[][..], Answer::NotApplicable))
        .collect();
    let stands = |answers: &[_]| {
        standing(
            &schema,
            &schema.measures[0],
            &figures(answers),
            period("2026-Q1"),
            false,
            &|_, _| true,
        )
    };
    assert_eq!(stands(&none), Some(Standing::NotApplicable));
    assert_eq!(
        stands(&none[..2]),
        Some(Standing::NotAvailable),
        "March is still awaited"
    );
}

#[test]
fn a_ratio_is_answered_when_both_sides_are() {
    let schema = schema(vec![
        number(1),
        number(2),
        ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE)),
    ]);
    let stands = |answers: &[_]| {
        standing(
            &schema,
            &schema.measures[2],
            &figures(answers),
            period("2026"),
            false,
            &|_, _| true,
        )
    };
    assert_eq!(stands(&[(1, "2026", &[], value(4))]), None);
    assert_eq!(
        stands(&[(1, "2026", &[], value(4)), (2, "2026", &[], Answer::NotAvailable)]),
        Some(Standing::NotAvailable)
    );
    assert_eq!(
        stands(&[
            (1, "2026", &[], value(4)),
            (2, "2026", &[], Answer::NotApplicable)
        ]),
        Some(Standing::NotApplicable)
    );
}
