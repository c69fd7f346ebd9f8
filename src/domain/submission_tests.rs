use super::answer::Answer;
use super::cell::Cell;
use super::sample::{self, AGE, FUNDING, PROGRAMS, SEX};
use super::schema::Schema;
use super::submission::{Checked, Checker, RowError, SubmittedRow, SubmittedValue, Submitter};

pub(super) const OWN: i32 = 10;
pub(super) const OTHER: i32 = 11;

pub(super) fn find(code: &str) -> Option<i32> {
    match code.to_ascii_lowercase().as_str() {
        "own" => Some(OWN),
        "other" => Some(OTHER),
        _ => None,
    }
}

pub(super) fn check(schema: &Schema, submitter: &Submitter<'_>, rows: &[SubmittedRow]) -> Checked {
    let mut checker = Checker::new(schema, submitter);
    for (place, row) in rows.iter().enumerate() {
        checker.check(place, row);
    }
    checker.take()
}

pub(super) fn submit(is_backbone: bool, rows: &[SubmittedRow]) -> Checked {
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

pub(super) fn row(measure: &str, period: &str, cell: &[(&str, &str)], value: &str) -> SubmittedRow {
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

pub(super) fn programs() -> SubmittedRow {
    row("PROGRAMS", "2017", &[], "421")
}

/// The one error of a row that has one.
#[track_caller]
pub(super) fn error(is_backbone: bool, row: SubmittedRow) -> RowError {
    let checked = submit(is_backbone, &[row]);
    assert!(checked.changes.is_empty());
    assert_eq!(checked.errors.len(), 1, "{:?}", checked.errors);
    checked.errors[0].clone()
}

#[track_caller]
pub(super) fn refused(row: SubmittedRow, code: &str, at: &str) -> String {
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
    assert_eq!(checked.changes.len(), 1);
}

#[test]
fn many_unknown_names_are_answered_without_suggestions() {
    let rows: Vec<_> = (0..300)
        .map(|number| row(&format!("M{number}"), "2017", &[("sex", "x")], "1"))
        .collect();
    let checked = submit(false, &rows);
    assert_eq!((checked.errors[599].row, checked.errors.len()), (299, 600));
    assert_eq!(checked.errors[599].detail, "the dimension `sex` has no code `x`");
}
