use super::*;
use crate::domain::cell::Cell;
use crate::domain::fixture::*;
use crate::domain::measure::Measure;

fn date(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

#[test]
fn partners_are_expected_while_their_dates_overlap() {
    let schema = schema(vec![monthly(1)]);
    let member = Membership {
        from: date("2026-02-28"),
        until: date("2026-04-01"),
        ..partner(1)
    };
    let expected = |text| member.expects(&schema, &schema.measures[0], period(text));
    assert_eq!(
        ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"].map(expected),
        [false, true, true, true, false]
    );
    let observer = Membership {
        is_partner_role: false,
        ..partner(1)
    };
    assert!(!observer.expects(&schema, &schema.measures[0], period("2026-01")));
}

#[test]
fn a_population_measure_expects_its_reporters() {
    let population = Measure {
        scope: MeasureScope::Population,
        ..number(1)
    };
    let named = Measure {
        reporters: vec![7],
        ..population.clone()
    };
    let rate = Measure {
        scope: MeasureScope::Population,
        ..ratio(3, (2, Cell::HEADLINE), (1, Cell::HEADLINE))
    };
    let schema = schema(vec![population, Measure { id: 2, ..named }, rate]);
    let backbone = Membership {
        is_partner_role: false,
        is_backbone: true,
        ..partner(1)
    };
    let expected =
        |member: &Membership, id| member.expects(&schema, schema.measure(id).unwrap(), period("2026"));
    assert!(
        expected(&backbone, 1) && !expected(&partner(7), 1),
        "without reporters, the backbone"
    );
    assert!(!expected(&backbone, 2) && expected(&partner(7), 2) && !expected(&partner(8), 2));
    assert!(expected(&partner(7), 3), "those of the numerator");
}

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
