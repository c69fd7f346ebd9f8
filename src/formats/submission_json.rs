//! A submission as JSON.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use super::ParsedSubmission;
use crate::domain::submission::{SubmittedRow, SubmittedValue};

/// The body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSubmission {
    source: Option<String>,
    observations: Vec<NewObservation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewObservation {
    measure: Option<String>,
    period: Option<String>,
    #[serde(default)]
    cell: Pairs,
    #[serde(default)]
    value: Value,
    missing: Option<String>,
    #[serde(default)]
    estimated: bool,
    organization: Option<String>,
    note: Option<String>,
}

impl From<NewSubmission> for ParsedSubmission {
    fn from(new: NewSubmission) -> Self {
        let rows = new.observations.into_iter().map(|row| SubmittedRow {
            measure: row.measure,
            period: row.period,
            cell: row.cell.0,
            value: row.value.0,
            missing: row.missing,
            estimated: row.estimated,
            organization: row.organization,
            note: row.note,
        });
        Self {
            source: new.source,
            rows: rows.collect(),
            ..Self::default()
        }
    }
}

/// A value by its digits; never through a float.
#[derive(Default)]
struct Value(SubmittedValue);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(match raw.get() {
            "null" => SubmittedValue::Null,
            text if text.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) => {
                SubmittedValue::Number(text.to_owned())
            }
            text => {
                let shown: String = text.chars().take(40).collect();
                return Err(de::Error::custom(format!(
                    "{shown} is not a number: write it without quotes, such as 421"
                )));
            }
        }))
    }
}

/// An object as its pairs, so that a key that stands twice is seen.
#[derive(Default)]
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of dimensions and codes, such as {\"age_group\": \"children\"}")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ParsedSubmission, serde_json::Error> {
        serde_json::from_str::<NewSubmission>(text).map(Into::into)
    }

    #[test]
    fn keeps_digits_and_tells_null_from_nothing() {
        let parsed = parse(
            r#"{"observations": [{"measure": "A", "period": "2017", "value": 0.10}, {"value": null}, {"missing": "x"}]}"#,
        )
        .unwrap();
        assert_eq!(parsed.rows[0].value, SubmittedValue::Number("0.10".into()));
        assert_eq!(parsed.rows[1].value, SubmittedValue::Null);
        assert_eq!(parsed.rows[2].value, SubmittedValue::Absent);
    }

    #[test]
    fn keeps_pairs_that_stand_twice() {
        let parsed = parse(r#"{"observations": [{"cell": {"a": "b", "a": "c"}}]}"#).unwrap();
        assert_eq!(parsed.rows[0].cell.len(), 2);
    }

    #[test]
    fn refuses_a_number_in_quotes() {
        assert!(
            parse(r#"{"observations": [{"value": "421"}]}"#)
                .err()
                .unwrap()
                .to_string()
                .contains("quotes")
        );
    }
}
