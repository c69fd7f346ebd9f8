//! A period of time as one small number that sorts by its type and then by its start.
//!
//! What it is called in texts is in `period_text`. Fiscal years are named by the year in which they end; their
//! dates, and only theirs, need the coalition's first fiscal month.

pub use super::period_text::PeriodError;

use super::period_kind::{FiscalStart, PeriodKind};
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

const ORDINAL_BITS: i32 = 24;
pub(super) const YEARS: std::ops::RangeInclusive<i32> = 1000..=9999;

/// A day, week, month … or fiscal year between the years 1000 and 9999. Encoded as kind × 2^24 + ordinal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "i32", try_from = "i32")]
pub struct Period(i32);

impl Period {
    /// The number under which the period is stored.
    pub const fn encoded(self) -> i32 {
        self.0
    }

    /// The period of a stored number; `None` if no period has it.
    pub fn from_encoded(encoded: i32) -> Option<Self> {
        let kind = PeriodKind::from_number(encoded >> ORDINAL_BITS)?;
        Self::from_ordinal(kind, encoded & ((1 << ORDINAL_BITS) - 1))
    }

    /// The type of the period.
    pub fn kind(self) -> PeriodKind {
        PeriodKind::from_number(self.0 >> ORDINAL_BITS).unwrap_or(PeriodKind::Day)
    }

    /// The first day.
    pub fn start(self, fiscal_start: FiscalStart) -> NaiveDate {
        let ordinal = self.ordinal();
        match self.kind() {
            PeriodKind::Day => day(ordinal),
            PeriodKind::Week => day(ordinal * 7 + 1),
            PeriodKind::Month => first_of_month(ordinal),
            PeriodKind::Quarter => first_of_month(ordinal * 3),
            PeriodKind::Half => first_of_month(ordinal * 6),
            PeriodKind::Year => first_of_month(ordinal * 12),
            PeriodKind::FiscalYear => first_of_month(fiscal_first_month(ordinal, fiscal_start)),
        }
    }

    /// The last day, which belongs to the period.
    pub fn end(self, fiscal_start: FiscalStart) -> NaiveDate {
        let start = self.start(fiscal_start);
        let months = match self.kind() {
            PeriodKind::Day => return start,
            PeriodKind::Week => return start.checked_add_days(Days::new(6)).unwrap_or(NaiveDate::MAX),
            PeriodKind::Month => 1,
            PeriodKind::Quarter => 3,
            PeriodKind::Half => 6,
            PeriodKind::Year | PeriodKind::FiscalYear => 12,
        };
        let next = start.checked_add_months(Months::new(months));
        next.and_then(|date| date.pred_opt()).unwrap_or(NaiveDate::MAX)
    }

    /// The period of the same kind right after; `None` after the last.
    pub fn next(self) -> Option<Self> {
        Self::from_ordinal(self.kind(), self.ordinal() + 1)
    }

    /// The period of the same kind right before; `None` before the first.
    pub fn previous(self) -> Option<Self> {
        Self::from_ordinal(self.kind(), self.ordinal() - 1)
    }

    /// The period of the same kind so many before; the first of the kind where there are not so many.
    pub fn back(self, periods: usize) -> Self {
        let periods = i32::try_from(periods).unwrap_or(i32::MAX);
        let ordinal = self.ordinal().saturating_sub(periods);
        Self::encode(self.kind(), ordinal.max(Self::least(self.kind()).ordinal()))
    }

    /// How many periods there are from this to another of its kind, both included; 0 where that one lies before.
    pub fn count_to(self, last: Self) -> u64 {
        u64::try_from(last.ordinal() - self.ordinal() + 1).unwrap_or(0)
    }

    /// The period of a kind in which a day lies; the first or last of the kind for a day outside its years.
    pub fn containing(kind: PeriodKind, date: NaiveDate, fiscal_start: FiscalStart) -> Self {
        let ordinal = ordinal_of(kind, date, fiscal_start)
            .clamp(Self::least(kind).ordinal(), Self::greatest(kind).ordinal());
        Self::encode(kind, ordinal)
    }

    /// The earliest period of a kind.
    pub fn least(kind: PeriodKind) -> Self {
        Self::encode(kind, limits(kind).0)
    }

    /// The latest period of a kind.
    pub fn greatest(kind: PeriodKind) -> Self {
        Self::encode(kind, limits(kind).1)
    }

    /// The period of the coarser kind that this one is a whole part of (design 3.4); itself for its own kind;
    /// `None` where it does not fit.
    pub fn coarsen(self, to: PeriodKind, fiscal_start: FiscalStart) -> Option<Self> {
        if to == self.kind() {
            return Some(self);
        }
        if !self.kind().makes(to, fiscal_start) {
            return None;
        }
        Self::from_ordinal(to, ordinal_of(to, self.start(fiscal_start), fiscal_start))
    }

    /// The periods of the finer kind that fill this one, in order; itself for its own kind; none where they
    /// do not fit.
    pub fn finer_periods(
        self,
        kind: PeriodKind,
        fiscal_start: FiscalStart,
    ) -> impl Iterator<Item = Self> + use<> {
        let ordinals = if kind == self.kind() {
            self.ordinal()..=self.ordinal()
        } else if kind.makes(self.kind(), fiscal_start) {
            let first = ordinal_of(kind, self.start(fiscal_start), fiscal_start);
            first..=ordinal_of(kind, self.end(fiscal_start), fiscal_start)
        } else {
            std::ops::RangeInclusive::new(1, 0)
        };
        ordinals.filter_map(move |ordinal| Self::from_ordinal(kind, ordinal))
    }

    /// Places since the beginning of the calendar: days, weeks, months … or years, each kind its own count.
    pub(super) const fn ordinal(self) -> i32 {
        self.0 & ((1 << ORDINAL_BITS) - 1)
    }

    pub(super) fn from_ordinal(kind: PeriodKind, ordinal: i32) -> Option<Self> {
        let (least, greatest) = limits(kind);
        (least..=greatest)
            .contains(&ordinal)
            .then(|| Self::encode(kind, ordinal))
    }

    const fn encode(kind: PeriodKind, ordinal: i32) -> Self {
        Self(kind.number() << ORDINAL_BITS | ordinal)
    }
}

impl From<Period> for i32 {
    fn from(period: Period) -> Self {
        period.0
    }
}

impl TryFrom<i32> for Period {
    type Error = &'static str;

    fn try_from(encoded: i32) -> Result<Self, Self::Error> {
        Self::from_encoded(encoded).ok_or("not the number of a period")
    }
}

/// The least and greatest ordinals of a kind: what begins with the year 1000 and ends with 9999. The days and
/// weeks are counted from Monday 0001-01-01, day 1.
const fn limits(kind: PeriodKind) -> (i32, i32) {
    const FIRST_DAY: i32 = 364_878;
    const LAST_DAY: i32 = 3_652_059;
    let (first, last) = (*YEARS.start(), *YEARS.end());
    match kind {
        PeriodKind::Day => (FIRST_DAY, LAST_DAY),
        PeriodKind::Week => ((FIRST_DAY - 1) / 7, LAST_DAY / 7 - 1),
        PeriodKind::Month => (first * 12, last * 12 + 11),
        PeriodKind::Quarter => (first * 4, last * 4 + 3),
        PeriodKind::Half => (first * 2, last * 2 + 1),
        PeriodKind::Year | PeriodKind::FiscalYear => (first, last),
    }
}

fn ordinal_of(kind: PeriodKind, date: NaiveDate, fiscal_start: FiscalStart) -> i32 {
    let month = date.year() * 12 + date.month0() as i32;
    match kind {
        PeriodKind::Day => date.num_days_from_ce(),
        PeriodKind::Week => (date.num_days_from_ce() - 1).div_euclid(7),
        PeriodKind::Month => month,
        PeriodKind::Quarter => month.div_euclid(3),
        PeriodKind::Half => month.div_euclid(6),
        PeriodKind::Year => date.year(),
        PeriodKind::FiscalYear => (month + 12 - fiscal_first_month(1, fiscal_start)).div_euclid(12),
    }
}

/// The count of months at which a fiscal year begins: in the calendar year before, unless it begins in January.
const fn fiscal_first_month(year: i32, fiscal_start: FiscalStart) -> i32 {
    let into = fiscal_start.months_into_year() as i32;
    if into == 0 {
        year * 12
    } else {
        (year - 1) * 12 + into
    }
}

fn day(days: i32) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(days).unwrap_or(NaiveDate::MAX)
}

fn first_of_month(months: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(months.div_euclid(12), months.rem_euclid(12) as u32 + 1, 1)
        .unwrap_or(NaiveDate::MAX)
}
