//! What people read in place of codes, in formats that have room for it.

use crate::domain::cell::Cell;
use crate::domain::dimension::NOT_STATED;
use crate::domain::measure::Measure;
use crate::domain::question::{Column, Question};
use crate::domain::schema::Schema;

/// The most measures that a title names.
const MOST_NAMED: usize = 3;

/// A measure's name; its code where it has none.
pub fn measure(measure: &Measure) -> &str {
    named(&measure.name, &measure.code)
}

/// The name of a column that rows are broken down by.
pub fn column(schema: &Schema, column: &Column) -> String {
    match column {
        Column::Dimension(id) => dimension(schema, *id),
        Column::Organization => "Organization".into(),
        Column::Attribute(key) => key.clone(),
    }
}

/// The name of a key in such a column: of a code, its name. What has none is its own.
pub fn key(schema: &Schema, column: &Column, key: &str) -> String {
    if key == NOT_STATED {
        return "Not stated or remainder".into();
    }
    let dimension = match column {
        Column::Dimension(id) => schema.dimension(*id),
        _ => None,
    };
    let code = dimension.and_then(|dimension| dimension.codes.iter().find(|code| code.code == key));
    code.map_or(key, |code| named(&code.name, key)).to_owned()
}

/// The cell that everything was asked within, such as `Age group: Young adults`; `None` for the headline.
pub fn cell(schema: &Schema, cell: &Cell) -> Option<String> {
    let pairs = cell.pairs().iter().map(|&(id, code)| {
        let text = schema
            .dimension(id)
            .and_then(|dimension| dimension.code_text(code));
        let code = key(schema, &Column::Dimension(id), text.unwrap_or(NOT_STATED));
        format!("{}: {code}", dimension(schema, id))
    });
    let pairs: Vec<String> = pairs.collect();
    (!pairs.is_empty()).then(|| pairs.join(", "))
}

/// What an answer is about, such as `Library programs, Visits by Age group (Sex: Female)`.
pub fn title(schema: &Schema, question: &Question) -> String {
    let names = question
        .measures
        .iter()
        .filter_map(|&id| schema.measure(id))
        .map(measure);
    let mut title = match question.measures.len() {
        ..=MOST_NAMED => names.collect::<Vec<_>>().join(", "),
        count => format!("{count} measures"),
    };
    let columns: Vec<String> = question.by.iter().map(|by| column(schema, by)).collect();
    if !columns.is_empty() {
        title.push_str(&format!(" by {}", columns.join(", ")));
    }
    if let Some(cell) = cell(schema, &question.filter) {
        title.push_str(&format!(" ({cell})"));
    }
    title
}

fn dimension(schema: &Schema, id: u16) -> String {
    let found = schema.dimension(id);
    found.map_or_else(String::new, |dimension| {
        named(&dimension.name, &dimension.code).to_owned()
    })
}

fn named<'a>(name: &'a str, code: &'a str) -> &'a str {
    if name.trim().is_empty() { code } else { name }
}
