//! What the audit log tells of a change, in the words of the API: what was made, or what is different. Anything long is
//! told by its checksum, so that no row grows without bound.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::checksum::sha256;

/// The longest value that is told in full, in bytes of JSON.
const LONGEST: usize = 1_000;

/// All of something new.
pub fn made(new: &impl Serialize) -> serde_json::Result<Value> {
    let fields = fields(new)?.into_iter();
    let told = fields.map(|(name, value)| (name, short(value)));
    Ok(Value::Object(told.collect()))
}

/// The fields that differ: each with what it said before and what it says now.
pub fn changed(before: &impl Serialize, after: &impl Serialize) -> serde_json::Result<Value> {
    let (mut before, after) = (fields(before)?, fields(after)?);
    let mut told = Map::new();
    for (name, to) in after {
        let from = before.remove(&name).unwrap_or(Value::Null);
        if from != to {
            told.insert(name, json!({"from": short(from), "to": short(to)}));
        }
    }
    for (name, from) in before.into_iter().filter(|(_, from)| !from.is_null()) {
        told.insert(name, json!({"from": short(from), "to": null}));
    }
    Ok(Value::Object(told))
}

fn fields(value: &impl Serialize) -> serde_json::Result<Map<String, Value>> {
    Ok(match serde_json::to_value(value)? {
        Value::Object(fields) => fields,
        other => Map::from_iter([("value".to_owned(), other)]),
    })
}

fn short(value: Value) -> Value {
    let text = value.to_string();
    if text.len() <= LONGEST {
        return value;
    }
    json!({"sha256": sha256(text.as_bytes()), "bytes": text.len()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_differs_and_nothing_else() {
        let before = json!({"name": "Visits", "unit": "visits", "old": 1, "empty": null});
        let after = json!({"name": "All visits", "unit": "visits", "new": [2]});
        let told = changed(&before, &after).unwrap();
        let expected = r#"{"name":{"from":"Visits","to":"All visits"},"new":{"from":null,"to":[2]},"old":{"from":1,"to":null}}"#;
        assert_eq!(told.to_string(), expected);
        assert_eq!(changed(&before, &before).unwrap(), json!({}));
    }

    #[test]
    fn keys_stand_in_order_whatever_order_they_came_in() {
        #[derive(Serialize)]
        struct Unordered {
            zebra: u8,
            apple: u8,
        }
        let told = made(&Unordered { zebra: 1, apple: 2 }).unwrap();
        assert_eq!(told.to_string(), r#"{"apple":2,"zebra":1}"#);
    }

    #[test]
    fn what_is_long_is_told_by_its_checksum() {
        let long = "x".repeat(LONGEST);
        let told = made(&json!({"definition": long, "name": "n"})).unwrap();
        let sum = sha256(format!("\"{long}\"").as_bytes());
        assert_eq!(told["definition"], json!({"sha256": sum, "bytes": LONGEST + 2}));
        assert_eq!(told["name"], "n");
    }
}
