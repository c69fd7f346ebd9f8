use super::measure::{Disclosure, Measure};
use super::new_measure::MeasurePatch;
use super::sample::{self, AGE, FUNDING, PER_PROGRAM, PROGRAMS, RACE, SEX};
use serde_json::{Value, json};

fn apply_to(id: i32, body: Value) -> Result<Measure, Vec<(String, &'static str)>> {
    let patch: MeasurePatch = serde_json::from_str(&body.to_string()).unwrap();
    let schema = sample::schema();
    patch
        .apply(schema.measure(id).unwrap(), &schema)
        .map_err(|issues| {
            issues
                .into_iter()
                .map(|issue| (issue.pointer, issue.code))
                .collect()
        })
}

#[test]
fn each_change_is_a_new_version() {
    let changed = apply_to(
        PROGRAMS,
        json!({ "name": "Programs", "required": true, "retired": true }),
    )
    .unwrap();
    assert_eq!(
        (
            changed.version,
            changed.name.as_str(),
            changed.required,
            changed.retired
        ),
        (2, "Programs", true, true)
    );
}

#[test]
fn nothing_changed_is_no_version() {
    assert_eq!(
        apply_to(PROGRAMS, json!({ "required": false })).unwrap().version,
        1
    );
    assert_eq!(apply_to(PROGRAMS, json!({})).unwrap().version, 1);
}

#[test]
fn dimensions_are_added_only() {
    let changed = apply_to(PROGRAMS, json!({ "dimensions": ["race", "age_group", "sex"] })).unwrap();
    assert_eq!(changed.dimensions, [AGE, SEX, RACE]);
    assert_eq!(
        apply_to(PROGRAMS, json!({ "dimensions": ["race"] })).unwrap_err(),
        [
            ("/dimensions".into(), "cannot_be_removed"),
            ("/dimensions".into(), "cannot_be_removed"),
        ]
    );
}

#[test]
fn disclosure_is_tightened_only() {
    assert_eq!(
        apply_to(PROGRAMS, json!({ "disclosure": "open" })).unwrap_err(),
        [("/disclosure".into(), "cannot_be_loosened")]
    );
    let schema = sample::schema();
    let open = Measure {
        disclosure: Disclosure::Open,
        ..schema.measure(PROGRAMS).unwrap().clone()
    };
    let patch: MeasurePatch = serde_json::from_str(r#"{"disclosure": "protected"}"#).unwrap();
    assert_eq!(
        patch.apply(&open, &schema).unwrap().disclosure,
        Disclosure::Protected
    );
}

#[test]
fn a_break_goes_with_a_changed_definition() {
    let changed = apply_to(
        PROGRAMS,
        json!({ "definition": "Also online.", "break_from": "2026", "break_reason": "Online counts" }),
    )
    .unwrap();
    assert_eq!(
        (
            changed.breaks.len(),
            changed.breaks[0].from.to_string().as_str(),
            changed.breaks[0].reason.as_str()
        ),
        (1, "2026", "Online counts")
    );
    assert_eq!(
        apply_to(PROGRAMS, json!({ "break_from": "2026" })).unwrap_err(),
        [("/break_from".into(), "definition_unchanged")]
    );
    assert_eq!(
        apply_to(PROGRAMS, json!({ "definition": "x", "break_from": "2026-01" })).unwrap_err(),
        [("/break_from".into(), "wrong_frequency")]
    );
    assert_eq!(
        apply_to(PROGRAMS, json!({ "definition": "x", "break_from": "soon" })).unwrap_err(),
        [("/break_from".into(), "invalid_period")]
    );
    assert_eq!(
        apply_to(PROGRAMS, json!({ "break_reason": "x" })).unwrap_err(),
        [("/break_from".into(), "required")]
    );
}

#[test]
fn null_takes_the_expected_range_away() {
    assert_eq!(
        apply_to(FUNDING, json!({ "expected_range": null }))
            .unwrap()
            .expected_range,
        None
    );
    assert_eq!(
        apply_to(FUNDING, json!({ "expected_range": { "min": 5 } }))
            .unwrap()
            .expected_range,
        Some((Some(500), None))
    );
    assert!(
        apply_to(FUNDING, json!({ "name": "Money" }))
            .unwrap()
            .expected_range
            .is_some()
    );
}

#[test]
fn a_due_date_is_given_and_taken_away() {
    let due = apply_to(PROGRAMS, json!({ "due_days": 30 })).unwrap();
    assert_eq!((due.due_days, due.version), (Some(30), 2));
    let patch: MeasurePatch = serde_json::from_str(r#"{"due_days": null}"#).unwrap();
    assert_eq!(patch.apply(&due, &sample::schema()).unwrap().due_days, None);
    let patch: MeasurePatch = serde_json::from_str(r#"{"name": "Events"}"#).unwrap();
    assert_eq!(patch.apply(&due, &sample::schema()).unwrap().due_days, Some(30));
    for days in [-1, 731] {
        assert_eq!(
            apply_to(PROGRAMS, json!({ "due_days": days })).unwrap_err(),
            [("/due_days".into(), "out_of_range")]
        );
    }
    assert_eq!(
        apply_to(PER_PROGRAM, json!({ "due_days": 30 })).unwrap_err(),
        [("/due_days".into(), "not_in_this_kind")]
    );
}

#[test]
fn a_ratio_has_no_dimensions_of_its_own() {
    let issues = apply_to(
        PER_PROGRAM,
        json!({ "dimensions": ["sex"], "expected_range": null }),
    )
    .unwrap_err();
    assert_eq!(
        issues,
        [
            ("/dimensions".into(), "not_in_this_kind"),
            ("/expected_range".into(), "not_in_this_kind")
        ]
    );
}

#[test]
fn what_would_change_stored_figures_is_no_field() {
    for field in [
        "kind",
        "unit",
        "decimals",
        "scope",
        "accumulation",
        "aggregation",
        "frequency",
        "numerator",
        "code",
    ] {
        let error = serde_json::from_str::<MeasurePatch>(&format!(r#"{{"{field}": "x"}}"#)).unwrap_err();
        assert!(error.to_string().contains(field));
    }
}
