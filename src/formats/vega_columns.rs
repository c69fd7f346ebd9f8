//! Which column of an answer a chart shows by what: bars, colours or panels.

use serde_json::{Value, json};

use super::cube_axes::Axes;
use super::cube_format::CubeAnswer;
use super::labels;
use crate::domain::question;

/// More colours than these cannot be told apart.
const MOST_COLOURS: usize = 10;
/// The field that a panel is named in. No column is: theirs are in lower case.
const PANEL: &str = "Panel";

/// The columns of a chart, by what they are shown by.
pub struct Columns<'a> {
    bars: Option<Column<'a>>,
    colour: Option<Column<'a>>,
    panels: Vec<Column<'a>>,
}

/// A column and its keys.
pub struct Column<'a> {
    /// As in the rows.
    pub name: &'a str,
    /// In their order.
    pub keys: &'a [&'a str],
    title: String,
    /// The name of each key.
    labels: Vec<String>,
}

/// How the chart is divided.
pub struct Panels {
    /// Names the panel of each row.
    pub transform: Value,
    /// Divides by that name.
    pub facet: Value,
}

impl<'a> Columns<'a> {
    /// Shares the columns out.
    pub fn of(answer: &CubeAnswer<'a>, axes: &'a Axes<'a>, has_bars: bool) -> Self {
        let by = answer
            .cube
            .columns
            .iter()
            .zip(&answer.question.by)
            .zip(&axes.keys);
        let mut columns: Vec<Column<'a>> = by
            .map(|((name, by), keys)| Column::new(answer, name, by, keys))
            .collect();
        let bars = (has_bars && !columns.is_empty()).then(|| columns.remove(0));
        let coloured = columns
            .iter()
            .position(|column| column.keys.len() <= MOST_COLOURS);
        let colour = coloured.map(|place| columns.remove(place));
        Self {
            bars,
            colour,
            panels: columns,
        }
    }

    /// The column with a bar for each key.
    pub fn bars(&self) -> Option<&Column<'a>> {
        self.bars.as_ref()
    }

    /// The column with a colour for each key.
    pub fn colour(&self) -> Option<&Column<'a>> {
        self.colour.as_ref()
    }

    /// How many panels there may be.
    pub fn panel_count(&self) -> usize {
        let sizes = self.panels.iter().map(|column| column.keys.len());
        sizes.fold(1, usize::saturating_mul)
    }

    /// Of a panel, or of the whole chart where there are none.
    pub fn width(&self) -> u32 {
        if self.panels.is_empty() { 600 } else { 240 }
    }

    /// The panels, by all columns that are shown by nothing else.
    pub fn panels(&self) -> Option<Panels> {
        if self.panels.is_empty() {
            return None;
        }
        let names: Vec<String> = self.panels.iter().map(Column::labelled).collect();
        let titles: Vec<&str> = self.panels.iter().map(|column| column.title.as_str()).collect();
        Some(Panels {
            transform: json!({"calculate": names.join(" + ', ' + "), "as": PANEL}),
            facet: json!({"field": PANEL, "type": "nominal", "title": titles.join(", "), "sort": self.panel_names()}),
        })
    }

    fn panel_names(&self) -> Vec<String> {
        let mut names = vec![String::new()];
        for column in &self.panels {
            let longer = names.iter().flat_map(|name| {
                let separator = if name.is_empty() { "" } else { ", " };
                column
                    .labels
                    .iter()
                    .map(move |label| format!("{name}{separator}{label}"))
            });
            names = longer.collect();
        }
        names
    }
}

impl<'a> Column<'a> {
    fn new(answer: &CubeAnswer<'a>, name: &'a str, by: &question::Column, keys: &'a [&'a str]) -> Self {
        Self {
            name,
            keys,
            title: labels::column(answer.schema, by),
            labels: keys
                .iter()
                .map(|key| labels::key(answer.schema, by, key))
                .collect(),
        }
    }

    /// A colour for each key.
    pub fn colour(&self) -> Value {
        json!({"field": self.name, "type": "nominal", "title": self.title, "scale": {"domain": self.keys},
               "legend": {"labelExpr": self.label_of("datum.value")}})
    }

    /// A place on an axis for each key.
    pub fn axis(&self) -> Value {
        json!({"field": self.name, "type": "nominal", "title": self.title, "scale": {"domain": self.keys},
               "axis": {"labelExpr": self.label_of("datum.value"), "labelLimit": 240}})
    }

    fn labelled(&self) -> String {
        self.label_of(&format!("datum[{}]", json!(self.name)))
    }

    /// An expression for the label of the key that another expression gives.
    fn label_of(&self, key: &str) -> String {
        let labels: Vec<String> = self
            .keys
            .iter()
            .zip(&self.labels)
            .map(|(key, label)| format!("{}:{}", json!(key), json!(label)))
            .collect();
        format!("{{{}}}[{key}]", labels.join(","))
    }
}
