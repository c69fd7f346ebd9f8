//! A table to fill in, and the texts of its rows: what the workbook and the CSV file have in common.

use crate::domain::decimal::format_units;
use crate::domain::dimension::Dimension;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::domain::template::TemplateRow;

/// A table for one organization to fill in.
pub struct Template<'s> {
    /// The schema that it is made by.
    pub schema: &'s Schema,
    /// The coalition's code.
    pub coalition: &'s str,
    /// The organization's code.
    pub organization: &'s str,
    /// The period that was asked for.
    pub period: Period,
    /// Its rows.
    pub rows: Vec<TemplateRow>,
    /// When it is made, in microseconds.
    pub made_at: i64,
}

impl<'s> Template<'s> {
    /// The dimensions by which any of the measures is broken down, in the order of the schema.
    pub fn dimensions(&self) -> Vec<&'s Dimension> {
        let measures: Vec<&Measure> = self.measures();
        let is_used = |dimension: &&Dimension| {
            measures
                .iter()
                .any(|measure| measure.dimensions.contains(&dimension.id))
        };
        self.schema.dimensions.iter().filter(is_used).collect()
    }

    /// The measures that there are rows of, in the order of the schema.
    pub fn measures(&self) -> Vec<&'s Measure> {
        let has_rows = |measure: &&Measure| self.rows.iter().any(|row| row.slot.measure_id == measure.id);
        self.schema.measures.iter().filter(has_rows).collect()
    }

    /// The measure of a row.
    pub fn measure(&self, row: &TemplateRow) -> Option<&'s Measure> {
        self.schema.measure(row.slot.measure_id)
    }

    /// The code that a row has for a dimension; empty for the total over it.
    pub fn code(&self, row: &TemplateRow, dimension: &'s Dimension) -> &'s str {
        let code = row.slot.cell.code(dimension.id);
        code.and_then(|code| dimension.code_text(code))
            .unwrap_or_default()
    }
}

/// The digits of a row's value, if it has one.
pub fn digits(measure: &Measure, units: Option<i64>) -> Option<String> {
    units.map(|units| format_units(units.into(), measure.decimals))
}
