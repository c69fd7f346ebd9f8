//! Whatever is written where a period, a range, a cell or a figure is expected: it is read or refused, and what is read
//! prints as what reads the same.

use proptest::prelude::*;

use super::decimal::{format_units, parse_units};
use super::period::Period;
use super::period_kind::FiscalStart;
use super::period_range::PeriodRange;
use super::sample;
use crate::damage::damaged_text;

const PERIODS: [&str; 9] = [
    "2026",
    "2026-H1",
    "2026-Q4",
    "2026-12",
    "2026-W53",
    "2024-02-29",
    "FY2026",
    "fy1000",
    "9999-12-31",
];
const RANGES: [&str; 5] = [
    "2009..2017",
    "2015..",
    "..2017",
    "2026-Q1..2026-Q3",
    "2026-W09..2026-12-31",
];
const CELLS: [&str; 5] = [
    "",
    "age_group=children",
    "age_group=old_adult,sex=f",
    "race=A,sex=m,age_group=_",
    "sex=_",
];
const FIGURES: [&str; 7] = [
    "421",
    "-0.5",
    "421.000000",
    "9007199254740991",
    "-9007199254.740991",
    "0",
    "1e3",
];

proptest! {
    #[test]
    fn a_period(text in damaged_text(&PERIODS)) {
        if let Ok(period) = Period::parse(&text) {
            let printed = period.to_string();
            prop_assert!(printed.eq_ignore_ascii_case(&text));
            prop_assert_eq!(Period::parse(&printed), Ok(period));
        }
    }

    #[test]
    fn a_range(text in damaged_text(&RANGES), month in 1..=12_u8) {
        let start = FiscalStart::new(month).expect("a month");
        if let Err(error) = PeriodRange::parse(&text, start) {
            prop_assert!(error.to_string().len() < text.len() + 400);
        }
    }

    #[test]
    fn a_cell(text in damaged_text(&CELLS)) {
        let schema = sample::schema();
        if let Some(cell) = schema.parse_cell_key(&text) {
            prop_assert_eq!(schema.parse_cell_key(&schema.cell_key(&cell)), Some(cell));
        }
    }

    #[test]
    fn a_figure(text in damaged_text(&FIGURES), decimals in 0..=6_u8) {
        if let Ok(units) = parse_units(&text, decimals) {
            prop_assert!(units.abs() < 1 << 53);
            prop_assert_eq!(parse_units(&format_units(units.into(), decimals), decimals), Ok(units));
        }
    }
}
