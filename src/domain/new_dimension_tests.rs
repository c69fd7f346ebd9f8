use super::issue::Issue;
use super::new_dimension::{DimensionPatch, NewDimension};
use super::sample::{self, AGE, SEX};
use super::schema::Schema;

fn new(json: &str) -> NewDimension {
    serde_json::from_str(json).unwrap()
}

fn patch(json: &str) -> DimensionPatch {
    serde_json::from_str(json).unwrap()
}

fn wrong<T: std::fmt::Debug>(result: Result<T, Vec<Issue>>) -> Vec<(String, &'static str)> {
    result
        .unwrap_err()
        .into_iter()
        .map(|issue| (issue.pointer, issue.code))
        .collect()
}

#[test]
fn makes_a_dimension() {
    let body = r#"{"code": "age_group", "name": " Age group ", "codes": [{"code": "children", "name": "Children (0 to 11)"}, {"code": "12-18"}]}"#;
    let dimension = new(body).check().unwrap();
    assert_eq!(
        (dimension.id, dimension.name.as_str(), dimension.overlapping),
        (0, "Age group", false)
    );
    let codes: Vec<_> = dimension
        .codes
        .iter()
        .map(|code| (code.id, code.code.as_str(), code.name.as_str()))
        .collect();
    assert_eq!(
        codes,
        [(1, "children", "Children (0 to 11)"), (2, "12-18", "12-18")]
    );
}

#[test]
fn tells_everything_that_is_wrong() {
    let body = r#"{"code": "value", "name": "", "codes": [{"code": "a b"}, {"code": "X"}, {"code": "x"}, {"code": "_"}]}"#;
    assert_eq!(
        wrong(new(body).check()),
        [
            ("/code".into(), "reserved_name"),
            ("/name".into(), "required"),
            ("/codes/0/code".into(), "invalid_code"),
            ("/codes/2/code".into(), "repeated_code"),
            ("/codes/3/code".into(), "invalid_code"),
        ]
    );
    assert_eq!(
        wrong(new(r#"{"code": "partner_x", "name": "x"}"#).check()),
        [("/code".into(), "reserved_name")]
    );
}

#[test]
fn refuses_unknown_fields_by_name() {
    let error =
        serde_json::from_str::<NewDimension>(r#"{"code": "a", "name": "A", "ordered": true}"#).unwrap_err();
    assert!(error.to_string().contains("`ordered`"));
}

#[test]
fn adds_renames_and_retires_codes() {
    let schema = sample::schema();
    let age = schema.dimension(AGE).unwrap();
    let body = r#"{"name": "Age", "codes": [{"code": "CHILDREN", "name": "Kids"}, {"code": "elders", "name": "Elders"}, {"code": "young_adult", "retired": true}]}"#;
    let changed = patch(body).apply(age, &schema).unwrap();
    assert_eq!(changed.name, "Age");
    let codes: Vec<_> = changed
        .codes
        .iter()
        .map(|code| (code.id, code.code.as_str(), code.name.as_str(), code.retired))
        .collect();
    assert_eq!(
        codes,
        [
            (1, "children", "Kids", false),
            (2, "young_adult", "Named young_adult", true),
            (3, "old_adult", "Named old_adult", true),
            (4, "elders", "Elders", false),
        ]
    );
    assert_eq!(&patch("{}").apply(age, &schema).unwrap(), age);
}

#[test]
fn a_lattice_cannot_grow_beyond_its_limit() {
    let schema: Schema = sample::schema();
    let sex = schema.dimension(SEX).unwrap();
    let codes: Vec<String> = (0..600).map(|code| format!(r#"{{"code": "c{code}"}}"#)).collect();
    let body = format!(r#"{{"codes": [{}]}}"#, codes.join(","));
    let issues = patch(&body).apply(sex, &schema).unwrap_err();
    assert_eq!((issues.len(), issues[0].code), (1, "too_many_cells"));
    assert!(issues[0].detail.contains("`Visits`"), "{}", issues[0].detail);
    assert_eq!(
        wrong(patch(r#"{"codes": [{"code": "n"}, {"code": "N"}]}"#).apply(sex, &schema)),
        [("/codes/1/code".into(), "repeated_code")]
    );
}
