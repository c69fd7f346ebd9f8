use super::*;
use crate::domain::cube::Row;
use crate::domain::fixture::*;
use crate::domain::measure::Break;
use crate::domain::period_kind::PeriodKind;
use crate::domain::period_range::PeriodRange;
use crate::domain::question::Column;

pub(super) type Answers<'a> = &'a [Answered<'a>];

/// The cube of partners org1, org2 … with these answers.
pub(super) fn cube(schema: &Schema, question: &Question, partners: &[Answers]) -> Cube {
    let organizations = partners
        .iter()
        .zip(1..)
        .map(|(answers, id)| (organization(id, None), figures(answers)));
    from_figures(schema, question, organizations)
}

/// Period, keys, value, contributors / expected, status.
pub(super) fn lines(cube: &Cube) -> Vec<String> {
    let line = |row: &Row| {
        let value = row.value.map_or_else(
            || row.missing.unwrap_or("-").to_owned(),
            |value| value.to_string(),
        );
        format!(
            "{} {} {value} {}/{} {}",
            row.period,
            row.keys.join(","),
            row.contributors.unwrap_or(0),
            row.expected,
            row.status
        )
    };
    cube.rows.iter().map(line).collect()
}

#[test]
fn rows_of_one_answer_add_up_to_its_headline() {
    let schema = schema(vec![number(1)]);
    let first: Answers = &[
        (1, "2026", &[], value(100)),
        (1, "2026", &[(AGE, 2)], value(30)),
        (1, "2026", &[(AGE, 1)], value(40)),
    ];
    let second: Answers = &[
        (1, "2026", &[(AGE, 2)], value(5)),
        (1, "2026", &[(AGE, 0)], value(6)),
    ];
    let asked = by(question(&[1]), &[Column::Dimension(AGE)]);
    let cube = cube(&schema, &asked, &[first, second]);
    assert_eq!(cube.columns, ["age"]);
    let expected = [
        "2026 children 40 1/2 provisional",
        "2026 teens 35 2/2 final",
        "2026 _ 36 2/2 final",
    ];
    assert_eq!(
        lines(&cube),
        expected,
        "30 that no row shows, and 6 that were submitted as not stated"
    );
    assert!(cube.rows[2].is_remainder && !cube.rows[0].is_remainder);
}

#[test]
fn a_remainder_of_zero_is_left_out_and_one_below_zero_is_not() {
    let schema = schema(vec![number(1)]);
    let asked = by(question(&[1]), &[Column::Dimension(AGE)]);
    let lines = |total| {
        lines(&cube(
            &schema,
            &asked,
            &[&[
                (1, "2026", &[], value(total)),
                (1, "2026", &[(AGE, 1)], value(40)),
            ]],
        ))
    };
    assert_eq!(lines(40), ["2026 children 40 1/1 final"]);
    assert_eq!(lines(30), ["2026 children 40 1/1 final", "2026 _ -10 1/1 final"]);
}

#[test]
fn overlapping_codes_have_no_remainder() {
    let schema = schema(vec![number(1)]);
    let asked = by(question(&[1]), &[Column::Dimension(RACE)]);
    let answers: Answers = &[
        (1, "2026", &[], value(10)),
        (1, "2026", &[(RACE, 2)], value(4)),
        (1, "2026", &[(RACE, 0)], value(1)),
    ];
    assert_eq!(
        lines(&cube(&schema, &asked, &[answers])),
        ["2026 b 4 1/1 final", "2026 _ 1 1/1 final"]
    );
}

#[test]
fn a_filter_is_the_headline_of_what_it_lets_through() {
    let schema = schema(vec![number(1)]);
    let filtered = Question {
        filter: cell(&[(AGE, 2)]),
        ..question(&[1])
    };
    let answers: Answers = &[
        (1, "2026", &[(AGE, 2)], value(10)),
        (1, "2026", &[(AGE, 2), (SEX, 1)], value(4)),
        (1, "2026", &[(AGE, 1), (SEX, 1)], value(9)),
    ];
    assert_eq!(
        lines(&cube(&schema, &filtered, &[answers])),
        ["2026  10 1/1 final"]
    );
    let both = by(filtered, &[Column::Dimension(AGE), Column::Dimension(SEX)]);
    assert_eq!(
        lines(&cube(&schema, &both, &[answers])),
        ["2026 teens,f 4 1/1 final", "2026 teens,_ 6 1/1 final"]
    );
}

#[test]
fn a_row_tells_of_a_break_that_begins_in_it() {
    let broken = Measure {
        breaks: vec![Break {
            from: period("2026-03"),
            reason: String::new(),
        }],
        ..monthly(1)
    };
    let schema = schema(vec![
        broken,
        monthly(2),
        Measure {
            frequency: PeriodKind::Month,
            ..ratio(3, (2, Cell::HEADLINE), (1, Cell::HEADLINE))
        },
    ]);
    let answers: Vec<_> = ["2026-02", "2026-03", "2026-04"]
        .iter()
        .flat_map(|month| [1, 2].map(|id| (id, *month, &[][..], value(2))))
        .collect();
    let breaks = |question: &Question| {
        cube(&schema, question, &[&answers])
            .rows
            .iter()
            .map(|row| row.is_break)
            .collect::<Vec<_>>()
    };
    assert_eq!(breaks(&question(&[1])), [false, true, false]);
    assert_eq!(breaks(&question(&[3])), [false, true, false], "of either side");
    assert_eq!(
        breaks(&Question {
            at: Some(PeriodKind::Quarter),
            ..question(&[1])
        }),
        [true, false]
    );
}

#[test]
fn what_does_not_fit_is_said_or_left_out() {
    let plain = Measure {
        dimensions: vec![SEX],
        frequency: PeriodKind::Quarter,
        ..number(1)
    };
    let schema = schema(vec![plain, monthly(2)]);
    let mut asked = Question {
        at: Some(PeriodKind::Month),
        filter: cell(&[(AGE, 1)]),
        ..by(question(&[1, 2]), &[Column::Dimension(RACE)])
    };
    let issues: Vec<_> = asked
        .check(&schema)
        .into_iter()
        .map(|issue| (issue.pointer, issue.detail))
        .collect();
    let expected = [
        ("?by", "M1 has no dimension race; its dimensions are sex"),
        ("?cell", "M1 has no dimension age; its dimensions are sex"),
        (
            "?at",
            "M1 is reported by quarter, which does not make month; what fits is quarter, half, year, fiscal_year",
        ),
    ];
    assert_eq!(
        issues,
        expected.map(|(pointer, detail)| (pointer.to_owned(), detail.to_owned()))
    );
    asked.keep_fitting(&schema);
    assert_eq!(asked.measures, [2]);
}

#[test]
fn rows_come_in_the_order_asked_and_the_range_bounds_them() {
    let schema = schema(vec![number(1), monthly(2)]);
    let range = PeriodRange::parse("2025-06..2026", schema.fiscal_start).unwrap();
    let answers: Answers = &[
        (1, "2025", &[], value(1)),
        (1, "2026", &[], value(2)),
        (2, "2025-05", &[], value(3)),
        (2, "2025-06", &[], value(4)),
    ];
    assert_eq!(
        lines(&cube(
            &schema,
            &Question {
                range,
                ..question(&[2, 1])
            },
            &[answers]
        )),
        ["2025-06  4 1/1 final", "2026  2 1/1 final"]
    );
}
