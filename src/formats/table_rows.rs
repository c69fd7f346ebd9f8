//! From the cells of a table's line to rows: one for each figure that stands in it. Where no figure stands and no
//! reason for that, nothing was said, and there is no row.

use chrono::NaiveDate;

use super::columns::{Column, Columns};
use super::field::{Field, flag, missing_reason};
use super::incoming::{Row, Sink, Unreadable, letters};
use super::neutral::plain;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::domain::submission::{SubmittedRow, SubmittedValue};
use crate::error::Result;

type Read<T> = std::result::Result<T, Unreadable>;

/// A column and a line.
type Spot = (usize, u32);

/// Makes rows of the lines of one table.
pub struct TableRows<'s> {
    columns: Columns,
    schema: &'s Schema,
}

/// What the figures of a line have in common.
struct Line<'f> {
    row: SubmittedRow,
    /// A date in place of a period, and its column: which period it stands for depends on the measure.
    date: Option<(usize, NaiveDate)>,
    fields: &'f [Field],
    number: u32,
}

impl<'s> TableRows<'s> {
    /// For a table with these columns.
    pub fn new(columns: Columns, schema: &'s Schema) -> Self {
        Self { columns, schema }
    }

    /// Hands over the rows of a line, whose fields stand at the places of their columns. Answers how many there are.
    pub fn read(&self, fields: &[Field], number: u32, sink: &mut dyn Sink) -> Result<usize> {
        let figures: Vec<(usize, Option<&str>)> = self.figures(fields).collect();
        if figures.is_empty() {
            return Ok(0);
        }
        let line = match self.line(fields, number) {
            Ok(line) => line,
            Err(unreadable) => {
                sink.row(Row {
                    content: Err(unreadable),
                    line: number,
                    column: None,
                })?;
                return Ok(1);
            }
        };
        for &(place, measure) in &figures {
            sink.row(Row {
                content: self.row(&line, place, measure),
                line: number,
                column: measure.and_then(|_| u32::try_from(place).ok()),
            })?;
        }
        Ok(figures.len())
    }

    /// The places at which something is said about a figure, in a wide table with their measures.
    fn figures<'t>(&'t self, fields: &'t [Field]) -> impl Iterator<Item = (usize, Option<&'t str>)> {
        let mut is_missing = false;
        let stated = self.stated(fields).filter_map(|(place, column, _)| match column {
            Column::Figure(measure) => Some((place, Some(measure.as_str()))),
            Column::Value => Some((place, None)),
            // Stands for the figure, unless there is a value as well.
            Column::Missing => {
                is_missing = true;
                None
            }
            _ => None,
        });
        let mut figures: Vec<_> = stated.collect();
        if figures.is_empty() && is_missing {
            let value = self
                .columns
                .list
                .iter()
                .position(|column| *column == Column::Value);
            figures.extend(value.map(|place| (place, None)));
        }
        figures.into_iter()
    }

    fn stated<'t>(&'t self, fields: &'t [Field]) -> impl Iterator<Item = (usize, &'t Column, &'t Field)> {
        let places = self.columns.list.iter().zip(fields).enumerate();
        places
            .filter(|(_, (_, field))| !field.is_blank())
            .map(|(place, (column, field))| (place, column, field))
    }

    fn line<'f>(&self, fields: &'f [Field], number: u32) -> Read<Line<'f>> {
        let mut line = Line {
            row: SubmittedRow::default(),
            date: None,
            fields,
            number,
        };
        for (place, column, field) in self.stated(fields) {
            let (spot, row) = ((place, number), &mut line.row);
            match column {
                Column::Period => {
                    if let Field::Date(date) = field {
                        line.date = Some((place, *date));
                    } else {
                        row.period = Some(text(spot, field, "/period")?);
                    }
                }
                Column::Measure => row.measure = Some(text(spot, field, "/measure")?),
                Column::Organization => row.organization = Some(text(spot, field, "/organization")?),
                Column::Note => row.note = Some(plain(&text(spot, field, "/note")?).to_owned()),
                Column::Dimension(code) => row.cell.push((code.clone(), text(spot, field, "")?)),
                Column::Estimated => row.estimated = estimated(spot, field)?,
                Column::Missing => {
                    let word = text(spot, field, "/missing")?;
                    row.missing = Some(missing_reason(&word).map_or(word, Into::into));
                }
                Column::Nameless => return Err(nameless(spot)),
                Column::Value | Column::Figure(_) | Column::Ignored => {}
            }
        }
        let named = self.columns.list.len();
        let beside = fields.iter().skip(named).position(|field| !field.is_blank());
        if let Some(beside) = beside {
            return Err(nameless((named + beside, number)));
        }
        Ok(line)
    }

    fn row(&self, line: &Line<'_>, place: usize, measure: Option<&str>) -> Read<SubmittedRow> {
        let mut row = line.row.clone();
        if let Some(measure) = measure {
            row.measure = Some(measure.into());
        }
        if let Some((place, date)) = line.date {
            row.period = Some(self.period((place, line.number), date, row.measure.as_deref())?);
        }
        let spot = (place, line.number);
        match line.fields.get(place).unwrap_or(&Field::Blank) {
            Field::Blank => {}
            Field::Text(word) => match missing_reason(word) {
                Some(reason) if row.missing.is_none() => row.missing = Some(reason.into()),
                _ => row.value = SubmittedValue::Number(word.clone()),
            },
            Field::Number(digits) => row.value = SubmittedValue::Number(digits.clone()),
            Field::Flag(_) => {
                let detail = format!(
                    "{} holds a yes or no in place of a number: type the figure",
                    address(spot)
                );
                return Err(unreadable("/value", "invalid_value", detail));
            }
            Field::Date(date) => {
                let detail = format!(
                    "{} holds the date {date} in place of a number: format it as a number, and type the figure again",
                    address(spot)
                );
                return Err(unreadable("/value", "invalid_value", detail));
            }
            Field::Fault(fault) => return Err(faulty(spot, fault, "/value")),
        }
        Ok(row)
    }

    /// The period that a date stands for: the one of the measure's frequency that begins on it. Spreadsheets make
    /// dates of what is typed as `2026-01`.
    fn period(&self, spot: Spot, date: NaiveDate, measure: Option<&str>) -> Read<String> {
        let Some(measure) = measure.and_then(|code| self.schema.measure_by_code(code)) else {
            return Ok(date.to_string());
        };
        let fiscal_start = self.schema.fiscal_start;
        let period = Period::containing(measure.frequency, date, fiscal_start);
        if period.start(fiscal_start) == date {
            return Ok(period.to_string());
        }
        let detail = format!(
            "{} holds the date {date}, on which no {} begins: format it as text, and type a period such as {period}",
            address(spot),
            measure.frequency.as_str().replace('_', " ")
        );
        Err(unreadable("/period", "invalid_period", detail))
    }
}

fn estimated(spot: Spot, field: &Field) -> Read<bool> {
    if let Field::Flag(is_estimated) = field {
        return Ok(*is_estimated);
    }
    let word = text(spot, field, "/estimated")?;
    flag(&word).ok_or_else(|| {
        let detail = format!("estimated is yes, no or empty, not '{word}'");
        unreadable("/estimated", "invalid_row", detail)
    })
}

fn text(spot: Spot, field: &Field, at: &'static str) -> Read<String> {
    match field {
        Field::Blank => Ok(String::new()),
        Field::Text(text) if text.contains('\0') => {
            let detail = "a text holds the character U+0000, which no text can: leave it out";
            Err(unreadable(at, "nul_character", detail))
        }
        Field::Text(text) | Field::Number(text) => Ok(text.clone()),
        Field::Flag(flag) => Ok(flag.to_string()),
        Field::Date(date) => {
            let detail = format!(
                "{} holds the date {date} in place of a text; spreadsheets make dates of codes such as 5-9: format it \
                 as text, and type it again",
                address(spot)
            );
            Err(unreadable(at, "unexpected_date", detail))
        }
        Field::Fault(fault) => Err(faulty(spot, fault, at)),
    }
}

fn faulty(spot: Spot, fault: &str, at: &'static str) -> Unreadable {
    let detail = format!(
        "{} holds the error {fault}: correct its formula, or type what belongs there",
        address(spot)
    );
    unreadable(at, "cell_error", detail)
}

fn nameless(spot: Spot) -> Unreadable {
    let detail = format!(
        "{} holds something, but has no name in the header: name it, in parentheses if it is not to be read, or empty \
         it",
        address(spot)
    );
    unreadable("", "nameless_column", detail)
}

fn address((column, line): Spot) -> String {
    format!("{}{line}", letters(u32::try_from(column).unwrap_or_default()))
}

fn unreadable(field: &'static str, code: &'static str, detail: impl Into<String>) -> Unreadable {
    Unreadable {
        field,
        code,
        detail: detail.into(),
    }
}
