use super::period::Period;
use super::period_kind::PeriodKind;
use super::period_range::{Bounds, PeriodRange};
use super::period_tests::{any_kind, any_start, fiscal, period};
use chrono::NaiveDate;
use proptest::prelude::*;

proptest! {
    #[test]
    fn bounds_are_the_outermost_periods_within(kind in any_kind(), fiscal in any_start(), from in 500_000_i32..700_000, days in 0_i32..1200) {
        let day = |days| NaiveDate::from_num_days_from_ce_opt(days).unwrap();
        let range = PeriodRange { from: Some(day(from)), to: Some(day(from + days)) };
        let within = |period: Period| range.from <= Some(period.start(fiscal)) && Some(period.end(fiscal)) <= range.to;
        prop_assert_eq!(Bounds::new(&range, fiscal).of(kind), range.bounds(kind, fiscal));
        match range.bounds(kind, fiscal) {
            Some((first, last)) => {
                let between = std::iter::successors(Some(first), |period| period.next());
                let between = between.take_while(|period| *period <= last).count();
                prop_assert_eq!(first.count_to(last), between as u64);
                prop_assert_eq!(last.next().unwrap().count_to(first), 0);
                prop_assert!(within(first) && within(last));
                prop_assert!(!within(first.previous().unwrap()));
                prop_assert!(!within(last.next().unwrap()));
            }
            None => {
                let inside = Period::containing(kind, day(from), fiscal);
                prop_assert!(!within(inside) && !within(inside.next().unwrap()));
            }
        }
    }
}

#[test]
fn reads_ranges() {
    let range = |text| PeriodRange::parse(text, fiscal(7));
    let days = |from: &str, to: &str| PeriodRange {
        from: from.parse().ok(),
        to: to.parse().ok(),
    };
    assert_eq!(range("2009..2017"), Ok(days("2009-01-01", "2017-12-31")));
    assert_eq!(range("2015.."), Ok(days("2015-01-01", "")));
    assert_eq!(range("..2017-03"), Ok(days("", "2017-03-31")));
    assert_eq!(range("FY2026"), Ok(days("2025-07-01", "2026-06-30")));
    for text in ["..", "2017..2009", "2017...2018", "2009-2017", "a..b", ""] {
        assert!(range(text).is_err(), "{text}");
    }
}

#[test]
fn bounds_of_open_and_empty_ranges() {
    let bounds = |text, kind| {
        PeriodRange::parse(text, fiscal(7))
            .unwrap()
            .bounds(kind, fiscal(7))
    };
    assert_eq!(
        bounds("2015..", PeriodKind::Month),
        Some((period("2015-01"), period("9999-12")))
    );
    assert_eq!(
        bounds("2009..2017", PeriodKind::FiscalYear),
        Some((period("FY2010"), period("FY2017")))
    );
    assert_eq!(bounds("2017", PeriodKind::FiscalYear), None);
    assert_eq!(
        bounds("2017", PeriodKind::Year),
        Some((period("2017"), period("2017")))
    );
    assert_eq!(bounds("2017-02", PeriodKind::Quarter), None);
    assert_eq!(
        PeriodRange::ALL.bounds(PeriodKind::Year, fiscal(7)),
        Some((period("1000"), period("9999")))
    );
}
