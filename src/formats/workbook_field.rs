//! What a cell of a workbook says.

use calamine::{DataRef, ExcelDateTime};
use chrono::NaiveDate;

use super::field::Field;

/// The field of a cell.
pub fn field(data: &DataRef<'_>) -> Field {
    match data {
        DataRef::Empty => Field::Blank,
        DataRef::String(text) | DataRef::DurationIso(text) => Field::of(text),
        DataRef::SharedString(text) => Field::of(text),
        DataRef::Int(number) => Field::Number(number.to_string()),
        DataRef::Float(number) => Field::Number(digits(*number)),
        DataRef::Bool(flag) => Field::Flag(*flag),
        DataRef::DateTime(date) => day(date),
        DataRef::DateTimeIso(text) => text
            .get(..10)
            .and_then(|day| day.parse().ok())
            .map_or_else(|| Field::of(text), Field::Date),
        DataRef::Error(error) => Field::Fault(error.to_string()),
    }
}

/// Whether a cell with that number is read as these digits.
pub fn is_shown_as(number: f64, text: &str) -> bool {
    digits(number) == text
}

/// A date; the number of days, where it is a time or what no calendar has.
fn day(date: &ExcelDateTime) -> Field {
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    let is_day = date.is_datetime() && date.as_f64() >= 1.0;
    NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
        .filter(|_| is_day)
        .map_or_else(|| Field::Number(digits(date.as_f64())), Field::Date)
}

/// The digits of a number as a spreadsheet shows them to whoever looks at its cell: at most 15 that count, so that
/// `0.1 + 0.2` is `0.3`; whole numbers in full.
fn digits(number: f64) -> String {
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= WHOLE || !number.is_finite() {
        return number.to_string();
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType::{DateTime, TimeDelta};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keeps_every_number_that_a_spreadsheet_keeps(units in -999_999_999_999_999_i64..=999_999_999_999_999, decimals in 0_u8..=6) {
            let typed = crate::domain::decimal::format_units(units.into(), decimals);
            prop_assert_eq!(digits(typed.parse().unwrap()), if units == 0 { "0".into() } else { typed });
        }

        #[test]
        fn keeps_whole_numbers_in_full(units in -crate::domain::decimal::MAX_UNITS..=crate::domain::decimal::MAX_UNITS) {
            prop_assert_eq!(digits(units as f64), units.to_string());
        }
    }

    #[test]
    fn shows_the_digits_that_a_person_sees() {
        for (number, shown) in [
            (421.0, "421"),
            (0.1 + 0.2, "0.3"),
            (1.1 * 3.0, "3.3"),
            (4.35 * 100.0, "435"),
            (-0.25, "-0.25"),
            (289_745_002.0, "289745002"),
            (1e21, "1000000000000000000000"),
            (1e-7, "0.0000001"),
        ] {
            assert_eq!(digits(number), shown);
        }
    }

    #[test]
    fn tells_dates_from_numbers() {
        let serial =
            |value, kind, is_1904| field(&DataRef::DateTime(ExcelDateTime::new(value, kind, is_1904)));
        let date = |text: &str| Field::Date(text.parse().unwrap());
        assert_eq!(serial(46_023.0, DateTime, false), date("2026-01-01"));
        assert_eq!(serial(46_023.0 - 1462.0, DateTime, true), date("2026-01-01"));
        assert_eq!(serial(0.5, TimeDelta, false), Field::Number("0.5".into()));
        assert_eq!(
            field(&DataRef::DateTimeIso("2026-01-01T00:00:00".into())),
            date("2026-01-01")
        );
        assert_eq!(field(&DataRef::Float(421.0)), Field::Number("421".into()));
        assert_eq!(field(&DataRef::SharedString(" ")), Field::Blank);
    }
}
