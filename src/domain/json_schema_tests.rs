use super::json_schema::submission_schema;
use super::sample;
use super::submission::{SubmittedRow, SubmittedValue, Submitter};
use super::submission_tests::check;
use serde_json::{Value, json};

fn is_valid(observation: Value) -> bool {
    let schema = submission_schema(&sample::schema());
    jsonschema::is_valid(&schema, &json!({ "observations": [observation] }))
}

/// What Cairn itself says of the same observation.
fn is_accepted(observation: &Value) -> bool {
    let text = |name: &str| observation.get(name).and_then(Value::as_str).map(str::to_owned);
    let cell = observation
        .get("cell")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let row = SubmittedRow {
        measure: text("measure"),
        period: text("period"),
        cell: cell
            .map(|(dimension, code)| (dimension.clone(), code.as_str().unwrap().into()))
            .collect(),
        value: match observation.get("value") {
            None => SubmittedValue::Absent,
            Some(Value::Null) => SubmittedValue::Null,
            Some(number) => SubmittedValue::Number(number.to_string()),
        },
        missing: text("missing"),
        estimated: observation.get("estimated") == Some(&json!(true)),
        organization: None,
        note: text("note"),
    };
    let submitter = Submitter {
        organization_id: 1,
        is_backbone: true,
        organizations: &|_| None,
    };
    check(&sample::schema(), &submitter, &[row]).errors.is_empty()
}

#[test]
fn it_is_a_schema() {
    let schema = submission_schema(&sample::schema());
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    assert_eq!(schema["x-schema-version"], 9);
    assert_eq!(schema["x-fiscal-year-start-month"], 7);
    jsonschema::draft202012::meta::validate(&submission_schema(&super::schema::Schema::new(
        super::period_kind::FiscalStart::JANUARY,
        1,
        vec![],
        vec![],
        vec![],
    )))
    .unwrap();
}

#[test]
fn it_agrees_with_the_checks() {
    let good = [
        json!({ "measure": "PROGRAMS", "period": "2017", "cell": { "age_group": "young_adult", "sex": "_" }, "value": 421 }),
        json!({ "measure": "PROGRAMS", "period": "2017", "value": 421.0, "estimated": true, "note": "x" }),
        json!({ "measure": "Visits", "period": "2017-03", "cell": { "race": "A" }, "value": 0 }),
        json!({ "measure": "FUNDING", "period": "FY2017", "value": -4.35 }),
        json!({ "measure": "PROGRAMS", "period": "2017", "missing": "not_available" }),
        json!({ "measure": "PROGRAMS", "period": "2017", "value": null, "missing": "not_applicable" }),
        json!({ "measure": "PROGRAMS", "period": "2017", "value": null }),
        json!({ "measure": "CLOSED", "period": "2017", "value": null }),
    ];
    for observation in good {
        assert!(
            is_valid(observation.clone()) && is_accepted(&observation),
            "{observation}"
        );
    }
    let bad = [
        json!({ "period": "2017", "value": 1 }),
        json!({ "measure": "PER_PROGRAM", "period": "2017", "value": 1 }),
        json!({ "measure": "PROGRAMS", "period": "2017-03", "value": 1 }),
        json!({ "measure": "PROGRAMS", "period": "2017" }),
        json!({ "measure": "PROGRAMS", "period": "2017", "value": 1.5 }),
        json!({ "measure": "PROGRAMS", "period": "2017", "value": -1 }),
        json!({ "measure": "PROGRAMS", "period": "2017", "value": 9_007_199_254_740_992_i64 }),
        json!({ "measure": "PROGRAMS", "period": "2017", "value": 1, "missing": "not_available" }),
        json!({ "measure": "PROGRAMS", "period": "2017", "missing": "lost" }),
        json!({ "measure": "PROGRAMS", "period": "2017", "missing": "not_available", "estimated": true }),
        json!({ "measure": "PROGRAMS", "period": "2017", "value": null, "note": "x" }),
        json!({ "measure": "PROGRAMS", "period": "2017", "value": null, "estimated": true }),
        json!({ "measure": "PROGRAMS", "period": "2017", "cell": { "race": "A" }, "value": 1 }),
        json!({ "measure": "PROGRAMS", "period": "2017", "cell": { "age_group": "old_adult" }, "value": 1 }),
        json!({ "measure": "PROGRAMS", "period": "2017", "cell": { "size": "big" }, "value": 1 }),
        json!({ "measure": "CLOSED", "period": "2017", "value": 1 }),
    ];
    for observation in bad {
        assert!(
            !is_valid(observation.clone()) && !is_accepted(&observation),
            "{observation}"
        );
    }
}

#[test]
fn unknown_fields_are_refused() {
    assert!(!is_valid(
        json!({ "measure": "PROGRAMS", "period": "2017", "value": 1, "remark": "x" })
    ));
}

#[test]
fn every_measure_and_code_is_in_it() {
    let schema = submission_schema(&sample::schema());
    let definitions = &schema["$defs"];
    for code in ["PROGRAMS", "Visits", "FUNDING", "RESIDENTS", "CLOSED"] {
        assert!(definitions.get(format!("measure.{code}")).is_some(), "{code}");
    }
    assert_eq!(
        definitions["measure.FUNDING"]["x-expected-range"],
        json!({ "min": "0", "max": "10000.5" })
    );
    assert_eq!(
        definitions["dimension.age_group"]["x-retired-codes"],
        json!(["old_adult"])
    );
    let derived = &schema["x-derived-measures"][0];
    assert_eq!(
        derived["denominator"],
        json!({ "measure": "PROGRAMS", "cell": { "age_group": "young_adult" } })
    );
    assert_eq!(derived["dimensions"], json!(["sex"]));
}
