//! A cube as a JSON-stat 2.0 dataset (<https://json-stat.org/full/>): dimensions `measure`, `period` and each `by`
//! column, and a figure for each cell.
//!
//! A cell without a row has neither value nor status. A row without a figure has no value, and a status that says why.
//! Columns that JSON-stat has no place for stand in `extension.columns`, each in the form of `value`. Where most cells
//! have no row, `value` and these are objects keyed by the place of the cell; the last cell is always in them, since
//! readers tell from it how many there are.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::cube_axes::Axes;
use super::cube_cells::Cells;
use super::cube_format::{CubeAnswer, CubeFormat};
use super::cube_meta::{BreakNotice, Meta};
use super::labels;
use super::table::Shape;
use crate::domain::cube::Row;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::period_kind::FiscalStart;
use crate::error::{Error, Result};

/// A dataset.
pub const FORMAT: CubeFormat = CubeFormat {
    name: "json-stat",
    media_type: "application/vnd.json-stat+json",
    ending: None,
    takes_bom: false,
    is_light: false,
    write,
};

/// Places beyond it would not be whole numbers to every reader.
const MOST_CELLS: u64 = (1 << 53) - 1;

/// What JSON-stat has a place of its own for.
const PLACED: [&str; 7] = [
    "measure",
    "period",
    "period_start",
    "period_end",
    "value",
    "unit",
    "status",
];

#[derive(Serialize)]
struct Dataset<'a> {
    version: &'static str,
    class: &'static str,
    label: String,
    source: &'a str,
    id: Vec<&'a str>,
    size: Vec<usize>,
    role: Value,
    dimension: Map<String, Value>,
    value: Box<RawValue>,
    status: Box<RawValue>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    note: Vec<String>,
    extension: Extension<'a>,
}

#[derive(Serialize)]
struct Extension<'a> {
    columns: BTreeMap<&'a str, Box<RawValue>>,
    meta: &'a Meta<'a>,
}

fn write(answer: &CubeAnswer<'_>) -> Result<Vec<u8>> {
    let CubeAnswer {
        schema,
        question,
        cube,
        meta,
    } = *answer;
    let axes = Axes::of(answer);
    let (cells, shape) = (laid_out(&cube.rows, &axes)?, Shape::of(schema, question));
    let items: Vec<_> = cube.rows.iter().map(|row| shape.items(schema, row)).collect();
    let names = shape.columns(cube);
    let at = |column: usize| {
        let items = &items;
        move |row: usize| items.get(row)?.get(column)?.as_ref()
    };
    let (mut value, mut status, mut columns) = (None, None, BTreeMap::new());
    for (place, name) in names.iter().enumerate() {
        match name.as_str() {
            "value" => value = Some(cells.items(at(place))?),
            "status" => status = Some(cells.of_rows(at(place))?),
            placed if PLACED.contains(&placed) || cube.columns.contains(name) => {}
            further => {
                columns.insert(further, cells.items(at(place))?);
            }
        }
    }
    let id = ["measure", "period"]
        .into_iter()
        .chain(cube.columns.iter().map(String::as_str));
    let dataset = Dataset {
        version: "2.0",
        class: "dataset",
        label: labels::title(schema, question),
        source: meta.coalition,
        id: id.collect(),
        size: axes.sizes(),
        role: json!({"time": ["period"], "metric": ["measure"]}),
        dimension: dimensions(answer, &axes),
        value: value.unwrap_or_default(),
        status: status.unwrap_or_default(),
        note: meta.breaks.iter().map(note).collect(),
        extension: Extension { columns, meta },
    };
    Ok(serde_json::to_vec(&dataset)?)
}

fn laid_out(rows: &[Row], axes: &Axes<'_>) -> Result<Cells> {
    let sizes = axes.sizes();
    let count = sizes
        .iter()
        .try_fold(1_u64, |count, &size| count.checked_mul(size as u64));
    let places = axes.places(rows);
    match (count, places) {
        (Some(count), Some(places)) if count <= MOST_CELLS => Ok(Cells::new(count, &places)),
        _ => {
            let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
            let detail = format!(
                "a JSON-stat cube of {} cells is more than can be addressed: ask with fewer columns in `by`, or for \
                 another format",
                sizes.join(" × ")
            );
            Err(Error::invalid("?by", "too_many_cells", detail))
        }
    }
}

fn note(declared: &BreakNotice<'_>) -> String {
    format!(
        "{}: figures from {} on cannot be compared with those before: {}",
        declared.measure, declared.period, declared.reason
    )
}

fn dimensions(answer: &CubeAnswer<'_>, axes: &Axes<'_>) -> Map<String, Value> {
    let (schema, start) = (answer.schema, answer.schema.fiscal_start);
    let mut dimensions = Map::new();
    dimensions.insert("measure".into(), measures(&axes.measures));
    let index: Vec<String> = axes.periods.iter().map(Period::to_string).collect();
    let days = |day: fn(Period, FiscalStart) -> NaiveDate| {
        let days = axes
            .periods
            .iter()
            .map(|&period| day(period, start).to_string().into());
        index.iter().cloned().zip(days).collect::<Map<String, Value>>()
    };
    let extension = json!({"period_start": days(Period::start), "period_end": days(Period::end)});
    dimensions.insert(
        "period".into(),
        json!({"label": "Period", "category": {"index": index, "label": labelled(&index, Clone::clone)},
               "extension": extension}),
    );
    for ((name, column), keys) in answer
        .cube
        .columns
        .iter()
        .zip(&answer.question.by)
        .zip(&axes.keys)
    {
        let label = labelled(keys, |key| labels::key(schema, column, key));
        dimensions.insert(
            name.clone(),
            json!({"label": labels::column(schema, column), "category": {"index": keys, "label": label}}),
        );
    }
    dimensions
}

fn measures(measures: &[&Measure]) -> Value {
    let codes: Vec<&str> = measures.iter().map(|measure| measure.code.as_str()).collect();
    let of_each = |value: fn(&Measure) -> Option<Value>| {
        let values = measures
            .iter()
            .filter_map(|measure| Some((measure.code.clone(), value(measure)?)));
        values.collect::<Map<String, Value>>()
    };
    let units = of_each(|measure| Some(json!({"label": measure.unit, "decimals": measure.decimals})));
    let notes = of_each(|measure| {
        let definition = measure.definition.trim();
        (!definition.is_empty()).then(|| json!([definition]))
    });
    json!({"label": "Measure", "category": {"index": codes, "label": of_each(|measure| Some(labels::measure(measure).into())),
           "unit": units, "note": notes}})
}

fn labelled<K: AsRef<str>>(keys: &[K], label: impl Fn(&K) -> String) -> Map<String, Value> {
    keys.iter()
        .map(|key| (key.as_ref().to_owned(), label(key).into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::period_kind::PeriodKind;
    use crate::domain::sample;

    #[test]
    fn refuses_more_cells_than_can_be_addressed() {
        let measure = sample::number(1, "VISITS", PeriodKind::Year, &[]);
        let axes = |columns: usize| Axes {
            measures: vec![&measure],
            periods: vec![Period::parse("2025").unwrap()],
            keys: vec![vec!["key"; 1 << 18]; columns],
        };
        assert!(laid_out(&[], &axes(2)).is_ok());
        for columns in [3, 4] {
            let Err(Error::Invalid(issues)) = laid_out(&[], &axes(columns)) else {
                panic!("2^54 cells and more");
            };
            assert_eq!(issues[0].code, "too_many_cells");
        }
    }
}
