//! A cube as a table of named columns: what every flat format writes, in the same columns and words.

use crate::domain::cube::{Cube, Row};
use crate::domain::decimal::format_units;
use crate::domain::measure::Measure;
use crate::domain::question::Question;
use crate::domain::schema::Schema;
use chrono::NaiveDate;

/// One cell of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Text.
    Text(String),
    /// A number, by its digits.
    Number(String),
    /// A day.
    Date(NaiveDate),
    /// Yes or no.
    Flag(bool),
    /// A figure that is not there, though its column is.
    Nothing,
}

/// Which of the columns that depend on the answer there are.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    has_ratios: bool,
    has_bounds: bool,
    is_by_organization: bool,
}

impl Shape {
    /// The shape of the answer to a question: it depends on what was asked, not on what was found.
    pub fn of(schema: &Schema, question: &Question) -> Self {
        let is_ratio = |id: &i32| schema.measure(*id).is_some_and(Measure::is_ratio);
        let has_bounds = |id: &i32| {
            schema
                .measure(*id)
                .is_some_and(|measure| question.has_bounds(measure))
        };
        Self {
            has_ratios: question.measures.iter().any(is_ratio),
            has_bounds: question.measures.iter().any(has_bounds),
            is_by_organization: question.is_by_organization(),
        }
    }

    /// The names of the columns, in their order.
    pub fn columns(self, cube: &Cube) -> Vec<String> {
        let fixed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut columns = fixed(&["measure", "period", "period_start", "period_end"]);
        columns.extend(cube.columns.iter().cloned());
        columns.push("value".into());
        if self.has_ratios {
            columns.extend(fixed(&["numerator", "denominator"]));
        }
        if self.has_bounds {
            columns.extend(fixed(&["people_at_least", "people_at_most"]));
        }
        columns.extend(fixed(&[
            "unit",
            "contributors",
            "estimated",
            "expected",
            "status",
            "break",
        ]));
        if self.is_by_organization {
            columns.push("missing".into());
        }
        columns
    }

    /// The items of a row, one for each column; `None` where the column is not one of the row's measure.
    pub fn items(self, schema: &Schema, row: &Row) -> Vec<Option<Item>> {
        let Some(measure) = schema.measure(row.measure_id) else {
            return Vec::new();
        };
        let number = |units: Option<i128>, decimals| {
            units.map_or(Item::Nothing, |units| Item::Number(format_units(units, decimals)))
        };
        let count = |count: Option<u32>| count.map_or(Item::Nothing, |count| Item::Number(count.to_string()));
        let text = |text: &str| Item::Text(text.to_owned());
        let mut items = vec![
            Some(text(&measure.code)),
            Some(Item::Text(row.period.to_string())),
            Some(Item::Date(row.period.start(schema.fiscal_start))),
            Some(Item::Date(row.period.end(schema.fiscal_start))),
        ];
        items.extend(row.keys.iter().map(|key| Some(text(key))));
        items.push(Some(number(row.value, measure.decimals)));
        if self.has_ratios {
            let side = |id| schema.measure(id).map_or(0, |side: &Measure| side.decimals);
            match measure.sides() {
                Some((numerator, denominator, _)) => {
                    items.push(Some(number(row.numerator, side(numerator.measure_id))));
                    items.push(Some(number(row.denominator, side(denominator.measure_id))));
                }
                None => items.extend([None, None]),
            }
        }
        if self.has_bounds {
            let bounds = [
                row.people.map(|(least, _)| least),
                row.people.map(|(_, most)| most),
            ];
            let counts_people = measure.has_people_bounds();
            items.extend(bounds.map(|bound| counts_people.then(|| number(bound, measure.decimals))));
        }
        items.push(Some(text(&measure.unit)));
        items.push(Some(count(row.contributors)));
        items.push(Some(count(row.estimated)));
        items.push(Some(count(Some(row.expected))));
        items.push(Some(text(row.status.as_str())));
        items.push(Some(Item::Flag(row.is_break)));
        if self.is_by_organization {
            items.push(Some(row.missing.map_or(Item::Nothing, text)));
        }
        items
    }
}
