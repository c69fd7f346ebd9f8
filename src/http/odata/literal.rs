//! The constants of a filter, and how a row's value stands to them.

use std::cmp::Ordering;

use chrono::NaiveDate;

use super::digits::Digits;
use super::model::Kind;
use crate::clock::parse_rfc3339;
use crate::formats::table::Item;

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `null`.
    Null,
    /// In quotes.
    Text(String),
    /// A number, compared by its digits.
    Number(Digits),
    /// `true` or `false`.
    Flag(bool),
    /// A day.
    Date(NaiveDate),
    /// An instant, in microseconds since 1970.
    Instant(i64),
}

impl Literal {
    /// A constant that stands without quotes; `None` where it is none that is known here.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "null" => return Some(Self::Null),
            "true" => return Some(Self::Flag(true)),
            "false" => return Some(Self::Flag(false)),
            _ => {}
        }
        date(word)
            .map(Self::Date)
            .or_else(|| Digits::parse(word).map(Self::Number))
            .or_else(|| parse_rfc3339(word).map(Self::Instant))
    }

    /// Whether values of a kind can be compared with it.
    pub fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Null => true,
            Self::Text(_) => kind == Kind::Text,
            Self::Number(_) => matches!(kind, Kind::Decimal | Kind::Count),
            Self::Flag(_) => kind == Kind::Flag,
            Self::Date(_) => kind == Kind::Date,
            Self::Instant(_) => kind == Kind::Instant,
        }
    }

    /// How a value of a kind that it fits stands to it; `None` where the value is missing. Texts are compared letter
    /// by letter, capitals before small ones.
    pub fn compare(&self, value: &Item<'_>) -> Option<Ordering> {
        match (value, self) {
            (Item::Text(value), Self::Text(text)) => Some((**value).cmp(text.as_str())),
            (Item::Date(value), Self::Date(day)) => Some(value.cmp(day)),
            (Item::Text(value), Self::Instant(instant)) => Some(parse_rfc3339(value)?.cmp(instant)),
            (Item::Number(value), Self::Number(number)) => {
                Some(Digits::parse(&value.to_string())?.cmp(number))
            }
            (Item::Flag(value), Self::Flag(flag)) => Some(value.cmp(flag)),
            _ => None,
        }
    }
}

/// A day as `2026-06-30`.
fn date(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (day.to_string() == text).then_some(day)
}

/// Whether it is a number that only a float can be.
pub fn is_float(word: &str) -> bool {
    let mantissa = word
        .split_once(['e', 'E'])
        .filter(|(_, exponent)| Digits::parse(exponent).is_some());
    mantissa.is_some_and(|(mantissa, _)| Digits::parse(mantissa).is_some())
        || ["INF", "-INF", "NaN"].contains(&word)
}

/// An example of a constant of a kind, for people.
pub fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text in single quotes, such as 'VISITS'",
        Kind::Decimal | Kind::Count => "a number, such as 12.5",
        Kind::Flag => "true or false",
        Kind::Date => "a day, such as 2026-06-30",
        Kind::Instant => "an instant, such as 2026-06-30T00:00:00Z",
    }
}
