//! Exact numbers: integers scaled by a measure's decimals, read and written from their digits, never as floats.

use serde::{Serialize, Serializer};
use std::fmt;

/// The largest size of a stored or published value in scaled units: every client keeps integers up to 2^53 − 1 whole.
pub const MAX_UNITS: i64 = (1 << 53) - 1;

/// The most decimals that a measure may have.
pub const MAX_DECIMALS: u8 = 6;

/// Why a text is not a value of so many decimals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// No digits, or more than digits.
    #[error(
        "`{0}` is not a number; write digits with a point for decimals, such as 1234.5, without separators for thousands, units or %"
    )]
    NotANumber(String),
    /// Such as `1.2e3`.
    #[error("`{0}` is written with an exponent; write out its digits, such as 1200 for 1.2e3")]
    Exponent(String),
    /// A fraction finer than the measure keeps.
    #[error(
        "`{text}` has more decimals than the measure, which has {decimals}; round it yourself: nothing is rounded silently"
    )]
    TooManyDecimals {
        /// The value as it was written.
        text: String,
        /// What the measure keeps.
        decimals: u8,
    },
    /// More than `MAX_UNITS`.
    #[error("`{text}` is too large; the largest value of this measure is {largest}")]
    TooLarge {
        /// The value as it was written.
        text: String,
        /// The largest that is taken.
        largest: String,
    },
}

impl DecimalError {
    /// The stable name of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotANumber(_) | Self::Exponent(_) => "invalid_value",
            Self::TooManyDecimals { .. } => "too_many_decimals",
            Self::TooLarge { .. } => "value_too_large",
        }
    }
}

/// Reads digits, with `-` before them and a fraction behind them if there are, as units of ten to the power
/// `-decimals`. Zeros at the end of the fraction do not count: `421.0` is 421.
pub fn parse_units(text: &str, decimals: u8) -> Result<i64, DecimalError> {
    let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) {
        return Err(not_a_number(text));
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > usize::from(decimals) {
        return Err(DecimalError::TooManyDecimals {
            text: shortened(text),
            decimals,
        });
    }
    let zeros = std::iter::repeat_n(b'0', usize::from(decimals) - fraction.len());
    let units = whole
        .bytes()
        .chain(fraction.bytes())
        .chain(zeros)
        .try_fold(0_i64, |units, digit| {
            let units = units.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
            (units <= MAX_UNITS).then_some(units)
        });
    match units {
        Some(units) => Ok(if is_negative { -units } else { units }),
        None => Err(DecimalError::TooLarge {
            text: shortened(text),
            largest: format_units(i128::from(MAX_UNITS), decimals),
        }),
    }
}

/// A number of units of ten to the power `-decimals`. It is written as digits, without zeros at the end of the fraction:
/// `4.5`, `421`, `-0.25`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    units: i128,
    decimals: u8,
}

impl Decimal {
    /// So many units.
    pub fn new(units: impl Into<i128>, decimals: u8) -> Self {
        Self {
            units: units.into(),
            decimals,
        }
    }

    /// The number where it is counted in wholes, unless it is very large.
    pub fn as_whole(self) -> Option<i64> {
        i64::try_from(self.units).ok().filter(|_| self.decimals == 0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(whole) = self.as_whole() {
            return write!(f, "{whole}");
        }
        let (units, decimals) = (self.units, usize::from(self.decimals));
        let sign = if units < 0 { "-" } else { "" };
        let digits = format!("{:0width$}", units.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            fraction => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

/// Units of ten to the power `-decimals` as the digits of a [`Decimal`].
pub fn format_units(units: i128, decimals: u8) -> String {
    Decimal::new(units, decimals).to_string()
}

/// `n / d` rounded to an integer, halves away from zero. `d` must not be zero: then it is 0.
pub fn divide_half_away(n: i128, d: i128) -> i128 {
    if d == 0 {
        return 0;
    }
    let (size, divisor) = (n.unsigned_abs(), d.unsigned_abs());
    let (quotient, remainder) = (size / divisor, size % divisor);
    let rounded = quotient + u128::from(remainder >= divisor - remainder);
    let rounded = i128::try_from(rounded).unwrap_or(i128::MAX);
    if (n < 0) == (d < 0) { rounded } else { -rounded }
}

/// A number for JSON, kept and written as its digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonNumber(String);

impl JsonNumber {
    /// The number that units of ten to the power `-decimals` are.
    pub fn from_units(units: impl Into<i128>, decimals: u8) -> Self {
        Self(format_units(units.into(), decimals))
    }
}

impl std::fmt::Display for JsonNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for JsonNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw =
            serde_json::value::RawValue::from_string(self.0.clone()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

fn not_a_number(text: &str) -> DecimalError {
    let is_exponent = text.contains(['e', 'E'])
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if is_exponent {
        DecimalError::Exponent(shortened(text))
    } else {
        DecimalError::NotANumber(shortened(text))
    }
}

/// The beginning of a text, so that a message stays readable.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 {
        text.into()
    } else {
        text.chars().take(40).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn prints_what_it_reads(units in -MAX_UNITS..=MAX_UNITS, decimals in 0..=MAX_DECIMALS) {
            let text = format_units(i128::from(units), decimals);
            prop_assert_eq!(parse_units(&text, decimals), Ok(units));
            prop_assert!(!text.contains('.') || !text.ends_with('0'));
        }

        #[test]
        fn zeros_at_the_end_do_not_count(units in -MAX_UNITS..=MAX_UNITS, decimals in 1..=MAX_DECIMALS, zeros in 0_usize..9) {
            let mut text = format_units(i128::from(units), decimals);
            if !text.contains('.') { text.push('.'); text.push('0'); }
            text.push_str(&"0".repeat(zeros));
            prop_assert_eq!(parse_units(&text, decimals), Ok(units));
        }

        #[test]
        fn never_panics(text in ".{0,30}", decimals in 0..=MAX_DECIMALS) {
            let _ = parse_units(&text, decimals);
        }

        #[test]
        fn division_is_nearest(n in -1_000_000_i128..1_000_000, d in 1_i128..1000) {
            let quotient = divide_half_away(n, d);
            prop_assert!((2 * (n - quotient * d)).abs() <= d);
            prop_assert_eq!(divide_half_away(-n, d), -quotient);
            prop_assert_eq!(divide_half_away(n, -d), -quotient);
        }
    }

    #[test]
    fn reads_digits() {
        for (text, decimals, units) in [
            ("421", 0, 421),
            ("421.0", 0, 421),
            ("4.5", 2, 450),
            ("-0.25", 2, -25),
            ("-0", 0, 0),
            ("007.10", 1, 71),
        ] {
            assert_eq!(parse_units(text, decimals), Ok(units), "{text}");
        }
        assert_eq!(parse_units("9007199254740991", 0), Ok(MAX_UNITS));
    }

    #[test]
    fn says_what_is_wrong() {
        let code = |text, decimals| parse_units(text, decimals).unwrap_err().code();
        for text in ["", "-", ".5", "5.", "1,234", "12 ", "NaN", "+1", "1%", "٣", "--1"] {
            assert_eq!(code(text, 2), "invalid_value", "{text}");
        }
        assert!(matches!(parse_units("4.2e2", 0), Err(DecimalError::Exponent(_))));
        assert_eq!(code("421.5", 0), "too_many_decimals");
        assert_eq!(code("9007199254740992", 0), "value_too_large");
        assert_eq!(code("9007199254740991", 1), "value_too_large");
        assert_eq!(code(&"9".repeat(400), 0), "value_too_large");
        let message = parse_units("1000000000000000", 2).unwrap_err().to_string();
        assert!(message.contains("90071992547409.91"), "{message}");
    }

    #[test]
    fn rounds_halves_away_from_zero() {
        for (n, d, quotient) in [
            (5, 2, 3),
            (-5, 2, -3),
            (4, 3, 1),
            (5, 3, 2),
            (0, 7, 0),
            (1, 3, 0),
            (-1, 2, -1),
        ] {
            assert_eq!(divide_half_away(n, d), quotient, "{n} / {d}");
        }
    }

    #[test]
    fn json_keeps_the_digits() {
        assert_eq!(
            serde_json::to_string(&JsonNumber::from_units(MAX_UNITS, 6)).unwrap(),
            "9007199254.740991"
        );
        assert_eq!(
            serde_json::to_string(&[JsonNumber::from_units(-450, 2)]).unwrap(),
            "[-4.5]"
        );
    }
}
