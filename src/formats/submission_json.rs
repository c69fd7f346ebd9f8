//! A submission as JSON: `observations`, read one after another, and `source`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use super::incoming::{Input, Row, Sink};
use super::json_issue::{issue_of, pointer};
use super::text_input;
use crate::domain::submission::{SubmittedRow, SubmittedValue};
use crate::error::{self, Error};

/// Reads a document; what keeps it from being read at all is the error.
pub fn read(input: &mut dyn Input, sink: &mut dyn Sink) -> error::Result<()> {
    text_input::begin(input)?;
    let mut stopped = None;
    let mut reader = serde_json::Deserializer::from_reader(&mut *input);
    let mut track = serde_path_to_error::Track::new();
    let body = Body {
        sink,
        stopped: &mut stopped,
    };
    let read = body.deserialize(serde_path_to_error::Deserializer::new(&mut reader, &mut track));
    if let Some(error) = stopped {
        return Err(error);
    }
    let malformed = |error: &serde_json::Error| {
        Error::malformed("", "malformed_json", format!("this is not JSON: {error}"))
    };
    read.map_err(|error| {
        if error.is_data() {
            Error::Malformed(vec![issue_of(&pointer(&track.path()), &error.to_string())])
        } else {
            malformed(&error)
        }
    })?;
    reader.end().map_err(|error| malformed(&error))
}

/// One observation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewObservation {
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

impl NewObservation {
    /// Whether one of its texts holds U+0000, which JSON can write and PostgreSQL cannot keep.
    pub(super) fn has_nul(&self) -> bool {
        let texts = [
            &self.measure,
            &self.period,
            &self.missing,
            &self.organization,
            &self.note,
        ];
        let mut texts = texts.into_iter().flatten();
        let mut pairs = self.cell.0.iter();
        texts.any(|text| text.contains('\0'))
            || pairs.any(|(name, code)| name.contains('\0') || code.contains('\0'))
    }
}

impl From<NewObservation> for SubmittedRow {
    fn from(new: NewObservation) -> Self {
        Self {
            measure: new.measure,
            period: new.period,
            cell: new.cell.0,
            value: new.value.0,
            missing: new.missing,
            estimated: new.estimated,
            organization: new.organization,
            note: new.note,
        }
    }
}

/// The document; its observations go into a sink. An error of the sink is set aside, because serde knows only its own.
struct Body<'s> {
    sink: &'s mut dyn Sink,
    stopped: &'s mut Option<Error>,
}

impl<'de> DeserializeSeed<'de> for Body<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with observations")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut has_source, mut has_observations) = (false, false);
        while let Some(field) = map.next_key::<Field>()? {
            match field {
                Field::Source if has_source => return Err(de::Error::duplicate_field("source")),
                Field::Observations if has_observations => {
                    return Err(de::Error::duplicate_field("observations"));
                }
                Field::Source => {
                    has_source = true;
                    if let Some(source) = map.next_value::<Option<String>>()? {
                        let taken = if source.contains('\0') {
                            Err(text_input::nul_refused())
                        } else {
                            self.sink.source(source)
                        };
                        set_aside(taken, self.stopped)?;
                    }
                }
                Field::Observations => {
                    has_observations = true;
                    map.next_value_seed(Observations(Body {
                        sink: &mut *self.sink,
                        stopped: &mut *self.stopped,
                    }))?;
                }
            }
        }
        if has_observations {
            Ok(())
        } else {
            Err(de::Error::missing_field("observations"))
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Source,
    Observations,
}

struct Observations<'s>(Body<'s>);

impl<'de> DeserializeSeed<'de> for Observations<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Observations<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of observations")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(observation) = list.next_element::<NewObservation>()? {
            let taken = if observation.has_nul() {
                Err(text_input::nul_refused())
            } else {
                self.0.sink.row(Row {
                    content: Ok(observation.into()),
                    line: 0,
                    column: None,
                })
            };
            set_aside(taken, self.0.stopped)?;
        }
        Ok(())
    }
}

fn set_aside<E: de::Error>(taken: error::Result<()>, stopped: &mut Option<Error>) -> Result<(), E> {
    taken.map_err(|error| {
        *stopped = Some(error);
        E::custom("the reading was stopped")
    })
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
    use std::io::Cursor;

    use super::super::collected::Collected;
    use super::*;

    fn parse(text: &str) -> error::Result<Vec<SubmittedRow>> {
        let mut collected = Collected::up_to(1_000);
        read(&mut Cursor::new(text.to_owned()), &mut collected)?;
        Ok(collected
            .rows
            .into_iter()
            .map(|row| row.content.unwrap())
            .collect())
    }

    fn refused(text: &str) -> (String, &'static str) {
        match parse(text).unwrap_err() {
            Error::Malformed(issues) => (issues[0].pointer.clone(), issues[0].code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keeps_digits_and_tells_null_from_nothing() {
        let rows = parse(
            r#"{"observations": [{"measure": "A", "period": "2017", "value": 0.10}, {"value": null}, {"missing": "x"}]}"#,
        )
        .unwrap();
        assert_eq!(rows[0].value, SubmittedValue::Number("0.10".into()));
        assert_eq!(rows[1].value, SubmittedValue::Null);
        assert_eq!(rows[2].value, SubmittedValue::Absent);
    }

    #[test]
    fn keeps_pairs_that_stand_twice() {
        let rows = parse(r#"{"observations": [{"cell": {"a": "b", "a": "c"}}]}"#).unwrap();
        assert_eq!(rows[0].cell.len(), 2);
    }

    #[test]
    fn names_what_is_wrong_by_its_place() {
        let at = |pointer: &str, code| (pointer.to_owned(), code);
        assert_eq!(
            refused(r#"{"observations": [{"measure": "A"}, {"colour": 1}]}"#),
            at("/observations/1/colour", "unknown_field")
        );
        assert_eq!(
            refused(r#"{"observations": [{"value": "421"}]}"#),
            at("/observations/0/value", "wrong_type")
        );
        assert_eq!(refused(r#"{"source": "x"}"#), at("/observations", "required"));
        assert_eq!(
            refused(r#"{"observations": [], "colour": 1}"#),
            at("/colour", "unknown_field")
        );
        assert_eq!(
            refused(r#"{"observations": 5}"#),
            at("/observations", "wrong_type")
        );
        assert_eq!(refused(r#"{"observations": ["#), at("", "malformed_json"));
        assert_eq!(refused(r#"{"observations": []} x"#), at("", "malformed_json"));
        assert_eq!(
            refused(r#"{"observations": [{"note": "\u0000"}]}"#),
            at("", "nul_character")
        );
    }

    #[test]
    fn is_not_overwhelmed_by_depth() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(
            refused(&format!(r#"{{"observations": [{{"cell": {deep}}}]}}"#)).0,
            "/observations/0/cell"
        );
        assert_eq!(
            refused(&format!(r#"{{"observations": [{{"value": {deep}}}]}}"#)).0,
            "/observations/0/value"
        );
    }
}
