//! What stands in one cell of a table, before it is known what it means.

use chrono::NaiveDate;

/// The content of a cell. A CSV file has texts only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field {
    /// Nothing, or blanks.
    #[default]
    Blank,
    /// A text, without the blanks around it.
    Text(String),
    /// A number, by the digits that a spreadsheet shows for it.
    Number(String),
    /// Yes or no.
    Flag(bool),
    /// A date.
    Date(NaiveDate),
    /// An error in place of a value, such as `#REF!`.
    Fault(String),
}

impl Field {
    /// The field of a text.
    pub fn of(text: &str) -> Self {
        match text.trim() {
            "" => Self::Blank,
            text => Self::Text(text.into()),
        }
    }

    /// Whether nothing stands in it.
    pub fn is_blank(&self) -> bool {
        *self == Self::Blank
    }
}

/// The reason that a word gives for there being no figure. `n/a` can be short for either reason; it is taken for
/// `not_available`, because the other one says that the organization is not expected to answer at all.
pub fn missing_reason(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase().replace([' ', '-'], "_");
    match word.as_str() {
        "not_available" | "n/a" | "na" | "n.a." => Some("not_available"),
        "not_applicable" => Some("not_applicable"),
        _ => None,
    }
}

/// Yes or no, as people and programs write it; `None` for any other word.
pub fn flag(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "false" | "no" | "0" => Some(false),
        "true" | "yes" | "1" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_nothing() {
        assert!(Field::of(" \t\u{a0}").is_blank());
        assert_eq!(Field::of(" a "), Field::Text("a".into()));
    }

    #[test]
    fn knows_the_words_for_missing() {
        for word in ["n/a", "NA", "N.A.", "Not available", "not_available"] {
            assert_eq!(missing_reason(word), Some("not_available"), "{word}");
        }
        assert_eq!(missing_reason("Not applicable"), Some("not_applicable"));
        assert_eq!(missing_reason("-"), None);
    }

    #[test]
    fn knows_yes_and_no() {
        assert_eq!(flag("Yes"), Some(true));
        assert_eq!(flag("FALSE"), Some(false));
        assert_eq!(flag("perhaps"), None);
    }
}
