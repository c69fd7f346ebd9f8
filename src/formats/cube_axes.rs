//! The axes of a cube whose cells are addressed by place: measure, period, and each column that it is broken down by,
//! with the categories that its rows have.

use std::collections::{BTreeSet, HashMap};

use super::cube_format::CubeAnswer;
use crate::domain::cube::Row;
use crate::domain::dimension::NOT_STATED;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::question::Column;
use crate::domain::schema::Schema;

/// The axes of one answer.
pub struct Axes<'a> {
    /// In the order asked.
    pub measures: Vec<&'a Measure>,
    /// By kind, then by time.
    pub periods: Vec<Period>,
    /// For each column its keys: codes in their dimension's order, the rest alphabetically, `_` last.
    pub keys: Vec<Vec<&'a str>>,
}

impl<'a> Axes<'a> {
    /// The categories that the rows have.
    pub fn of(answer: &CubeAnswer<'a>) -> Self {
        let rows = &answer.cube.rows;
        let found: BTreeSet<i32> = rows.iter().map(|row| row.measure_id).collect();
        let measures = answer.question.measures.iter().filter(|id| found.contains(id));
        let periods: BTreeSet<Period> = rows.iter().map(|row| row.period).collect();
        let keys = answer.question.by.iter().enumerate().map(|(place, column)| {
            let keys: BTreeSet<&str> = rows
                .iter()
                .filter_map(|row| row.keys.get(place))
                .map(String::as_str)
                .collect();
            ordered(answer.schema, column, keys)
        });
        Self {
            measures: measures.filter_map(|&id| answer.schema.measure(id)).collect(),
            periods: periods.into_iter().collect(),
            keys: keys.collect(),
        }
    }

    /// How many categories each axis has.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![self.measures.len(), self.periods.len()];
        sizes.extend(self.keys.iter().map(Vec::len));
        sizes
    }

    /// The place of each row among all cells, the last axis changing fastest; `None` where there are more cells than
    /// can be counted.
    pub fn places(&self, rows: &[Row]) -> Option<Vec<u64>> {
        let measures: HashMap<i32, usize> = self.measures.iter().map(|measure| measure.id).zip(0..).collect();
        let periods: HashMap<Period, usize> = self.periods.iter().copied().zip(0..).collect();
        let keys: Vec<HashMap<&str, usize>> = self
            .keys
            .iter()
            .map(|keys| keys.iter().copied().zip(0..).collect())
            .collect();
        let sizes = self.sizes();
        let place = |row: &Row| {
            let mut at = vec![*measures.get(&row.measure_id)?, *periods.get(&row.period)?];
            for (known, key) in keys.iter().zip(row.keys.iter()) {
                at.push(*known.get(key.as_str())?);
            }
            at.iter().zip(&sizes).try_fold(0_u64, |place, (&at, &size)| {
                place
                    .checked_mul(u64::try_from(size).ok()?)?
                    .checked_add(u64::try_from(at).ok()?)
            })
        };
        rows.iter().map(place).collect()
    }
}

fn ordered<'a>(schema: &Schema, column: &Column, keys: BTreeSet<&'a str>) -> Vec<&'a str> {
    let dimension = match column {
        Column::Dimension(id) => schema.dimension(*id),
        _ => None,
    };
    let codes: HashMap<&str, usize> = dimension
        .map(|dimension| {
            dimension
                .codes
                .iter()
                .map(|code| code.code.as_str())
                .zip(0..)
                .collect()
        })
        .unwrap_or_default();
    let mut keys: Vec<&str> = keys.into_iter().collect();
    keys.sort_by_key(|key| (*key == NOT_STATED, codes.get(key).copied()));
    keys
}
