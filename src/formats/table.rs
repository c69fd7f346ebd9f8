//! A cube as a table of named columns: what every flat format writes, in the same columns and words.

use crate::domain::cube::{Cube, Row};
use crate::domain::decimal::Decimal;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::question::Question;
use crate::domain::schema::Schema;
use chrono::NaiveDate;
use std::borrow::Cow;

/// One cell of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// A number.
    Number(Decimal),
    /// A day.
    Date(NaiveDate),
    /// Yes or no.
    Flag(bool),
    /// A figure that is not there, though its column is.
    Nothing,
}

impl Item<'_> {
    /// The same, with what it borrows made its own.
    pub fn into_owned(self) -> Item<'static> {
        match self {
            Self::Text(text) => Item::Text(text.into_owned().into()),
            Self::Number(number) => Item::Number(number),
            Self::Date(date) => Item::Date(date),
            Self::Flag(flag) => Item::Flag(flag),
            Self::Nothing => Item::Nothing,
        }
    }
}

/// How many of the first columns are the same in all rows of a measure and period.
pub const SHARED: usize = 4;
/// Room for the items of most rows.
const MOST_COLUMNS: usize = 20;

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
    pub fn items<'a>(self, schema: &'a Schema, row: &'a Row) -> Vec<Option<Item<'a>>> {
        let Some(measure) = schema.measure(row.measure_id) else {
            return Vec::new();
        };
        let mut items = Vec::with_capacity(MOST_COLUMNS);
        items.extend(self.shared_items(schema, measure, row.period).map(Some));
        self.add_items(schema, measure, row, &mut items);
        items
    }

    /// The items of the first [`SHARED`] columns.
    pub fn shared_items<'a>(
        self,
        schema: &Schema,
        measure: &'a Measure,
        period: Period,
    ) -> [Item<'a>; SHARED] {
        [
            Item::Text(measure.code.as_str().into()),
            Item::Text(period.to_string().into()),
            Item::Date(period.start(schema.fiscal_start)),
            Item::Date(period.end(schema.fiscal_start)),
        ]
    }

    /// Adds the items of the other columns.
    pub fn add_items<'a>(
        self,
        schema: &Schema,
        measure: &'a Measure,
        row: &'a Row,
        items: &mut Vec<Option<Item<'a>>>,
    ) {
        let number = |units: Option<i128>, decimals| {
            units.map_or(Item::Nothing, |units| Item::Number(Decimal::new(units, decimals)))
        };
        let count =
            |count: Option<u32>| count.map_or(Item::Nothing, |count| Item::Number(Decimal::new(count, 0)));
        let text = |text: &'a str| Item::Text(text.into());
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
    }
}
