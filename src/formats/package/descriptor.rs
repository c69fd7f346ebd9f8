//! `datapackage.json`: what is in a package.

use serde_json::{Value, json};

use super::table::Table;
use crate::error::Result;

/// Where it lies in the package.
pub const PATH: &str = "datapackage.json";

/// Its bytes, for a package of these tables, made at an instant (RFC 3339).
pub fn write(name: &str, title: &str, created: &str, tables: &[Table]) -> Result<Vec<u8>> {
    let resources: Vec<Value> = tables.iter().map(resource).collect();
    let descriptor = json!({
        "profile": "tabular-data-package",
        "name": name.to_ascii_lowercase(),
        "title": title,
        "created": created,
        "resources": resources,
    });
    Ok(serde_json::to_vec_pretty(&descriptor)?)
}

fn resource(table: &Table) -> Value {
    let fields: Vec<Value> = table
        .fields
        .iter()
        .map(|field| json!({"name": field.name, "type": field.kind.as_str()}))
        .collect();
    json!({
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": table.title,
        "path": table.path(),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {"fields": fields, "missingValues": [""]},
    })
}
