use super::*;
use crate::domain::answer::Answer;
use crate::domain::cube::Row;
use crate::domain::fixture::*;
use crate::domain::measure::{Aggregation, Break, MeasureKind, MeasureScope};
use crate::domain::period_kind::PeriodKind;
use crate::domain::period_range::PeriodRange;
use crate::domain::status::Status;

type Answers<'a> = &'a [Answered<'a>];

/// The cube of partners org1, org2 … with these answers.
fn cube(schema: &Schema, question: &Question, partners: &[Answers]) -> Cube {
    let organizations = partners
        .iter()
        .zip(1..)
        .map(|(answers, id)| (organization(id, None), figures(answers)));
    from_figures(schema, question, organizations)
}

/// Period, keys, value, contributors / expected, status.
fn lines(cube: &Cube) -> Vec<String> {
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
fn missing_is_not_zero() {
    let schema = schema(vec![number(1)]);
    let partners: [Answers; 4] = [
        &[(1, "2026", &[], value(0))],
        &[(1, "2026", &[], Answer::NotApplicable)],
        &[(1, "2026", &[], Answer::NotAvailable)],
        &[],
    ];
    assert_eq!(
        lines(&cube(&schema, &question(&[1]), &partners)),
        ["2026  0 1/3 provisional"]
    );
    let apart = by(question(&[1]), &[Column::Organization]);
    let expected = [
        "2026 org1 0 1/1 final",
        "2026 org2 not_applicable 0/0 final",
        "2026 org3 not_available 0/1 provisional",
    ];
    assert_eq!(
        lines(&cube(&schema, &apart, &partners)),
        expected,
        "who said nothing has no row"
    );
    assert_eq!(
        lines(&cube(&schema, &question(&[1]), &partners[2..])),
        ["2026  - 0/2 provisional"],
        "answered, but nothing to show"
    );
    assert!(cube(&schema, &question(&[1]), &partners[3..]).rows.is_empty());
}

#[test]
fn by_organization_a_reason_stands_at_its_cell() {
    let schema = schema(vec![number(1)]);
    let asked = by(question(&[1]), &[Column::Organization, Column::Dimension(AGE)]);
    let answers: Answers = &[
        (1, "2026", &[(AGE, 1)], value(5)),
        (1, "2026", &[(AGE, 2)], Answer::NotAvailable),
    ];
    assert_eq!(
        lines(&cube(&schema, &asked, &[answers])),
        [
            "2026 org1,children 5 1/1 final",
            "2026 org1,teens not_available 0/1 provisional"
        ]
    );
}

#[test]
fn a_coarser_figure_is_provisional_until_every_finer_period_is_there() {
    let schema = schema(vec![monthly(1)]);
    let at = Question {
        at: Some(PeriodKind::Quarter),
        ..question(&[1])
    };
    let months: Vec<_> = ["2026-01", "2026-02", "2026-03"]
        .iter()
        .map(|month| (1, *month, &[][..], value(2)))
        .collect();
    assert_eq!(
        lines(&cube(&schema, &at, &[&months, &months])),
        ["2026-Q1  12 2/2 final"],
        "contributors are distinct organizations"
    );
    assert_eq!(
        lines(&cube(&schema, &at, &[&months, &months[1..]])),
        ["2026-Q1  10 2/2 provisional"]
    );
    let mut stated = months.clone();
    stated[0].3 = Answer::NotApplicable;
    assert_eq!(
        lines(&cube(&schema, &at, &[&months, &stated])),
        ["2026-Q1  10 2/2 final"],
        "nothing was expected for January"
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

#[test]
fn groups_by_partner_attribute_expect_their_own() {
    let schema = schema(vec![number(1)]);
    let asked = by(question(&[1]), &[Column::Attribute("region".into())]);
    let answers = |units| figures(&[(1, "2026", &[], value(units))]);
    let organizations = [
        (organization(1, None), answers(1)),
        (organization(2, Some("south")), answers(2)),
        (organization(3, Some("north")), answers(3)),
        (organization(4, Some("north")), Figures::new()),
    ];
    let cube = from_figures(&schema, &asked, organizations);
    assert_eq!(cube.columns, ["partner_region"]);
    assert_eq!(
        lines(&cube),
        [
            "2026 north 3 1/2 provisional",
            "2026 south 2 1/1 final",
            "2026 _ 1 1/1 final"
        ]
    );
}

#[test]
fn outsiders_and_reporters_are_expected_when_they_report() {
    let population = Measure {
        scope: MeasureScope::Population,
        reporters: vec![9],
        ..number(2)
    };
    let schema = schema(vec![number(1), population]);
    let mut backbone = organization(9, None);
    backbone.membership = Membership {
        is_partner_role: false,
        is_backbone: true,
        ..partner(9)
    };
    let organizations = [
        (organization(1, None), figures(&[(1, "2026", &[], value(1))])),
        (
            backbone,
            figures(&[(1, "2026", &[], value(5)), (2, "2026", &[], value(7))]),
        ),
    ];
    let cube = from_figures(&schema, &question(&[1, 2]), organizations);
    assert_eq!(lines(&cube), ["2026  6 2/2 final", "2026  7 1/1 final"]);
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
