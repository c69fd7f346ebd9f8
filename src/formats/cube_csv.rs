//! A cube as CSV: one header, one line for each row, nothing where there is no figure. Texts stand in quotes and
//! numbers do not, so that a reader need not guess which is which: the period `2017` is no number.

use super::cube_format::{CubeAnswer, CubeFormat};
use super::neutral;
use super::table::{Item, Shape};
use crate::error::Result;

/// Lines that end in a line feed, in UTF-8.
pub const FORMAT: CubeFormat = CubeFormat {
    name: "csv",
    media_type: "text/csv; charset=utf-8",
    ending: Some("csv"),
    takes_bom: true,
    is_light: true,
    write,
};

fn write(answer: &CubeAnswer<'_>) -> Result<Vec<u8>> {
    let shape = Shape::of(answer.schema, answer.question);
    let mut text = String::new();
    let header = shape.columns(answer.cube).into_iter();
    write_line(&mut text, header.map(|name| Some(Item::Text(name.into()))));
    for row in &answer.cube.rows {
        write_line(&mut text, shape.items(answer.schema, row));
    }
    Ok(text.into_bytes())
}

fn write_line<'i>(text: &mut String, items: impl IntoIterator<Item = Option<Item<'i>>>) {
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        match item {
            Some(Item::Text(word)) => write_quoted(text, &neutral(&word)),
            Some(Item::Date(date)) => write_quoted(text, &date.to_string()),
            Some(Item::Number(number)) => text.push_str(&number.to_string()),
            Some(Item::Flag(flag)) => text.push_str(if flag { "true" } else { "false" }),
            Some(Item::Nothing) | None => {}
        }
    }
    text.push('\n');
}

fn write_quoted(text: &mut String, word: &str) {
    text.push('"');
    text.push_str(&word.replace('"', "\"\""));
    text.push('"');
}
