//! Names that people give to things and that stand in paths, tables and files ever after.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The code of an organization, coalition, measure, goal or dimension code: `[A-Za-z0-9][A-Za-z0-9_-]{0,63}`.
/// Case is kept; codes that differ in case only are the same, so look them up by `key`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Code(String);

/// The code of a dimension or the key of an attribute, which become columns: `[a-z][a-z0-9_]{0,39}`, neither
/// reserved nor beginning with `partner_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ColumnName(String);

/// Why a text is not a code or a column name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not of the form of a code.
    #[error(
        "`{0}` is not a code: up to 64 letters A to Z, digits, hyphens and underscores, beginning with a letter or a digit"
    )]
    Code(String),
    /// Not of the form of a column name.
    #[error(
        "`{0}` cannot be a column: up to 40 small letters a to z, digits and underscores, beginning with a letter"
    )]
    Column(String),
    /// A name that Cairn itself gives a meaning.
    #[error("`{0}` is the name of a column that every answer has; choose another, such as `{0}_group`")]
    Reserved(String),
    /// Would look like the column of a partner attribute.
    #[error("`{0}` cannot begin with `partner_`, which marks the columns of partner attributes")]
    Partner(String),
}

/// The names of columns and query parameters that Cairn itself gives a meaning.
const RESERVED: &[&str] = &[
    "as_of",
    "at",
    "break",
    "by",
    "cell",
    "contributors",
    "cursor",
    "denominator",
    "estimated",
    "expected",
    "format",
    "id",
    "limit",
    "measure",
    "missing",
    "name",
    "note",
    "numerator",
    "organization",
    "people_at_least",
    "people_at_most",
    "period",
    "period_end",
    "period_start",
    "recorded_at",
    "status",
    "submission",
    "unit",
    "value",
    "withdrawn",
];

impl Code {
    /// Reads a code, or says what one looks like.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let bytes = text.as_bytes();
        let is_code = (1..=64).contains(&bytes.len())
            && bytes[0].is_ascii_alphanumeric()
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if is_code {
            Ok(Self(text.into()))
        } else {
            Err(CodeError::Code(shortened(text)))
        }
    }

    /// The code as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code in lower case: what is unique, and what is looked up.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl ColumnName {
    /// Reads a column name, or says what one looks like.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let bytes = text.as_bytes();
        let is_name = (1..=40).contains(&bytes.len())
            && bytes[0].is_ascii_lowercase()
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_');
        if !is_name {
            Err(CodeError::Column(shortened(text)))
        } else if RESERVED.contains(&text) {
            Err(CodeError::Reserved(text.into()))
        } else if text.starts_with("partner_") {
            Err(CodeError::Partner(text.into()))
        } else {
            Ok(Self(text.into()))
        }
    }
}

impl CodeError {
    /// The stable name of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Code(_) => "invalid_code",
            Self::Column(_) => "invalid_column_name",
            Self::Reserved(_) | Self::Partner(_) => "reserved_name",
        }
    }
}

/// The beginning of a text, so that a message stays readable.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 80 {
        text.into()
    } else {
        text.chars().take(80).chain(['…']).collect()
    }
}

macro_rules! is_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
    };
}

is_text!(Code);
is_text!(ColumnName);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keeps_every_code(text in "[A-Za-z0-9][A-Za-z0-9_-]{0,63}") {
            let code = Code::parse(&text).unwrap();
            prop_assert_eq!(code.as_str(), &text);
            prop_assert_eq!(Code::parse(&code.key()).unwrap().key(), code.key());
        }

        #[test]
        fn refuses_any_text_with_a_stranger_in_it(before in "[a-z]{1,5}", stranger in "[^A-Za-z0-9_-]", after in "[a-z]{0,5}") {
            let text = format!("{before}{stranger}{after}");
            prop_assert!(Code::parse(&text).is_err() && ColumnName::parse(&text).is_err());
        }
    }

    #[test]
    fn refuses_what_is_no_code() {
        for text in ["", "_", "-a", "a b", "é", &"a".repeat(65)] {
            assert_eq!(Code::parse(text).unwrap_err().code(), "invalid_code", "{text}");
        }
        assert!(
            serde_json::from_str::<Code>("\"a b\"")
                .unwrap_err()
                .to_string()
                .contains("is not a code")
        );
    }

    #[test]
    fn refuses_what_cannot_be_a_column() {
        for text in ["Age", "1st", "_x", "age-group", &"a".repeat(41)] {
            assert_eq!(
                ColumnName::parse(text).unwrap_err().code(),
                "invalid_column_name",
                "{text}"
            );
        }
        for text in ["value", "period_start", "organization", "break", "partner_region"] {
            assert_eq!(
                ColumnName::parse(text).unwrap_err().code(),
                "reserved_name",
                "{text}"
            );
        }
        assert_eq!(ColumnName::parse("age_group").unwrap().to_string(), "age_group");
    }

    #[test]
    fn messages_stay_short() {
        assert!(Code::parse(&"é".repeat(5000)).unwrap_err().to_string().len() < 400);
    }
}
