//! The types of period, and which of them add up to which.

use super::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// The length of a period, and so the frequency in which a measure is reported.
    PeriodKind {
        Day = "day",
        Week = "week",
        Month = "month",
        Quarter = "quarter",
        Half = "half",
        Year = "year",
        FiscalYear = "fiscal_year",
    }
}

impl PeriodKind {
    /// Whether periods of this kind fill one of the other kind exactly. A kind makes itself. Days make every
    /// kind; weeks nothing coarser; months and their multiples a fiscal year only where its start fits them.
    pub fn makes(self, coarser: Self, fiscal_start: FiscalStart) -> bool {
        use PeriodKind::*;
        match (self, coarser) {
            (a, b) if a == b => true,
            (Day, _) => true,
            (Month, Quarter | Half | Year | FiscalYear) => true,
            (Quarter, Half | Year) | (Half, Year) => true,
            (Quarter, FiscalYear) => fiscal_start.months_into_year().is_multiple_of(3),
            (Half, FiscalYear) => fiscal_start.months_into_year().is_multiple_of(6),
            _ => false,
        }
    }

    /// The coarser kinds that periods of this kind make, finest first, without itself.
    pub fn coarser_kinds(self, fiscal_start: FiscalStart) -> Vec<Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(|&kind| kind != self && self.makes(kind, fiscal_start))
            .collect()
    }

    /// A period of this kind as people write it, for messages.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Day => "2026-03-15",
            Self::Week => "2026-W09",
            Self::Month => "2026-03",
            Self::Quarter => "2026-Q1",
            Self::Half => "2026-H1",
            Self::Year => "2026",
            Self::FiscalYear => "FY2026",
        }
    }

    /// The place of the kind in an encoded period: 1 for a day up to 7 for a fiscal year.
    pub(super) const fn number(self) -> i32 {
        self as i32 + 1
    }

    pub(super) fn from_number(number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.number() == number)
    }
}

/// The month, 1 to 12, in which a coalition's fiscal or school year begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct FiscalStart(u8);

impl FiscalStart {
    /// A fiscal year that is the calendar year.
    pub const JANUARY: Self = Self(1);

    /// The start in that month; `None` unless it is 1 to 12.
    pub fn new(month: u8) -> Option<Self> {
        (1..=12).contains(&month).then_some(Self(month))
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.0
    }

    /// How many months of the calendar year lie before the start: 0 to 11.
    pub(super) const fn months_into_year(self) -> u32 {
        self.0 as u32 - 1
    }
}

impl TryFrom<u8> for FiscalStart {
    type Error = &'static str;

    fn try_from(month: u8) -> Result<Self, Self::Error> {
        Self::new(month)
            .ok_or("the first month of the fiscal year is a number from 1 (January) to 12 (December)")
    }
}

impl From<FiscalStart> for u8 {
    fn from(start: FiscalStart) -> Self {
        start.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(month: u8) -> FiscalStart {
        FiscalStart::new(month).unwrap()
    }

    #[test]
    fn words_and_kinds_agree() {
        for kind in PeriodKind::ALL {
            assert_eq!(PeriodKind::parse(kind.as_str()), Some(*kind));
            assert_eq!(PeriodKind::from_number(kind.number()), Some(*kind));
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!(PeriodKind::parse("decade"), None);
    }

    #[test]
    fn weeks_make_nothing_coarser() {
        assert!(PeriodKind::Week.coarser_kinds(start(1)).is_empty());
        assert!(PeriodKind::Week.makes(PeriodKind::Week, start(1)));
    }

    #[test]
    fn a_fiscal_year_takes_what_fits_its_start() {
        use PeriodKind::*;
        for (month, quarters, halves) in [
            (1, true, true),
            (7, true, true),
            (4, true, false),
            (10, true, false),
            (9, false, false),
        ] {
            assert!(Month.makes(FiscalYear, start(month)));
            assert_eq!(Quarter.makes(FiscalYear, start(month)), quarters, "{month}");
            assert_eq!(Half.makes(FiscalYear, start(month)), halves, "{month}");
            assert!(!Year.makes(FiscalYear, start(month)));
        }
    }

    #[test]
    fn lists_what_would_fit() {
        use PeriodKind::*;
        assert_eq!(Month.coarser_kinds(start(9)), [Quarter, Half, Year, FiscalYear]);
        assert_eq!(Quarter.coarser_kinds(start(9)), [Half, Year]);
        assert!(Year.coarser_kinds(start(1)).is_empty());
    }

    #[test]
    fn a_fiscal_start_is_a_month() {
        assert!(FiscalStart::new(0).is_none() && FiscalStart::new(13).is_none());
        assert!(serde_json::from_str::<FiscalStart>("13").is_err());
    }
}
