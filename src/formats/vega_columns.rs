//! Which column of an answer a chart shows by what: bars, colours or panels.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use super::cube_axes::Axes;
use super::cube_format::CubeAnswer;
use super::labels;
use crate::domain::cube::Row;
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
    /// Among the keys of a row.
    place: usize,
    /// Of each key among all of the column.
    places: HashMap<&'a str, usize>,
}

/// How the chart is divided.
pub struct Panels {
    /// How many there are.
    pub count: usize,
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
            .enumerate()
            .map(|(place, ((name, by), keys))| Column::new(answer, place, name, by, keys))
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

    /// Of a panel, or of the whole chart where there are none.
    pub fn width(&self) -> u32 {
        if self.panels.is_empty() { 600 } else { 240 }
    }

    /// The panels that rows need, by all columns that are shown by nothing else.
    pub fn panels(&self, rows: &[&Row]) -> Option<Panels> {
        if self.panels.is_empty() {
            return None;
        }
        let keys: Vec<String> = self.panels.iter().map(Column::labelled).collect();
        let titles: Vec<&str> = self.panels.iter().map(|column| column.title.as_str()).collect();
        let needed: BTreeSet<Vec<usize>> = rows.iter().map(|row| self.panel_of(row)).collect();
        let names: Vec<String> = needed.iter().map(|places| self.panel_name(places)).collect();
        Some(Panels {
            count: names.len(),
            transform: json!({"calculate": keys.join(" + ', ' + "), "as": PANEL}),
            facet: json!({"field": PANEL, "type": "nominal", "title": titles.join(", "), "sort": names}),
        })
    }

    /// The place of a row's key in each of the columns.
    fn panel_of(&self, row: &Row) -> Vec<usize> {
        let place = |column: &Column<'_>| {
            let key = row.keys.get(column.place)?;
            column.places.get(key.as_str()).copied()
        };
        self.panels
            .iter()
            .map(|column| place(column).unwrap_or_default())
            .collect()
    }

    fn panel_name(&self, places: &[usize]) -> String {
        let labels = self
            .panels
            .iter()
            .zip(places)
            .filter_map(|(column, &place)| column.labels.get(place));
        labels.map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl<'a> Column<'a> {
    fn new(
        answer: &CubeAnswer<'a>,
        place: usize,
        name: &'a str,
        by: &question::Column,
        keys: &'a [&'a str],
    ) -> Self {
        Self {
            name,
            keys,
            title: labels::column(answer.schema, by),
            labels: keys
                .iter()
                .map(|key| labels::key(answer.schema, by, key))
                .collect(),
            place,
            places: keys.iter().copied().zip(0..).collect(),
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
