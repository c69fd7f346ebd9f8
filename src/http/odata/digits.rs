//! Numbers compared by their digits, whatever their size: exactly, and never through a float.

use std::cmp::Ordering;

/// A number, ready to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    is_negative: bool,
    /// Without zeros in front.
    whole: String,
    /// Without zeros at the end.
    fraction: String,
}

impl Digits {
    /// Reads digits, with a sign before them and a fraction behind them if there are; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let is_zero = whole.is_empty() && fraction.is_empty();
        Some(Self {
            is_negative: text.starts_with('-') && !is_zero,
            whole,
            fraction,
        })
    }

    fn size(&self) -> (usize, &str, &str) {
        (self.whole.len(), &self.whole, &self.fraction)
    }
}

impl Ord for Digits {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.size().cmp(&other.size()),
            (true, true) => other.size().cmp(&self.size()),
            (is_negative, _) => other.is_negative.cmp(&is_negative),
        }
    }
}

impl PartialOrd for Digits {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decimal::format_units;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_is_that_of_the_numbers(left in -2_000_000_i128..2_000_000, right in -2_000_000_i128..2_000_000, decimals in 0_u8..=6) {
            let digits = |units| Digits::parse(&format_units(units, decimals)).unwrap();
            prop_assert_eq!(digits(left).cmp(&digits(right)), left.cmp(&right));
        }

        #[test]
        fn zeros_at_the_ends_do_not_count(units in any::<i64>(), zeros in "0{0,5}") {
            let text = format_units(units.into(), 3);
            let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
            let point = if digits.contains('.') { "" } else { ".0" };
            let padded = format!("{sign}{zeros}{digits}{point}{zeros}");
            prop_assert_eq!(Digits::parse(&padded), Digits::parse(&text));
        }
    }

    #[test]
    fn reads_digits_only() {
        for text in ["", "-", ".", "1.", ".5", "1e3", "--1", "1_000", "٣", "INF"] {
            assert_eq!(Digits::parse(text), None, "{text}");
        }
        assert_eq!(Digits::parse("-0.00"), Digits::parse("0"));
    }
}
