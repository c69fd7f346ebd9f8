//! The latest figure of a measure with its change and its coverage, as it is answered.

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::cube::Row;
use crate::domain::decimal::JsonNumber;
use crate::domain::latest::latest;
use crate::domain::measure::Measure;
use crate::domain::schema::Schema;

#[derive(Serialize)]
pub struct LatestFigure {
    measure: String,
    name: String,
    unit: String,
    direction: &'static str,
    latest: Option<Figure>,
    previous: Option<Earlier>,
    change: Option<JsonNumber>,
}

#[derive(Serialize)]
struct Figure {
    period: String,
    period_start: String,
    period_end: String,
    value: Option<JsonNumber>,
    contributors: Option<u32>,
    estimated: Option<u32>,
    expected: u32,
    status: &'static str,
    #[serde(rename = "break")]
    is_break: bool,
}

#[derive(Serialize)]
struct Earlier {
    period: String,
    value: Option<JsonNumber>,
    contributors: Option<u32>,
}

impl LatestFigure {
    /// Of the rows of a measure, which are one for each period.
    pub fn of(schema: &Schema, measure: &Measure, rows: &[Row], today: NaiveDate) -> Self {
        let number = |units: i128| JsonNumber::from_units(units, measure.decimals);
        let found = latest(rows, schema.fiscal_start, today);
        let figure = |row: &Row| Figure {
            period: row.period.to_string(),
            period_start: row.period.start(schema.fiscal_start).to_string(),
            period_end: row.period.end(schema.fiscal_start).to_string(),
            value: row.value.map(number),
            contributors: row.contributors,
            estimated: row.estimated,
            expected: row.expected,
            status: row.status.as_str(),
            is_break: row.is_break,
        };
        let earlier = |row: &Row| Earlier {
            period: row.period.to_string(),
            value: row.value.map(number),
            contributors: row.contributors,
        };
        Self {
            measure: measure.code.clone(),
            name: measure.name.clone(),
            unit: measure.unit.clone(),
            direction: measure.direction.as_str(),
            latest: found.map(|found| figure(found.row)),
            previous: found.and_then(|found| found.previous).map(earlier),
            change: found.and_then(|found| found.change).map(number),
        }
    }
}
