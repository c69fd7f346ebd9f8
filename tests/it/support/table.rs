//! The rows of an answer, read back from any of its formats.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Answer;

/// A row: of each column that has something in it, that as JSON, a number by its digits. What is missing is not there.
pub type Row = BTreeMap<String, String>;

/// The rows of an answer in the format of that name.
pub fn rows(format: &str, answer: &Answer) -> Vec<Row> {
    match format {
        "json" => {
            let body: JsonBody = serde_json::from_slice(&answer.body).unwrap();
            body.data.iter().map(|row| json_row(row.get())).collect()
        }
        "ndjson" => answer.text().lines().map(json_row).collect(),
        "vega-lite" => {
            let spec: VegaLite = serde_json::from_slice(&answer.body).unwrap();
            spec.data.values.iter().map(|row| json_row(row.get())).collect()
        }
        "csv" => csv_rows(&answer.text()),
        "json-stat" => json_stat_rows(&answer.body),
        "xlsx" => xlsx_rows(&answer.body),
        other => panic!("nothing reads {other}: add it here, so that it is held to the same figures"),
    }
}

#[derive(Deserialize)]
struct JsonBody<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct VegaLite<'a> {
    #[serde(borrow)]
    data: VegaData<'a>,
}

#[derive(Deserialize)]
struct VegaData<'a> {
    #[serde(borrow)]
    values: Vec<&'a RawValue>,
}

fn json_row(row: &str) -> Row {
    let row: BTreeMap<String, Box<RawValue>> = serde_json::from_str(row).unwrap();
    let tokens = row.into_iter().map(|(name, item)| (name, item.get().to_owned()));
    tokens.filter(|(_, token)| token != "null").collect()
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// What stands in quotes is text, and without the apostrophe that keeps a spreadsheet from running it.
fn csv_rows(text: &str) -> Vec<Row> {
    let mut lines = csv_lines(text).into_iter();
    let header: Vec<String> = lines.next().unwrap().into_iter().map(|(name, _)| name).collect();
    let token = |(field, is_quoted): (String, bool)| match is_quoted {
        true => {
            let is_run = |text: &str| text.starts_with(['=', '+', '-', '@']);
            assert!(!is_run(&field), "a spreadsheet would run {field}");
            quoted(
                field
                    .strip_prefix('\'')
                    .filter(|rest| is_run(rest))
                    .unwrap_or(&field),
            )
        }
        false => field,
    };
    lines
        .map(|fields| {
            assert_eq!(fields.len(), header.len(), "{fields:?}");
            let tokens = header.iter().cloned().zip(fields.into_iter().map(token));
            tokens.filter(|(_, token)| !token.is_empty()).collect()
        })
        .collect()
}

/// Each field, and whether it stands in quotes.
fn csv_lines(text: &str) -> Vec<Vec<(String, bool)>> {
    let (mut lines, mut line, mut field) = (Vec::new(), Vec::new(), (String::new(), false));
    let mut is_open = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_open && characters.next_if_eq(&'"').is_some() => field.0.push('"'),
            '"' => (is_open, field.1) = (!is_open, true),
            ',' if !is_open => line.push(std::mem::take(&mut field)),
            '\n' if !is_open => {
                line.push(std::mem::take(&mut field));
                lines.push(std::mem::take(&mut line));
            }
            other => field.0.push(other),
        }
    }
    assert!(line.is_empty() && field.0.is_empty(), "the last line ends");
    lines
}

#[derive(Deserialize)]
struct JsonStat {
    id: Vec<String>,
    size: Vec<usize>,
    dimension: BTreeMap<String, Value>,
    value: Box<RawValue>,
    status: BTreeMap<usize, String>,
    extension: Extension,
}

#[derive(Deserialize)]
struct Extension {
    columns: BTreeMap<String, Box<RawValue>>,
}

/// A row for each cell that has a status; no other cell may have anything in it.
fn json_stat_rows(body: &[u8]) -> Vec<Row> {
    let dataset: JsonStat = serde_json::from_slice(body).unwrap();
    let count = dataset.size.iter().product();
    let mut columns = vec![("value", cells(&dataset.value, count))];
    columns.extend(
        dataset
            .extension
            .columns
            .iter()
            .map(|(name, column)| (name.as_str(), cells(column, count))),
    );
    let mut rows = Vec::new();
    for (place, status) in &dataset.status {
        let mut row = Row::from([("status".to_owned(), quoted(status))]);
        for (name, cells) in &mut columns {
            row.extend(cells.remove(place).map(|token| ((*name).to_owned(), token)));
        }
        let mut rest = *place;
        for (id, size) in dataset.id.iter().zip(&dataset.size).rev() {
            let key = &dataset.dimension[id]["category"]["index"][rest % size];
            rest /= size;
            row.insert(id.clone(), key.to_string());
        }
        let (measure, period) = (row["measure"].clone(), row["period"].clone());
        let (measure, period) = (measure.trim_matches('"'), period.trim_matches('"'));
        row.insert(
            "unit".into(),
            dataset.dimension["measure"]["category"]["unit"][measure]["label"].to_string(),
        );
        for day in ["period_start", "period_end"] {
            row.insert(
                day.into(),
                dataset.dimension["period"]["extension"][day][period].to_string(),
            );
        }
        rows.push(row);
    }
    for (name, cells) in columns {
        assert!(
            cells.is_empty(),
            "{name} has something where no row is: {cells:?}"
        );
    }
    rows
}

/// What is not null, by place.
fn cells(column: &RawValue, count: usize) -> BTreeMap<usize, String> {
    let cells: BTreeMap<usize, Box<RawValue>> = if column.get().starts_with('[') {
        let all: Vec<Box<RawValue>> = serde_json::from_str(column.get()).unwrap();
        assert_eq!(all.len(), count, "an array has every cell");
        all.into_iter().enumerate().collect()
    } else {
        let some: BTreeMap<usize, Box<RawValue>> = serde_json::from_str(column.get()).unwrap();
        assert_eq!(
            some.keys().next_back().map(|last| last + 1),
            Some(count),
            "an object has the last cell"
        );
        some
    };
    let tokens = cells
        .into_iter()
        .map(|(place, item)| (place, item.get().to_owned()));
    tokens.filter(|(_, token)| token != "null").collect()
}

fn xlsx_rows(body: &[u8]) -> Vec<Row> {
    let mut workbook = Xlsx::new(Cursor::new(body)).unwrap();
    assert_eq!(workbook.sheet_names(), ["Figures", "Notes"]);
    let sheet = workbook.worksheet_range("Figures").unwrap();
    let mut lines = sheet.rows();
    let header: Vec<String> = lines.next().unwrap().iter().map(Data::to_string).collect();
    lines
        .map(|cells| {
            let tokens = header.iter().cloned().zip(cells);
            tokens
                .filter_map(|(name, cell)| xlsx_token(&name, cell).map(|token| (name, token)))
                .collect()
        })
        .collect()
}

/// A number that a spreadsheet could not keep stands there as text.
fn xlsx_token(column: &str, cell: &Data) -> Option<String> {
    match cell {
        Data::Empty => None,
        Data::Float(number) => Some(number.to_string()),
        Data::Int(number) => Some(number.to_string()),
        Data::Bool(flag) => Some(flag.to_string()),
        Data::DateTime(day) => {
            let (year, month, day, ..) = day.to_ymd_hms_milli();
            Some(quoted(&format!("{year}-{month:02}-{day:02}")))
        }
        Data::String(text) if ["value", "numerator", "denominator"].contains(&column) => Some(text.clone()),
        Data::String(text) => Some(quoted(text)),
        other => panic!("{column} is {other:?}"),
    }
}
