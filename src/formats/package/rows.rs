//! The rows of a table, from what the API answers about each: a member of the answer is a column. Lists and objects
//! within stand as JSON; numbers keep their digits.

use std::collections::BTreeMap;

use csv::Writer;
use serde::Serialize;
use serde_json::value::RawValue;

use super::table::Table;
use crate::error::{Error, Result};
use crate::formats::neutral;

/// The table as CSV, with its header.
pub fn write<T: Serialize>(table: &Table, rows: impl IntoIterator<Item = T>) -> Result<Vec<u8>> {
    write_piece(table, true, rows)
}

/// A piece of it, the first of which has the header.
pub fn write_piece<T: Serialize>(
    table: &Table,
    has_header: bool,
    rows: impl IntoIterator<Item = T>,
) -> Result<Vec<u8>> {
    let mut writer = Writer::from_writer(Vec::new());
    if has_header {
        let header = table.fields.iter().map(|field| field.name.as_bytes());
        writer.write_record(header).map_err(Error::internal)?;
    }
    for row in rows {
        let told = serde_json::to_string(&row)?;
        let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(&told)?;
        let cells = table.fields.iter().map(|field| members.remove(&*field.name));
        let cells = cells.map(|value| value.map_or(Ok(String::new()), cell));
        let cells = cells.collect::<Result<Vec<String>>>()?;
        if let Some(name) = members.keys().next() {
            return Err(Error::internal(format!("{} has no column {name}", table.name)));
        }
        writer.write_record(&cells).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

fn cell(value: &RawValue) -> Result<String> {
    match value.get() {
        "null" => Ok(String::new()),
        text if text.starts_with('"') => {
            let text: String = serde_json::from_str(text)?;
            Ok(neutral(&text).into_owned())
        }
        digits_or_json => Ok(digits_or_json.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::table::Kind;
    use super::*;

    #[test]
    fn a_member_is_a_column() {
        let fields = [
            ("name", Kind::Text),
            ("value", Kind::Number),
            ("cell", Kind::Object),
        ];
        let table = Table::new("points", "Points", &fields);
        let rows = [
            json!({"name": "=1+1", "value": -0.25, "cell": {"sex": "f"}}),
            json!({"value": null, "name": "a \"b\""}),
        ];
        assert_eq!(
            String::from_utf8(write(&table, rows).unwrap()).unwrap(),
            "name,value,cell\n'=1+1,-0.25,\"{\"\"sex\"\":\"\"f\"\"}\"\n\"a \"\"b\"\"\",,\n"
        );
        let unknown = write(&table, [json!({"colour": "red"})]);
        assert!(unknown.is_err(), "nothing is left out unseen");
    }
}
