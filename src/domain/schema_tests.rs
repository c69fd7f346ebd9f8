use super::cell::Cell;
use super::measure::{Disclosure, Measure};
use super::sample::{self, AGE, PER_PROGRAM, PROGRAMS, RACE, SEX, VISITS};

#[test]
fn finds_by_code_ignoring_case() {
    let schema = sample::schema();
    for code in ["Visits", "VISITS", "visits"] {
        assert_eq!(
            schema.measure_by_code(code).map(|measure| measure.id),
            Some(VISITS),
            "{code}"
        );
    }
    assert_eq!(
        schema
            .dimension_by_code("Age_Group")
            .map(|dimension| dimension.id),
        Some(AGE)
    );
    assert_eq!(schema.code_id(RACE, "a"), Some(1));
    assert_eq!(schema.code_id(RACE, "_"), Some(0));
    assert_eq!(schema.code_id(99, "a"), None);
    assert!(
        schema.measure_by_code("GONE").is_none()
            && schema.measure(99).is_none()
            && schema.dimension(99).is_none()
    );
}

#[test]
fn a_ratio_follows_its_sides() {
    let schema = sample::schema();
    let ratio = schema.measure(PER_PROGRAM).unwrap();
    assert_eq!(
        ratio.dimensions,
        [SEX],
        "the denominator fixes the age and has no race"
    );
    assert_eq!(ratio.disclosure, Disclosure::Protected, "its sides are");
    assert_eq!(schema.ratios_of(VISITS), [PER_PROGRAM]);
    assert_eq!(schema.ratios_of(PROGRAMS), [PER_PROGRAM]);
    assert!(schema.ratios_of(PER_PROGRAM).is_empty());
}

#[test]
fn knows_the_stored_cells() {
    let schema = sample::schema();
    let young = Cell::HEADLINE.with(AGE, 2).unwrap();
    assert_eq!(schema.cell_id(&Cell::HEADLINE), Some(0));
    assert_eq!(schema.cell_id(&young), Some(1));
    assert_eq!(schema.cell_by_id(1), Some(young));
    assert_eq!(
        schema.cell_id(&young.with(SEX, 1).unwrap()),
        None,
        "no figure has had it yet"
    );
    assert_eq!(
        schema.cell_by_id(3),
        None,
        "a key of an unknown dimension is left out"
    );
}

#[test]
fn counts_the_lattice() {
    let schema = sample::schema();
    assert_eq!(schema.lattice_size(&[]), 1);
    assert_eq!(schema.lattice_size(&[AGE, SEX]), 5 * 4);
}

#[test]
fn a_body_keeps_the_measure() {
    for mut measure in sample::schema().measures {
        let body = serde_json::to_string(&measure).unwrap();
        assert!(!body.contains("\"id\""));
        measure.id = 0;
        assert_eq!(serde_json::from_str::<Measure>(&body).unwrap(), measure);
    }
}
