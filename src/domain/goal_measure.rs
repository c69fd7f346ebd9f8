//! The measures of a goal: what will tell whether it is reached.

use super::cell::Cell;
use super::issue::Issue;
use super::measure_cell::{cell_of, measure_of};
use super::schema::Schema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most measures of a goal.
pub const MOST_MEASURES: usize = 100;

/// A measure of a goal, as it is sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewGoalMeasure {
    /// Its code.
    pub measure: String,
    /// The headline, if not given.
    #[serde(default)]
    pub cell: BTreeMap<String, String>,
    /// Whether it stands for the goal.
    #[serde(default)]
    pub headline: bool,
}

/// A measure of a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalMeasure {
    /// The measure.
    pub measure_id: i32,
    /// The cell of it that counts.
    pub cell: Cell,
    /// Whether it stands for the goal.
    pub headline: bool,
}

/// The measures, in the order given, or everything that is wrong, pointed at below `/measures`.
pub fn check(schema: &Schema, items: &[NewGoalMeasure]) -> Result<Vec<GoalMeasure>, Vec<Issue>> {
    let mut issues = Vec::new();
    let mut checked: Vec<GoalMeasure> = Vec::new();
    if items.len() > MOST_MEASURES {
        let detail = format!("a goal has at most {MOST_MEASURES} measures, not {}", items.len());
        return Err(vec![Issue::new("/measures", "too_many", detail)]);
    }
    for (row, item) in items.iter().enumerate() {
        let pointer = format!("/measures/{row}");
        let found = measure_of(schema, &item.measure, &format!("{pointer}/measure"))
            .and_then(|measure| Ok((measure.id, cell_of(schema, measure, Some(&item.cell), &pointer)?)));
        match found {
            Err(issue) => issues.push(issue),
            Ok((measure_id, cell))
                if checked
                    .iter()
                    .any(|other| (other.measure_id, other.cell) == (measure_id, cell)) =>
            {
                let detail = format!("`{}` stands here twice for the same cell", item.measure);
                issues.push(Issue::new(pointer, "repeated_measure", detail));
            }
            Ok((measure_id, cell)) => checked.push(GoalMeasure {
                measure_id,
                cell,
                headline: item.headline,
            }),
        }
    }
    if issues.is_empty() {
        Ok(checked)
    } else {
        Err(issues)
    }
}
