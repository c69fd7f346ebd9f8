use super::*;
use crate::domain::cell::Cell;
use crate::domain::fixture::*;

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

/// Whether a partner is expected to report each of the numbers 1 and 2 and their ratio 3.
fn told(measures: [Measure; 2], ratio_is_required: bool, chosen: Option<&[i32]>) -> [bool; 3] {
    let rate = Measure {
        required: ratio_is_required,
        ..ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE))
    };
    let [first, second] = measures;
    let schema = schema(vec![first, second, rate]);
    let member = Membership {
        measures: chosen.map(<[i32]>::to_vec),
        ..partner(1)
    };
    [1, 2, 3].map(|id| member.expects(&schema, schema.measure(id).unwrap(), period("2026")))
}

fn required(id: i32) -> Measure {
    Measure {
        required: true,
        ..number(id)
    }
}

#[test]
fn what_is_required_is_asked_for_and_all_where_nothing_is() {
    assert_eq!(told([number(1), number(2)], false, None), [true; 3]);
    assert_eq!(told([number(1), required(2)], false, None), [false, true, false]);
    assert_eq!(told([required(1), required(2)], false, None), [true; 3]);
    assert_eq!(told([number(1), number(2)], true, None), [true; 3]);
    let other = Measure {
        scope: MeasureScope::Population,
        ..required(2)
    };
    assert_eq!(
        told([number(1), other], false, None),
        [true, false, true],
        "a population measure makes no other one optional"
    );
}

#[test]
fn what_is_retired_makes_nothing_optional_but_was_asked_for() {
    let retired = |id| Measure {
        retired: true,
        ..required(id)
    };
    assert_eq!(told([number(1), retired(2)], false, None), [true; 3]);
    assert_eq!(told([required(1), retired(2)], false, None), [true; 3]);
}

#[test]
fn the_backbone_chooses_for_a_partner() {
    let chosen = |ids: &[i32]| told([required(1), number(2)], false, Some(ids));
    assert_eq!(chosen(&[2]), [false, true, false]);
    assert_eq!(chosen(&[1, 2]), [true; 3]);
    assert_eq!(chosen(&[]), [false; 3]);
}
