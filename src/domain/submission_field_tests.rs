use super::submission::{SubmittedRow, SubmittedValue};
use super::submission_tests::{programs, refused, row, submit};

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
