//! Rules that new measures and changes to measures have in common.

use super::cell::Cell;
use super::decimal::parse_units;
use super::issue::Issue;
use super::listing;
use super::schema::Schema;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The most cells of a measure's lattice (design 3.3).
pub const MOST_CELLS: u64 = 10_000;

/// The least and the greatest value that surprise nobody, as digits. Either may be left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRange {
    /// The least, in the digits of the request.
    #[serde(default)]
    pub min: Option<Box<RawValue>>,
    /// The greatest, in the digits of the request.
    #[serde(default)]
    pub max: Option<Box<RawValue>>,
}

impl NewRange {
    /// The range in units of so many decimals; `None` when it has no bound.
    pub(super) fn check(&self, issues: &mut Vec<Issue>, decimals: u8) -> Option<(Option<i64>, Option<i64>)> {
        let mut bound = |name: &str, raw: &Option<Box<RawValue>>| {
            let parsed = parse_units(raw.as_ref()?.get(), decimals);
            parsed
                .map_err(|error| {
                    issues.push(Issue::new(
                        format!("/expected_range/{name}"),
                        error.code(),
                        error.to_string(),
                    ))
                })
                .ok()
        };
        let range = (bound("min", &self.min), bound("max", &self.max));
        if let (Some(min), Some(max)) = range
            && min > max
        {
            issues.push(Issue::new(
                "/expected_range",
                "empty_range",
                "`min` is greater than `max`",
            ));
        }
        (range != (None, None)).then_some(range)
    }
}

/// The most days after a period's end that its figures may be due.
const MOST_DUE_DAYS: i64 = 730;

/// The days after a period's end.
pub(super) fn due_days(issues: &mut Vec<Issue>, days: i64) -> Option<u16> {
    let fitting = (0..=MOST_DUE_DAYS).contains(&days);
    if !fitting {
        let detail = format!(
            "figures are due 0 to {MOST_DUE_DAYS} days after the last day of their period, not {days}; without a due \
             date, say null"
        );
        issues.push(Issue::new("/due_days", "out_of_range", detail));
    }
    u16::try_from(days).ok().filter(|_| fitting)
}

/// The ids of dimensions named by code, sorted. At most four, each once, and with a lattice of at most 10,000 cells.
pub(super) fn dimensions(issues: &mut Vec<Issue>, schema: &Schema, codes: &[String]) -> Vec<u16> {
    let mut ids = Vec::new();
    for (row, code) in codes.iter().enumerate() {
        let pointer = format!("/dimensions/{row}");
        match schema.dimension_by_code(code) {
            None => {
                let known = listing::known(
                    "dimensions",
                    code,
                    schema.dimensions.iter().map(|dimension| dimension.code.as_str()),
                );
                issues.push(Issue::new(
                    pointer,
                    "unknown_dimension",
                    format!("there is no dimension `{code}`; {known}"),
                ));
            }
            Some(dimension) if ids.contains(&dimension.id) => {
                issues.push(Issue::new(
                    pointer,
                    "repeated_dimension",
                    format!("`{code}` is listed twice"),
                ));
            }
            Some(dimension) => ids.push(dimension.id),
        }
    }
    if codes.len() > Cell::MOST {
        let detail = format!(
            "a measure has at most {} dimensions, not {}",
            Cell::MOST,
            codes.len()
        );
        issues.push(Issue::new("/dimensions", "too_many_dimensions", detail));
    } else if schema.lattice_size(&ids) > MOST_CELLS {
        let detail = format!(
            "these dimensions have {} cells together (for each, its codes, `_` and the total, multiplied); {MOST_CELLS} are the most: \
             leave one out or make two measures",
            schema.lattice_size(&ids)
        );
        issues.push(Issue::new("/dimensions", "too_many_cells", detail));
    }
    ids.sort_unstable();
    ids
}
