use super::period::{Period, PeriodError};
use super::period_kind::{FiscalStart, PeriodKind};
use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;

pub(super) fn fiscal(month: u8) -> FiscalStart {
    FiscalStart::new(month).unwrap()
}

pub(super) fn period(text: &str) -> Period {
    Period::parse(text).unwrap()
}

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn any_start() -> impl Strategy<Value = FiscalStart> {
    (1_u8..=12).prop_map(fiscal)
}

pub(super) fn any_kind() -> impl Strategy<Value = PeriodKind> {
    proptest::sample::select(PeriodKind::ALL)
}

pub(super) fn any_period() -> impl Strategy<Value = Period> {
    any_kind().prop_flat_map(|kind| {
        (Period::least(kind).ordinal()..=Period::greatest(kind).ordinal())
            .prop_map(move |ordinal| Period::from_ordinal(kind, ordinal).unwrap())
    })
}

proptest! {
    #[test]
    fn prints_what_it_reads(period in any_period()) {
        prop_assert_eq!(Period::parse(&period.to_string()), Ok(period));
        prop_assert_eq!(Period::from_encoded(period.encoded()), Some(period));
        let json = serde_json::to_string(&period).unwrap();
        prop_assert_eq!(&json, &period.encoded().to_string());
        prop_assert_eq!(serde_json::from_str::<Period>(&json).unwrap(), period);
    }

    #[test]
    fn reads_any_text_without_panic(text in ".{0,12}", near in "(FY)?[0-9]{3,5}(-[HQW]?[0-9]{1,2}){0,2}") {
        for text in [text, near] {
            if let Ok(period) = Period::parse(&text) {
                prop_assert_eq!(period.to_string(), text.to_uppercase());
            }
        }
    }

    #[test]
    fn sorts_by_kind_and_then_by_start(a in any_period(), b in any_period(), fiscal in any_start()) {
        let by_start = (a.kind(), a.start(fiscal)).cmp(&(b.kind(), b.start(fiscal)));
        prop_assert_eq!(a.cmp(&b), by_start);
        prop_assert_eq!(a.encoded().cmp(&b.encoded()), by_start);
    }

    #[test]
    fn neighbours_touch(period in any_period(), fiscal in any_start()) {
        prop_assert!(period.start(fiscal) <= period.end(fiscal));
        if let Some(next) = period.next() {
            prop_assert_eq!(next.previous(), Some(period));
            prop_assert_eq!(period.end(fiscal).succ_opt(), Some(next.start(fiscal)));
        } else {
            prop_assert_eq!(period, Period::greatest(period.kind()));
        }
    }

    #[test]
    fn contains_its_own_days(period in any_period(), fiscal in any_start()) {
        for day in [period.start(fiscal), period.end(fiscal)] {
            prop_assert_eq!(Period::containing(period.kind(), day, fiscal), period);
        }
    }

    #[test]
    fn a_coarser_period_holds_the_whole_of_it(fine in any_period(), to in any_kind(), fiscal in any_start()) {
        match fine.coarsen(to, fiscal) {
            Some(coarse) => {
                prop_assert!(fine.kind().makes(to, fiscal));
                prop_assert!(coarse.start(fiscal) <= fine.start(fiscal) && fine.end(fiscal) <= coarse.end(fiscal));
                prop_assert!(coarse.finer_periods(fine.kind(), fiscal).any(|part| part == fine));
            }
            None => {
                let at_the_edge = !(1002..=9997).contains(&fine.start(fiscal).year());
                prop_assert!(at_the_edge || !fine.kind().makes(to, fiscal));
            }
        }
    }

    #[test]
    fn finer_periods_fill_it_without_gaps(coarse in any_period(), kind in any_kind(), fiscal in any_start()) {
        prop_assume!((1002..=9997).contains(&coarse.start(fiscal).year()));
        let parts: Vec<Period> = coarse.finer_periods(kind, fiscal).collect();
        if !kind.makes(coarse.kind(), fiscal) {
            prop_assert!(parts.is_empty());
            return Ok(());
        }
        prop_assert_eq!(parts[0].start(fiscal), coarse.start(fiscal));
        prop_assert_eq!(parts[parts.len() - 1].end(fiscal), coarse.end(fiscal));
        prop_assert!(parts.windows(2).all(|pair| pair[0].next() == Some(pair[1])));
        prop_assert!(parts.iter().all(|part| part.coarsen(coarse.kind(), fiscal) == Some(coarse)));
    }
}

#[test]
fn dates_of_each_kind() {
    for (text, start, end) in [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-H2", "2026-07-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2026-W53", "2026-12-28", "2027-01-03"),
        ("2026-03-15", "2026-03-15", "2026-03-15"),
        ("FY2026", "2025-07-01", "2026-06-30"),
        ("1000", "1000-01-01", "1000-12-31"),
        ("9999-12-31", "9999-12-31", "9999-12-31"),
    ] {
        let period = period(text);
        assert_eq!(
            (period.start(fiscal(7)), period.end(fiscal(7))),
            (date(start), date(end)),
            "{text}"
        );
    }
    let year = period("FY2026");
    assert_eq!(
        (year.start(fiscal(1)), year.end(fiscal(1))),
        (date("2026-01-01"), date("2026-12-31"))
    );
    assert_eq!(
        (year.start(fiscal(12)), year.end(fiscal(12))),
        (date("2025-12-01"), date("2026-11-30"))
    );
}

#[test]
fn refuses_what_is_not_in_the_calendar() {
    for text in [
        "2025-W53",
        "2026-W00",
        "2026-W54",
        "2026-13",
        "2026-00",
        "2026-Q5",
        "2026-Q0",
        "2026-H3",
        "2026-02-29",
        "0999",
        "FY0999",
    ] {
        assert!(
            matches!(Period::parse(text), Err(PeriodError::NotInCalendar(..))),
            "{text}"
        );
    }
    for text in [
        "",
        "26",
        "2026-",
        "2026-3",
        "2026-3-15",
        "2026-W9",
        "2026Q1",
        "FY26",
        "FY20266",
        "12026",
        "２０２６",
        "2026-03-15 ",
        "20260315",
    ] {
        assert!(
            matches!(Period::parse(text), Err(PeriodError::Shape(_))),
            "{text}"
        );
    }
    assert!(
        Period::parse("spring")
            .unwrap_err()
            .to_string()
            .contains("2026-Q1")
    );
}

#[test]
fn no_period_has_another_number() {
    for encoded in [
        0,
        -1,
        i32::MAX,
        i32::MIN,
        1 << 24,
        (6 << 24) | 999,
        (6 << 24) | 10_000,
        (8 << 24) | 2026,
    ] {
        assert_eq!(Period::from_encoded(encoded), None, "{encoded}");
    }
}

#[test]
fn coarsens_what_fits() {
    let coarsen = |text: &str, to, month| {
        period(text)
            .coarsen(to, fiscal(month))
            .map(|period| period.to_string())
    };
    assert_eq!(
        coarsen("2026-03", PeriodKind::Quarter, 1).as_deref(),
        Some("2026-Q1")
    );
    assert_eq!(
        coarsen("2025-07", PeriodKind::FiscalYear, 7).as_deref(),
        Some("FY2026")
    );
    assert_eq!(
        coarsen("2025-06", PeriodKind::FiscalYear, 7).as_deref(),
        Some("FY2025")
    );
    assert_eq!(
        coarsen("2026-H2", PeriodKind::FiscalYear, 7).as_deref(),
        Some("FY2027")
    );
    assert_eq!(coarsen("2026-H2", PeriodKind::FiscalYear, 9), None);
    assert_eq!(
        coarsen("2026-01-01", PeriodKind::Week, 1).as_deref(),
        Some("2026-W01")
    );
    assert_eq!(coarsen("2026-W09", PeriodKind::Month, 1), None);
    assert_eq!(coarsen("2026", PeriodKind::Month, 1), None);
    assert_eq!(
        coarsen("9999-09", PeriodKind::FiscalYear, 7),
        None,
        "FY10000 is no period"
    );
    assert_eq!(
        period("FY2026")
            .finer_periods(PeriodKind::Quarter, fiscal(7))
            .map(|part| part.to_string())
            .collect::<Vec<_>>(),
        ["2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"]
    );
}
