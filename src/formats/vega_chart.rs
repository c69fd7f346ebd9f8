//! The chart of one measure. Over several periods it is a line for each key, with a gap where there is no figure;
//! within one period, bars. The first column with few enough keys has colours, the others have panels.

use serde_json::{Map, Value, json};

use super::cube_axes::Axes;
use super::cube_format::CubeAnswer;
use super::labels;
use super::vega_columns::Columns;
use crate::domain::cube::Row;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::status::Status;
use crate::error::{Error, Result};

/// The longest stretch of time that is drawn, in periods.
const MOST_PERIODS: usize = 2_000;

/// More charts than these nobody reads, and few browsers draw.
const MOST_CHARTS: usize = 100;

/// A chart, in as many panels.
pub struct Chart {
    /// A view of Vega-Lite, without data.
    pub view: Map<String, Value>,
    /// How many times it draws its axes.
    pub panels: usize,
}

/// The chart of a measure that has rows, with so many panels before it.
pub fn of_measure(
    answer: &CubeAnswer<'_>,
    axes: &Axes<'_>,
    measure: &Measure,
    before: usize,
) -> Result<Chart> {
    let own = |row: &&Row| row.measure_id == measure.id;
    let rows: Vec<&Row> = answer.cube.rows.iter().filter(own).collect();
    let periods = stretch(&rows)?;
    let has_bars = periods.len() <= 1;
    let columns = Columns::of(answer, axes, has_bars);
    let panels = columns.panels(&rows);
    let count = panels.as_ref().map_or(1, |panels| panels.count);
    if before + count > MOST_CHARTS {
        let detail = format!(
            "it would take more than {MOST_CHARTS} charts to draw this answer: name a `measure`, break it down `by` \
             less, or ask for another format"
        );
        return Err(Error::invalid("?format", "too_many_charts", detail));
    }
    let drawn = if has_bars {
        bars(answer, measure, &columns)
    } else {
        lines(answer, measure, &columns, &periods, &rows)
    };
    let mut view = Map::new();
    view.insert(
        "title".into(),
        title(answer, measure, &rows, has_bars.then_some(&periods)),
    );
    let mut transforms = Vec::new();
    if axes.measures.len() > 1 {
        transforms.push(json!({"filter": {"field": "measure", "equal": measure.code}}));
    }
    match panels {
        Some(panels) => {
            transforms.push(panels.transform);
            view.insert("facet".into(), panels.facet);
            view.insert("columns".into(), json!(3));
            view.insert("spec".into(), drawn.into());
        }
        None => view.extend(drawn),
    }
    if !transforms.is_empty() {
        view.insert("transform".into(), transforms.into());
    }
    Ok(Chart { view, panels: count })
}

/// Every period from the first to the last, those without figures too.
fn stretch(rows: &[&Row]) -> Result<Vec<String>> {
    let first = rows.iter().map(|row| row.period).min();
    let last = rows.iter().map(|row| row.period).max();
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(Vec::new());
    };
    let all = std::iter::successors(Some(first), |period| {
        Period::next(*period).filter(|next| *next <= last)
    });
    let periods: Vec<String> = all
        .take(MOST_PERIODS + 1)
        .map(|period| period.to_string())
        .collect();
    if periods.len() > MOST_PERIODS {
        let detail = format!(
            "from {first} to {last} are more periods than the {MOST_PERIODS} that a chart has room for: narrow `period`, \
             or bring them to coarser ones with `at`"
        );
        return Err(Error::invalid("?period", "too_many_periods", detail));
    }
    Ok(periods)
}

fn title(answer: &CubeAnswer<'_>, measure: &Measure, rows: &[&Row], single: Option<&Vec<String>>) -> Value {
    let mut beneath: Vec<String> = single.into_iter().flatten().cloned().collect();
    beneath.extend(labels::cell(answer.schema, &answer.question.filter));
    beneath.extend(
        answer
            .meta
            .as_of
            .as_ref()
            .map(|instant| format!("as known at {instant}")),
    );
    if rows.iter().any(|row| row.status == Status::Provisional) {
        let look = if single.is_some() {
            "Pale bars"
        } else {
            "Open circles"
        };
        beneath.push(format!("{look}: not everyone expected has answered yet"));
    }
    let text = labels::measure(measure);
    if beneath.is_empty() {
        json!({"text": text})
    } else {
        json!({"text": text, "subtitle": beneath})
    }
}

/// A line for each colour. Periods without a row are filled in without a value, so that the line has a gap there and
/// does not run over it.
fn lines(
    answer: &CubeAnswer<'_>,
    measure: &Measure,
    columns: &Columns<'_>,
    periods: &[String],
    rows: &[&Row],
) -> Map<String, Value> {
    let mut encoding = shared_encoding(answer, measure, columns);
    encoding.insert("y".into(), value(measure));
    let mut gaps = encoding.clone();
    gaps["y"]["impute"] = json!({"value": null, "keyvals": periods});
    let points = |is_provisional: bool| {
        let compared = if is_provisional { "===" } else { "!==" };
        json!({"transform": [{"filter": format!("datum.status {compared} 'provisional'")}],
               "mark": {"type": "point", "filled": !is_provisional, "size": 40}, "encoding": encoding})
    };
    let mut layers = vec![
        json!({"mark": {"type": "line"}, "encoding": gaps}),
        points(false),
        points(true),
    ];
    if rows.iter().any(|row| row.is_break) {
        layers.push(json!({"transform": [{"filter": "datum.break"}],
            "mark": {"type": "rule", "strokeDash": [4, 4], "color": "gray",
                     "tooltip": "From here on figures cannot be compared with those before"}}));
    }
    Map::from_iter([
        ("width".to_owned(), json!(columns.width())),
        ("height".to_owned(), json!(columns.width() / 2)),
        ("encoding".to_owned(), json!({"x": period(periods)})),
        ("layer".to_owned(), layers.into()),
    ])
}

/// A bar for each key of the first column, or a single one.
fn bars(answer: &CubeAnswer<'_>, measure: &Measure, columns: &Columns<'_>) -> Map<String, Value> {
    let mut encoding = shared_encoding(answer, measure, columns);
    let pale = json!({"condition": {"test": "datum.status === 'provisional'", "value": 0.5}, "value": 1});
    encoding.insert("opacity".into(), pale);
    let mut view = Map::new();
    match columns.bars() {
        Some(column) => {
            encoding.insert("x".into(), value(measure));
            encoding.insert("y".into(), column.axis());
            if let Some(colour) = columns.colour() {
                encoding.insert(
                    "yOffset".into(),
                    json!({"field": colour.name, "scale": {"domain": colour.keys}}),
                );
            }
            view.insert("width".into(), json!(columns.width()));
        }
        None => {
            encoding.insert(
                "x".into(),
                json!({"field": "period", "type": "ordinal", "title": "Period"}),
            );
            encoding.insert("y".into(), value(measure));
        }
    }
    view.insert("mark".into(), json!({"type": "bar"}));
    view.insert("encoding".into(), encoding.into());
    view
}

fn shared_encoding(answer: &CubeAnswer<'_>, measure: &Measure, columns: &Columns<'_>) -> Map<String, Value> {
    let mut encoding = Map::new();
    if let Some(colour) = columns.colour() {
        encoding.insert("color".into(), colour.colour());
    }
    let told = |field: &str, title: &str| json!({"field": field, "type": "nominal", "title": title});
    let mut tooltip = vec![told("period", "Period")];
    let by = answer.cube.columns.iter().zip(&answer.question.by);
    tooltip.extend(by.map(|(name, column)| told(name, &labels::column(answer.schema, column))));
    tooltip.push(told("value", &measure.unit));
    if measure.is_ratio() {
        tooltip.extend([told("numerator", "Numerator"), told("denominator", "Denominator")]);
    }
    tooltip.push(told("contributors", "Contributors"));
    tooltip.push(told("expected", "Expected"));
    tooltip.push(told("status", "Status"));
    encoding.insert("tooltip".into(), tooltip.into());
    encoding
}

fn value(measure: &Measure) -> Value {
    json!({"field": "value", "type": "quantitative", "title": measure.unit})
}

fn period(periods: &[String]) -> Value {
    json!({"field": "period", "type": "ordinal", "title": "Period", "scale": {"domain": periods},
           "axis": {"labelAngle": 0, "labelOverlap": true}})
}
