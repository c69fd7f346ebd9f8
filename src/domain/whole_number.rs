//! Whole numbers in a body that are not figures: `30`, and `30.0` too, which JSON holds to be the same number and some
//! languages write. For `#[serde(deserialize_with)]`. Figures never come here: they are read from their digits.

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use std::fmt;

/// Up to here, a float holds every whole number.
const MOST: f64 = 9_007_199_254_740_992.0;

struct WholeNumber(i64);

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(WholeNumberVisitor).map(Self)
    }
}

struct WholeNumberVisitor;

impl Visitor<'_> for WholeNumberVisitor {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and within what an i64 holds"
    )]
    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        if number.fract() == 0.0 && number.abs() <= MOST {
            Ok(number as i64)
        } else {
            Err(E::invalid_value(Unexpected::Float(number), &self))
        }
    }
}

/// A number that has to be there.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    WholeNumber::deserialize(deserializer).map(|number| number.0)
}

/// A number that may be left out and is never `null`.
pub fn given_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    whole(deserializer).map(Some)
}

/// A number that may be left out, or be `null`.
pub fn whole_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let number: Option<WholeNumber> = Option::deserialize(deserializer)?;
    Ok(number.map(|number| number.0))
}

/// A number that may be left out, and that `null` empties.
pub fn given_whole_or_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<i64>>, D::Error> {
    whole_or_null(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<i64> {
        let number: serde_json::Result<WholeNumber> = serde_json::from_str(json);
        number.ok().map(|number| number.0)
    }

    #[test]
    fn whole_however_it_is_written() {
        assert_eq!(
            [read("30"), read("30.0"), read("3e1"), read("-0.0")],
            [Some(30), Some(30), Some(30), Some(0)]
        );
        assert_eq!(read("9223372036854775807"), Some(i64::MAX));
    }

    #[test]
    fn nothing_else() {
        for json in [
            "30.5",
            "1e300",
            "9223372036854775808",
            "9223372036854775808.0",
            "\"30\"",
            "true",
            "null",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
