use super::*;
use crate::domain::cell::Cell;
use crate::domain::fixture::*;
use crate::domain::measure::Aggregation;

fn row(key: &str, value: i128, contributors: u32) -> Row {
    Row {
        measure_id: 1,
        period: period("2026"),
        keys: [key.to_owned()].into(),
        value: Some(value),
        numerator: None,
        denominator: None,
        exact: None,
        people: Some((1, value)),
        contributors: Some(contributors),
        estimated: Some(0),
        expected: 9,
        eligible: 7,
        status: Status::Final,
        is_break: false,
        missing: None,
        is_remainder: key == "_",
    }
}

/// The keys of the rows that a protected audience still sees.
fn seen(measure: Measure, rows: Vec<Row>) -> String {
    let cube = protect(
        &schema(vec![measure]),
        Cube {
            columns: vec!["age".into()],
            rows,
        },
    );
    let kept = cube.rows.iter().filter(|row| row.status != Status::Suppressed);
    kept.map(|row| row.keys.concat()).collect()
}

#[test]
fn three_contributors_may_be_shown() {
    assert_eq!(seen(number(1), vec![row("a", 5, 3), row("b", 6, 4)]), "ab");
    assert_eq!(seen(number(1), vec![row("", 5, 2)]), "");
}

#[test]
fn open_measures_are_shown() {
    let open = Measure {
        disclosure: Disclosure::Open,
        ..number(1)
    };
    assert_eq!(seen(open, vec![row("a", 5, 1), row("b", 6, 4)]), "ab");
}

#[test]
fn a_hidden_row_takes_the_remainder_with_it() {
    assert_eq!(
        seen(
            number(1),
            vec![row("a", 5, 1), row("b", 6, 4), row("c", 9, 4), row("_", 1, 5)]
        ),
        "bc"
    );
}

#[test]
fn or_else_the_smallest_that_is_left() {
    assert_eq!(
        seen(number(1), vec![row("a", 5, 1), row("b", 16, 4), row("c", 9, 4)]),
        "b"
    );
    assert_eq!(
        seen(
            number(1),
            vec![row("a", 5, 1), row("b", 6, 2), row("c", 19, 4), row("d", 9, 3)]
        ),
        "c",
        "a and b may be of the same two"
    );
}

#[test]
fn averages_take_nobody_with_them() {
    assert_eq!(
        seen(
            aggregated(number(1), Aggregation::Mean),
            vec![row("a", 5, 1), row("b", 6, 4)]
        ),
        "b"
    );
}

#[test]
fn periods_are_hidden_apart() {
    let later = Row {
        period: period("2027"),
        ..row("b", 5, 3)
    };
    assert_eq!(seen(number(1), vec![row("a", 5, 1), later]), "b");
}

#[test]
fn what_nobody_answered_hides_nothing() {
    let empty = Row {
        value: None,
        ..row("a", 0, 0)
    };
    assert_eq!(seen(number(1), vec![empty]), "a");
}

#[test]
fn a_ratio_hides_its_sides_and_is_protected_by_either() {
    let open = |measure| Measure {
        disclosure: Disclosure::Open,
        ..measure
    };
    let schema = schema(vec![
        open(number(1)),
        number(2),
        open(ratio(3, (1, Cell::HEADLINE), (2, Cell::HEADLINE))),
    ]);
    let rate = Row {
        measure_id: 3,
        numerator: Some(1),
        denominator: Some(2),
        ..row("", 50, 2)
    };
    let cube = protect(
        &schema,
        Cube {
            columns: vec![],
            rows: vec![rate],
        },
    );
    let hidden = &cube.rows[0];
    assert_eq!(
        (hidden.value, hidden.numerator, hidden.denominator, hidden.exact),
        (None, None, None, None)
    );
    assert_eq!(
        (hidden.contributors, hidden.estimated, hidden.status),
        (None, None, Status::Suppressed)
    );
    assert_eq!(hidden.expected, 7);
}

#[test]
fn overflow_is_told_before_suppressed() {
    let schema = schema(vec![number(1)]);
    let rows = vec![Row {
        value: None,
        status: Status::Overflow,
        ..row("", 0, 2)
    }];
    let cube = protect(
        &schema,
        Cube {
            columns: vec![],
            rows,
        },
    );
    assert_eq!(
        (cube.rows[0].status, cube.rows[0].contributors),
        (Status::Overflow, None)
    );
}

#[test]
fn a_hidden_row_does_not_count_who_reported_unasked() {
    let cube = Cube {
        columns: vec!["age".into()],
        rows: vec![row("", 5, 2)],
    };
    let expected =
        |audience: Audience| audience.disclose(&schema(vec![number(1)]), cube.clone()).rows[0].expected;
    assert_eq!(
        (expected(Audience::Protected), expected(Audience::Backbone)),
        (7, 9)
    );
}

#[test]
fn bounds_of_people_are_for_the_backbone() {
    let open = Measure {
        disclosure: Disclosure::Open,
        ..number(1)
    };
    let cube = Cube {
        columns: vec!["age".into()],
        rows: vec![row("", 5, 9)],
    };
    let people =
        |audience: Audience| audience.disclose(&schema(vec![open.clone()]), cube.clone()).rows[0].people;
    assert_eq!(
        (people(Audience::Protected), people(Audience::Backbone)),
        (None, Some((1, 5)))
    );
    let bounded = Question {
        bounds: true,
        ..question(&[1])
    };
    assert!(!Audience::Protected.may_ask(&bounded) && Audience::Backbone.may_ask(&bounded));
    assert!(Audience::Protected.may_ask(&question(&[1])));
}
