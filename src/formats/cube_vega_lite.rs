//! A cube as a Vega-Lite 6 specification (<https://vega.github.io/vega-lite/>): a chart for each measure, with the flat
//! rows as its data, so that a page needs nothing but the address.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::cube_axes::Axes;
use super::cube_format::{CubeAnswer, CubeFormat};
use super::cube_meta::Meta;
use super::{json_rows, labels, vega_chart};
use crate::error::Result;

/// A specification with its data in it.
pub const FORMAT: CubeFormat = CubeFormat {
    name: "vega-lite",
    media_type: "application/vnd.vegalite.v6+json",
    ending: None,
    takes_bom: false,
    is_light: false,
    write,
};

const SCHEMA: &str = "https://vega.github.io/schema/vega-lite/v6.json";

#[derive(Serialize)]
struct Spec<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    description: String,
    usermeta: Usermeta<'a>,
    data: Data,
    #[serde(flatten)]
    charts: Map<String, Value>,
}

#[derive(Serialize)]
struct Usermeta<'a> {
    cairn: &'a Meta<'a>,
}

#[derive(Serialize)]
struct Data {
    values: Box<RawValue>,
}

fn write(answer: &CubeAnswer<'_>) -> Result<Vec<u8>> {
    let mut values = Vec::new();
    json_rows::write_array(&mut values, answer)?;
    let spec = Spec {
        schema: SCHEMA,
        description: labels::title(answer.schema, answer.question),
        usermeta: Usermeta { cairn: answer.meta },
        data: Data {
            values: serde_json::from_slice(&values)?,
        },
        charts: charts(answer)?,
    };
    Ok(serde_json::to_vec(&spec)?)
}

fn charts(answer: &CubeAnswer<'_>) -> Result<Map<String, Value>> {
    let axes = Axes::of(answer);
    let mut charts = Vec::new();
    let mut count = 0;
    for &measure in &axes.measures {
        let chart = vega_chart::of_measure(answer, &axes, measure, count)?;
        count += chart.panels;
        charts.push(chart.view);
    }
    Ok(match charts.len() {
        0 => nothing(answer),
        1 => charts.swap_remove(0),
        _ => Map::from_iter([
            ("vconcat".to_owned(), Value::from(charts)),
            // A legend of its own for each, since they need not have the same column in colours.
            ("resolve".to_owned(), json!({"scale": {"color": "independent"}})),
        ]),
    })
}

/// Says that there is nothing to draw.
fn nothing(answer: &CubeAnswer<'_>) -> Map<String, Value> {
    let about = labels::title(answer.schema, answer.question);
    let title = json!({"text": about, "subtitle": "There are no figures for this yet."});
    Map::from_iter([
        ("title".to_owned(), title),
        ("width".to_owned(), json!(300)),
        ("mark".to_owned(), json!("point")),
    ])
}
