use super::measure::{
    Accumulation, Aggregation, Disclosure, Measure, MeasureKind, MeasureScope, PerformanceType,
};
use super::new_measure::NewMeasure;
use super::period_kind::PeriodKind;
use super::sample::{self, AGE, PROGRAMS, SEX, VISITS};
use serde_json::{Value, json};

fn check(body: &Value) -> Result<Measure, Vec<(String, &'static str)>> {
    let new: NewMeasure = serde_json::from_str(&body.to_string()).unwrap();
    let find = |code: &str| (code.eq_ignore_ascii_case("health")).then_some(7);
    new.check(&sample::schema(), &find).map_err(|issues| {
        issues
            .into_iter()
            .map(|issue| (issue.pointer, issue.code))
            .collect()
    })
}

fn number() -> Value {
    json!({ "code": "LOANS", "name": "Loans", "unit": "loans", "kind": "number", "decimals": 0, "direction": "up",
        "aggregation": "sum", "frequency": "month" })
}

fn ratio() -> Value {
    json!({ "code": "RATE", "name": "Rate", "unit": "visits per program", "kind": "ratio", "decimals": 2, "direction": "up",
        "numerator": { "measure": "VISITS" }, "denominator": { "measure": "PROGRAMS", "cell": { "age_group": "young_adult" } } })
}

/// The body with some fields replaced.
/// The body with these fields; without those that are null here.
fn with(mut body: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    body
}

fn wrong(body: Value, fields: Value) -> Vec<(String, &'static str)> {
    check(&with(body, fields)).unwrap_err()
}

#[test]
fn a_number_has_defaults() {
    let measure = check(&number()).unwrap();
    assert_eq!(
        (measure.id, measure.version, measure.definition.as_str()),
        (0, 1, "")
    );
    assert_eq!(
        measure.kind,
        MeasureKind::Number {
            accumulation: Accumulation::Flow,
            aggregation: Aggregation::Sum
        }
    );
    assert_eq!(
        (measure.scope, measure.performance_type),
        (MeasureScope::Performance, Some(PerformanceType::HowMuch))
    );
    assert_eq!(
        (measure.counts_people, measure.nonnegative, measure.required),
        (false, true, false)
    );
    assert_eq!(
        (measure.disclosure, measure.dimensions.len()),
        (Disclosure::Protected, 0)
    );
}

#[test]
fn a_ratio_follows_from_its_sides() {
    let measure = check(&ratio()).unwrap();
    assert_eq!(
        measure.frequency,
        PeriodKind::Year,
        "the coarser of month and year"
    );
    assert_eq!(
        measure.dimensions,
        [SEX],
        "the age is fixed, the race of one side only"
    );
    let (numerator, denominator, multiplier) = measure.sides().unwrap();
    assert_eq!(
        (numerator.measure_id, denominator.measure_id, multiplier),
        (VISITS, PROGRAMS, 1)
    );
    assert_eq!(denominator.cell.code(AGE), Some(2));
}

#[test]
fn the_walkthrough_s_body_is_accepted() {
    let body = json!({ "code": "PROGRAMS2", "name": "Library programs", "definition": "…", "unit": "programs", "kind": "number",
        "decimals": 0, "scope": "performance", "performance_type": "how_much", "accumulation": "flow", "aggregation": "sum",
        "direction": "up", "frequency": "year", "dimensions": ["sex", "age_group"], "counts_people": false });
    assert_eq!(check(&body).unwrap().dimensions, [AGE, SEX]);
}

#[test]
fn fields_of_the_other_kind_are_refused_by_name() {
    let fields = json!({ "multiplier": 100, "numerator": { "measure": "VISITS" } });
    assert_eq!(
        wrong(number(), fields),
        [
            ("/numerator".into(), "not_in_this_kind"),
            ("/multiplier".into(), "not_in_this_kind")
        ]
    );
    let fields = json!({ "frequency": "year", "dimensions": [], "aggregation": "sum", "reporters": [] });
    let pointers: Vec<String> = wrong(ratio(), fields)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect();
    assert_eq!(
        pointers,
        ["/aggregation", "/frequency", "/dimensions", "/reporters"]
    );
}

#[test]
fn what_a_kind_needs_is_required() {
    let missing = json!({ "aggregation": null, "frequency": null });
    assert_eq!(
        wrong(number(), missing),
        [
            ("/aggregation".into(), "required"),
            ("/frequency".into(), "required")
        ]
    );
    let missing = json!({ "numerator": null, "denominator": null });
    assert_eq!(
        wrong(ratio(), missing),
        [
            ("/numerator".into(), "required"),
            ("/denominator".into(), "required")
        ]
    );
}

#[test]
fn tells_everything_that_is_wrong_with_a_number() {
    let fields = json!({ "code": "no code", "name": " ", "unit": "percent", "decimals": 7, "dimensions": ["sexes", "sex", "SEX"],
        "performance_type": "how_well", "scope": "population", "reporters": ["health", "nobody", "Health"] });
    assert_eq!(
        wrong(number(), fields),
        [
            ("/code".into(), "invalid_code"),
            ("/decimals".into(), "out_of_range"),
            ("/name".into(), "required"),
            ("/aggregation".into(), "percent_cannot_be_summed"),
            ("/dimensions/0".into(), "unknown_dimension"),
            ("/dimensions/2".into(), "repeated_dimension"),
            ("/reporters/1".into(), "unknown_organization"),
            ("/reporters/2".into(), "repeated_organization"),
            ("/performance_type".into(), "not_in_this_scope"),
        ]
    );
    assert_eq!(
        wrong(number(), json!({ "decimals": -1 })),
        [("/decimals".into(), "out_of_range")]
    );
    assert_eq!(
        wrong(number(), json!({ "reporters": ["health"] })),
        [("/reporters".into(), "not_in_this_scope")]
    );
    assert!(check(&with(number(), json!({ "unit": "%", "aggregation": "mean" }))).is_ok());
}

#[test]
fn a_population_measure_has_reporters() {
    let measure = check(&with(
        number(),
        json!({ "scope": "population", "reporters": ["Health"] }),
    ))
    .unwrap();
    assert_eq!((measure.reporters, measure.performance_type), (vec![7], None));
}

#[test]
fn ranges_are_read_from_their_digits() {
    let body = |range: &str| {
        let text = with(number(), json!({ "decimals": 2 })).to_string().replacen(
            '{',
            &format!(r#"{{"expected_range": {range}, "#),
            1,
        );
        let new: NewMeasure = serde_json::from_str(&text).unwrap();
        new.check(&sample::schema(), &|_| None)
    };
    assert_eq!(
        body(r#"{"min": 0.10, "max": 90071992547409.91}"#)
            .unwrap()
            .expected_range,
        Some((Some(10), Some(9_007_199_254_740_991)))
    );
    assert_eq!(
        body(r#"{"max": 5}"#).unwrap().expected_range,
        Some((None, Some(500)))
    );
    assert_eq!(body("{}").unwrap().expected_range, None);
    for (range, pointer, code) in [
        (r#"{"min": 0.125}"#, "/expected_range/min", "too_many_decimals"),
        (r#"{"max": 1e3}"#, "/expected_range/max", "invalid_value"),
        (r#"{"max": "5"}"#, "/expected_range/max", "invalid_value"),
        (r#"{"min": 2, "max": 1}"#, "/expected_range", "empty_range"),
    ] {
        let issues = body(range).unwrap_err();
        assert_eq!(
            (issues[0].pointer.as_str(), issues[0].code),
            (pointer, code),
            "{range}"
        );
    }
}

#[test]
fn ranges_are_read_through_a_path_too() {
    let text = with(number(), json!({ "expected_range": { "min": 1, "max": 2 } })).to_string();
    let new: NewMeasure =
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text)).unwrap();
    assert_eq!(
        new.check(&sample::schema(), &|_| None).unwrap().expected_range,
        Some((Some(1), Some(2)))
    );
}

#[test]
fn sides_are_summed_numbers_that_fit() {
    let side = |side: Value| wrong(ratio(), json!({ "numerator": side }));
    assert_eq!(
        side(json!({ "measure": "VISIT" })),
        [("/numerator/measure".into(), "unknown_measure")]
    );
    assert_eq!(
        side(json!({ "measure": "FUNDING" })),
        [("/numerator/measure".into(), "not_a_sum")]
    );
    assert_eq!(
        side(json!({ "measure": "PER_PROGRAM" })),
        [("/numerator/measure".into(), "not_a_sum")]
    );
    assert_eq!(
        side(json!({ "measure": "CLOSED" })),
        [("/numerator/measure".into(), "retired_measure")]
    );
    assert_eq!(
        side(json!({ "measure": "VISITS", "cell": { "age_group": "teens" } })),
        [("/numerator/cell/age_group".into(), "unknown_code")]
    );
    assert_eq!(
        side(json!({ "measure": "PROGRAMS", "cell": { "race": "A" } })),
        [("/numerator/cell/race".into(), "dimension_not_in_measure")]
    );
    assert_eq!(
        wrong(ratio(), json!({ "multiplier": 0 })),
        [("/multiplier".into(), "out_of_range")]
    );
}

#[test]
fn an_open_ratio_cannot_show_a_protected_side() {
    let issues = wrong(ratio(), json!({ "disclosure": "open" }));
    assert_eq!(
        issues,
        [
            ("/disclosure".into(), "side_is_protected"),
            ("/disclosure".into(), "side_is_protected")
        ]
    );
}

#[test]
fn frequencies_that_do_not_fit_cannot_be_divided() {
    let mut schema = sample::schema();
    schema.measures[0].frequency = PeriodKind::Week;
    let new: NewMeasure = serde_json::from_str(&ratio().to_string()).unwrap();
    let issues = new.check(&schema, &|_| None).unwrap_err();
    assert_eq!(
        (issues[0].pointer.as_str(), issues[0].code),
        ("/denominator/measure", "frequencies_do_not_fit")
    );
}

#[test]
fn unknown_fields_are_refused_by_name() {
    let error =
        serde_json::from_str::<NewMeasure>(&with(number(), json!({ "break_from": "2026" })).to_string())
            .unwrap_err();
    assert!(error.to_string().contains("`break_from`"));
}
