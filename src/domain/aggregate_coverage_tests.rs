use super::tests::{Answers, cube, lines};
use super::*;
use crate::domain::answer::Answer;
use crate::domain::fixture::*;
use crate::domain::measure::MeasureScope;
use crate::domain::membership::Membership;
use crate::domain::period_kind::PeriodKind;
use crate::domain::question::Column;

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
