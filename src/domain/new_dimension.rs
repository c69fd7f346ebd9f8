//! New dimensions and changes to them. Codes are added, renamed and retired, never removed: figures may have them.

use super::code::{Code, ColumnName};
use super::dimension::{Dimension, DimensionCode};
use super::given::given;
use super::issue::Issue;
use super::measure_rules::MOST_CELLS;
use super::schema::Schema;
use super::text;
use serde::Deserialize;
use std::collections::HashSet;

/// The body that makes a dimension.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDimension {
    /// Becomes a column: see `ColumnName`.
    pub code: String,
    /// What people read.
    pub name: String,
    /// Whether one person may be under several of its codes.
    #[serde(default)]
    pub overlapping: bool,
    /// May be empty: codes can be added later.
    #[serde(default)]
    pub codes: Vec<NewDimensionCode>,
}

/// A code of a new dimension. Its name is the code itself unless it is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDimensionCode {
    /// Unique in the dimension, ignoring case.
    pub code: String,
    /// What people read.
    #[serde(default, deserialize_with = "given")]
    pub name: Option<String>,
}

/// The body that changes a dimension.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DimensionPatch {
    /// A new name.
    #[serde(default, deserialize_with = "given")]
    pub name: Option<String>,
    /// Codes that the dimension has are changed, others added. What is not listed stays.
    #[serde(default, deserialize_with = "given")]
    pub codes: Option<Vec<DimensionCodePatch>>,
}

/// A code to add or to change.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DimensionCodePatch {
    /// The code to add or to change, ignoring case.
    pub code: String,
    /// A new name; for an added code the code itself unless it is given.
    #[serde(default, deserialize_with = "given")]
    pub name: Option<String>,
    /// Retires the code, or takes it back into use.
    #[serde(default, deserialize_with = "given")]
    pub retired: Option<bool>,
}

impl NewDimension {
    /// The dimension, with id 0 and its codes numbered from 1, or everything that is wrong. Whether its code is
    /// taken is not asked here.
    pub fn check(self) -> Result<Dimension, Vec<Issue>> {
        let mut issues = Vec::new();
        if let Err(error) = ColumnName::parse(&self.code) {
            issues.push(Issue::new("/code", error.code(), error.to_string()));
        }
        let name = text::named(&mut issues, "/name", &self.name, text::NAME);
        let mut dimension = Dimension {
            id: 0,
            code: self.code,
            name,
            overlapping: self.overlapping,
            codes: Vec::new(),
        };
        let mut keys = HashSet::new();
        for (row, code) in self.codes.iter().enumerate() {
            if is_first(&mut issues, &mut keys, row, &code.code) {
                add(
                    &mut issues,
                    &mut dimension,
                    row,
                    &code.code,
                    code.name.as_deref(),
                    false,
                );
            }
        }
        check_size(&mut issues, &dimension);
        if issues.is_empty() {
            Ok(dimension)
        } else {
            Err(issues)
        }
    }
}

impl DimensionPatch {
    /// The dimension as it is after the change, or everything that is wrong: a measure's lattice may not grow
    /// beyond its limit.
    pub fn apply(&self, dimension: &Dimension, schema: &Schema) -> Result<Dimension, Vec<Issue>> {
        let mut issues = Vec::new();
        let mut changed = dimension.clone();
        if let Some(name) = &self.name {
            changed.name = text::named(&mut issues, "/name", name, text::NAME);
        }
        let mut keys = HashSet::new();
        for (row, patch) in self.codes.iter().flatten().enumerate() {
            if !is_first(&mut issues, &mut keys, row, &patch.code) {
                continue;
            }
            let Some(code) = changed
                .codes
                .iter_mut()
                .find(|code| code.code.eq_ignore_ascii_case(&patch.code))
            else {
                add(
                    &mut issues,
                    &mut changed,
                    row,
                    &patch.code,
                    patch.name.as_deref(),
                    patch.retired.unwrap_or(false),
                );
                continue;
            };
            if let Some(name) = &patch.name {
                code.name = text::named(&mut issues, &format!("/codes/{row}/name"), name, text::NAME);
            }
            code.retired = patch.retired.unwrap_or(code.retired);
        }
        check_size(&mut issues, &changed);
        for measure in schema
            .measures
            .iter()
            .filter(|measure| !measure.is_ratio() && measure.dimensions.contains(&dimension.id))
        {
            let size = schema.lattice_size(&measure.dimensions) / dimension.places() * changed.places();
            if size > MOST_CELLS && changed.codes.len() > dimension.codes.len() {
                let detail = format!(
                    "with these codes the measure `{}` would have {size} cells; {MOST_CELLS} are the most",
                    measure.code
                );
                issues.push(Issue::new("/codes", "too_many_cells", detail));
            }
        }
        if issues.is_empty() {
            Ok(changed)
        } else {
            Err(issues)
        }
    }
}

/// Whether the code stands in the list for the first time; an issue if it does not.
fn is_first(issues: &mut Vec<Issue>, keys: &mut HashSet<String>, row: usize, code: &str) -> bool {
    let is_first = keys.insert(code.to_ascii_lowercase());
    if !is_first {
        let detail = format!("`{code}` is listed twice; codes that differ in case only are the same");
        issues.push(Issue::new(format!("/codes/{row}/code"), "repeated_code", detail));
    }
    is_first
}

fn add(
    issues: &mut Vec<Issue>,
    dimension: &mut Dimension,
    row: usize,
    code: &str,
    name: Option<&str>,
    retired: bool,
) {
    if let Err(error) = Code::parse(code) {
        issues.push(Issue::new(
            format!("/codes/{row}/code"),
            error.code(),
            error.to_string(),
        ));
    }
    let name = text::named(
        issues,
        &format!("/codes/{row}/name"),
        name.unwrap_or(code),
        text::NAME,
    );
    let greatest = dimension.codes.iter().map(|code| code.id).max().unwrap_or(0);
    dimension.codes.push(DimensionCode {
        id: greatest.saturating_add(1),
        code: code.into(),
        name,
        retired,
    });
}

fn check_size(issues: &mut Vec<Issue>, dimension: &Dimension) {
    if dimension.places() > MOST_CELLS {
        let detail = format!("a dimension has at most {} codes", MOST_CELLS - 2);
        issues.push(Issue::new("/codes", "too_many_cells", detail));
    }
}
