//! A cell of one measure, as people name it: by dimensions that the measure has.

use super::cell::Cell;
use super::issue::{Issue, pointer_step};
use super::listing;
use super::measure::Measure;
use super::schema::Schema;
use std::collections::BTreeMap;

/// The cell of a measure that pairs of dimension and code name; none is the headline. What is wrong is pointed at
/// below `pointer`, such as `/items/0`.
pub fn cell_of(
    schema: &Schema,
    measure: &Measure,
    pairs: Option<&BTreeMap<String, String>>,
    pointer: &str,
) -> Result<Cell, Issue> {
    let pairs = pairs
        .into_iter()
        .flatten()
        .map(|(dimension, code)| (dimension.as_str(), code.as_str()));
    let cell = schema.cell_from_pairs(pairs).map_err(|error| {
        let pointer = format!("{pointer}/cell/{}", pointer_step(error.dimension()));
        Issue::new(pointer, error.code(), error.to_string())
    })?;
    match cell
        .dimensions()
        .find(|dimension| !measure.dimensions.contains(dimension))
    {
        None => Ok(cell),
        Some(stranger) => {
            let stranger = schema
                .dimension(stranger)
                .map_or("", |dimension| dimension.code.as_str());
            let own: Vec<&str> = measure
                .dimensions
                .iter()
                .filter_map(|id| schema.dimension(*id))
                .map(|dimension| dimension.code.as_str())
                .collect();
            let known = match own.as_slice() {
                [] => "it has none".to_owned(),
                own => format!("it has {}", listing::list(own)),
            };
            Err(Issue::new(
                format!("{pointer}/cell/{stranger}"),
                "dimension_not_in_measure",
                format!(
                    "the measure `{}` does not have the dimension `{stranger}`; {known}",
                    measure.code
                ),
            ))
        }
    }
}

/// The measure of that code, or an issue at the pointer that says what would have been right.
pub fn measure_of<'s>(schema: &'s Schema, code: &str, pointer: &str) -> Result<&'s Measure, Issue> {
    schema.measure_by_code(code).ok_or_else(|| {
        let codes = schema.measures.iter().map(|measure| measure.code.as_str());
        let known = listing::known("measures", code, codes);
        Issue::new(
            pointer,
            "unknown_measure",
            format!("there is no measure `{code}`; {known}"),
        )
    })
}
