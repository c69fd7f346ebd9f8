use super::answer::Answer;
use super::cell::Cell;
use super::sample::{self, AGE, FUNDING, PROGRAMS, SEX};
use super::submission::{Checked, RowError, SubmittedRow, SubmittedValue, Submitter, check};

const OWN: i32 = 10;
const OTHER: i32 = 11;

fn find(code: &str) -> Option<i32> {
    match code.to_ascii_lowercase().as_str() {
        "own" => Some(OWN),
        "other" => Some(OTHER),
        _ => None,
    }
}

fn submit(is_backbone: bool, rows: &[SubmittedRow]) -> Checked {
    check(
        &sample::schema(),
        &Submitter {
            organization_id: OWN,
            is_backbone,
            organizations: &find,
        },
        rows,
    )
}

fn row(measure: &str, period: &str, cell: &[(&str, &str)], value: &str) -> SubmittedRow {
    SubmittedRow {
        measure: Some(measure.into()),
        period: Some(period.into()),
        cell: cell
            .iter()
            .map(|(dimension, code)| ((*dimension).into(), (*code).into()))
            .collect(),
        value: SubmittedValue::Number(value.into()),
        ..Default::default()
    }
}

fn programs() -> SubmittedRow {
    row("PROGRAMS", "2017", &[], "421")
}

/// The one error of a row that has one.
#[track_caller]
fn error(is_backbone: bool, row: SubmittedRow) -> RowError {
    let checked = submit(is_backbone, &[row]);
    assert!(checked.changes.is_empty());
    assert_eq!(checked.errors.len(), 1, "{:?}", checked.errors);
    checked.errors[0].clone()
}

#[track_caller]
fn refused(row: SubmittedRow, code: &str, at: &str) -> String {
    let error = error(false, row);
    assert_eq!(
        (error.code, error.pointer),
        (code, format!("/observations/0{at}")),
        "{}",
        error.detail
    );
    error.detail
}

#[test]
fn good_rows_are_changes() {
    let rows = [
        row(
            "programs",
            "2017",
            &[("sex", "F"), ("age_group", "young_adult")],
            "421.0",
        ),
        SubmittedRow {
            estimated: true,
            note: Some(" from the ledger ".into()),
            ..row("FUNDING", "FY2017", &[], "-12.5")
        },
        SubmittedRow {
            value: SubmittedValue::Absent,
            missing: Some("not_available".into()),
            ..row("PROGRAMS", "2018", &[("sex", "_")], "")
        },
        SubmittedRow {
            value: SubmittedValue::Null,
            ..row("PROGRAMS", "2019", &[], "")
        },
        SubmittedRow {
            value: SubmittedValue::Null,
            missing: Some("not_applicable".into()),
            ..row("PROGRAMS", "2020", &[], "")
        },
    ];
    let checked = submit(false, &rows);
    assert_eq!(checked.errors, []);
    let first = &checked.changes[0];
    assert_eq!(
        (
            first.row,
            first.organization_id,
            first.measure_id,
            first.period.to_string().as_str()
        ),
        (0, OWN, PROGRAMS, "2017")
    );
    assert_eq!(
        first.cell,
        Cell::HEADLINE.with(AGE, 2).unwrap().with(SEX, 1).unwrap()
    );
    assert_eq!(
        first.answer,
        Some(Answer::Value {
            units: 421,
            estimated: false
        })
    );
    let second = &checked.changes[1];
    assert_eq!(
        (second.measure_id, second.answer),
        (
            FUNDING,
            Some(Answer::Value {
                units: -1250,
                estimated: true
            })
        )
    );
    assert_eq!(second.note.as_deref(), Some("from the ledger"));
    assert_eq!(checked.changes[2].answer, Some(Answer::NotAvailable));
    assert_eq!(checked.changes[3].answer, None, "withdraws");
    assert_eq!(checked.changes[4].answer, Some(Answer::NotApplicable));
}

#[test]
fn measures() {
    refused(
        SubmittedRow {
            measure: None,
            ..programs()
        },
        "required",
        "/measure",
    );
    refused(
        SubmittedRow {
            measure: Some(" ".into()),
            ..programs()
        },
        "required",
        "/measure",
    );
    assert!(
        refused(row("PROGRAM", "2017", &[], "1"), "unknown_measure", "/measure")
            .ends_with("did you mean `PROGRAMS`?")
    );
    assert!(refused(row("X", "2017", &[], "1"), "unknown_measure", "/measure").contains("`Visits`"));
    refused(row("CLOSED", "2017", &[], "1"), "retired_measure", "/measure");
    assert!(
        refused(row("PER_PROGRAM", "2017", &[], "1"), "ratio_measure", "/measure")
            .contains("`Visits` and `PROGRAMS`")
    );
}

#[test]
fn periods() {
    refused(
        SubmittedRow {
            period: None,
            ..programs()
        },
        "required",
        "/period",
    );
    refused(row("PROGRAMS", "spring", &[], "1"), "invalid_period", "/period");
    refused(row("PROGRAMS", "2017-13", &[], "1"), "unknown_period", "/period");
    let detail = refused(row("PROGRAMS", "2017-03", &[], "1"), "wrong_frequency", "/period");
    assert_eq!(
        detail,
        "2017-03 is a month; `PROGRAMS` is reported by year: write a period such as 2017"
    );
    let detail = refused(row("FUNDING", "2017", &[], "1"), "wrong_frequency", "/period");
    assert!(
        detail.contains("by fiscal year: write a period such as FY2017"),
        "{detail}"
    );
}

#[test]
fn cells() {
    let cell = |pairs: &[(&str, &str)]| row("PROGRAMS", "2017", pairs, "1");
    assert!(
        refused(cell(&[("ages", "children")]), "unknown_dimension", "/cell/ages").contains("`age_group`")
    );
    assert!(refused(cell(&[("a/b", "c")]), "unknown_dimension", "/cell/a~1b").contains("`a/b`"));
    assert!(refused(cell(&[("sex", "w")]), "unknown_code", "/cell/sex").contains("`f`, `m`, `_`"));
    refused(
        cell(&[("age_group", "old_adult")]),
        "retired_code",
        "/cell/age_group",
    );
    let detail = refused(cell(&[("race", "A")]), "dimension_not_in_measure", "/cell/race");
    assert_eq!(
        detail,
        "`PROGRAMS` is not broken down by `race`; it has `age_group`, `sex`"
    );
    refused(
        cell(&[("sex", "f"), ("sex", "m")]),
        "repeated_dimension",
        "/cell/sex",
    );
}

#[test]
fn retired_things_can_be_withdrawn() {
    let withdrawal = |row: SubmittedRow| SubmittedRow {
        value: SubmittedValue::Null,
        ..row
    };
    let rows = [
        withdrawal(row("CLOSED", "2017", &[], "")),
        withdrawal(row("PROGRAMS", "2017", &[("age_group", "old_adult")], "")),
    ];
    assert_eq!(submit(false, &rows).errors, []);
}

#[test]
fn values() {
    let value = |text| row("PROGRAMS", "2017", &[], text);
    refused(
        SubmittedRow {
            value: SubmittedValue::Absent,
            ..programs()
        },
        "required",
        "/value",
    );
    refused(value("1,234"), "invalid_value", "/value");
    refused(value("4.21e2"), "invalid_value", "/value");
    refused(value("421.5"), "too_many_decimals", "/value");
    refused(value("9007199254740992"), "value_too_large", "/value");
    refused(value("-1"), "negative_value", "/value");
    let missing = |row: SubmittedRow, reason: &str| SubmittedRow {
        missing: Some(reason.into()),
        ..row
    };
    refused(
        missing(programs(), "not_available"),
        "value_and_missing",
        "/missing",
    );
    refused(
        missing(
            SubmittedRow {
                value: SubmittedValue::Absent,
                ..programs()
            },
            "lost",
        ),
        "unknown_missing_reason",
        "/missing",
    );
    let estimated = SubmittedRow {
        value: SubmittedValue::Absent,
        estimated: true,
        ..programs()
    };
    refused(
        missing(estimated, "not_available"),
        "estimated_without_value",
        "/estimated",
    );
}

#[test]
fn a_withdrawal_stands_alone() {
    let withdrawal = SubmittedRow {
        value: SubmittedValue::Null,
        ..programs()
    };
    refused(
        SubmittedRow {
            estimated: true,
            ..withdrawal.clone()
        },
        "estimated_without_value",
        "/estimated",
    );
    refused(
        SubmittedRow {
            note: Some("gone".into()),
            ..withdrawal
        },
        "note_without_answer",
        "/note",
    );
}

#[test]
fn notes_are_short() {
    refused(
        SubmittedRow {
            note: Some("é".repeat(1001)),
            ..programs()
        },
        "note_too_long",
        "/note",
    );
    assert!(
        submit(
            false,
            &[SubmittedRow {
                note: Some("é".repeat(1000)),
                ..programs()
            }]
        )
        .errors
        .is_empty()
    );
}

#[test]
fn only_the_backbone_reports_for_others() {
    let behalf = |code: &str| SubmittedRow {
        organization: Some(code.into()),
        ..programs()
    };
    refused(behalf("other"), "not_on_behalf", "/organization");
    refused(behalf("nobody"), "not_on_behalf", "/organization");
    assert_eq!(submit(false, &[behalf("Own")]).changes[0].organization_id, OWN);
    assert_eq!(submit(true, &[behalf("OTHER")]).changes[0].organization_id, OTHER);
    assert_eq!(error(true, behalf("nobody")).code, "unknown_organization");
}

#[test]
fn population_measures_have_their_reporters() {
    let residents = |organization: Option<&str>| SubmittedRow {
        organization: organization.map(Into::into),
        ..row("RESIDENTS", "2017", &[], "1")
    };
    refused(residents(None), "not_a_reporter", "/measure");
    assert!(
        submit(true, &[residents(None)]).errors.is_empty(),
        "the backbone, when no reporters are named"
    );
    assert_eq!(error(true, residents(Some("other"))).code, "not_a_reporter");
    let mut schema = sample::schema();
    schema.measures[3].reporters = vec![OTHER];
    let submit = |organization_id, is_backbone, row| {
        check(
            &schema,
            &Submitter {
                organization_id,
                is_backbone,
                organizations: &find,
            },
            &[row],
        )
        .errors
        .len()
    };
    assert_eq!(submit(OTHER, false, residents(None)), 0);
    assert_eq!(submit(OWN, true, residents(None)), 1);
    assert_eq!(submit(OWN, true, residents(Some("other"))), 0);
}

#[test]
fn a_key_stands_once() {
    let f = [("sex", "f")];
    let rows = [
        row("PROGRAMS", "2017", &f, "1"),
        row("PROGRAMS", "2017", &[], "1"),
        row("programs", "2017", &[("sex", "F")], "1"),
        SubmittedRow {
            organization: Some("other".into()),
            ..row("PROGRAMS", "2017", &f, "1")
        },
    ];
    let checked = submit(true, &rows);
    assert_eq!(
        checked
            .changes
            .iter()
            .map(|change| change.row)
            .collect::<Vec<_>>(),
        [0, 1, 3]
    );
    assert_eq!(
        (
            checked.errors[0].row,
            checked.errors[0].code,
            checked.errors[0].pointer.as_str()
        ),
        (2, "duplicate_row", "/observations/2")
    );
    assert!(checked.errors[0].detail.starts_with("row 1 has"));
}

#[test]
fn every_error_of_a_row_is_told() {
    let bad = SubmittedRow {
        note: Some("x".repeat(2000)),
        ..row("PROGRAMS", "2017-01", &[("race", "A")], "-1")
    };
    let checked = submit(false, &[programs(), bad]);
    let codes: Vec<_> = checked.errors.iter().map(|error| error.code).collect();
    assert_eq!(
        codes,
        [
            "wrong_frequency",
            "dimension_not_in_measure",
            "note_too_long",
            "negative_value"
        ]
    );
    assert_eq!((checked.rejected(), checked.changes.len()), (1, 1));
}

#[test]
fn many_unknown_names_are_answered_without_suggestions() {
    let rows: Vec<_> = (0..300)
        .map(|number| row(&format!("M{number}"), "2017", &[("sex", "x")], "1"))
        .collect();
    let checked = submit(false, &rows);
    assert_eq!((checked.rejected(), checked.errors.len()), (300, 600));
    assert_eq!(checked.errors[599].detail, "the dimension `sex` has no code `x`");
}
