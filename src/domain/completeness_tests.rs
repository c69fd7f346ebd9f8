use super::*;
use crate::domain::completeness::Answered;
use crate::domain::fixture::*;
use crate::domain::period_kind::FiscalStart;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn due(days: u16) -> Measure {
    Measure {
        due_days: Some(days),
        ..number(1)
    }
}

fn item(measure: &Measure, answered: Option<(Standing, &str)>, today: &str) -> (Status, Option<Timeliness>) {
    let schema = schema(vec![measure.clone()]);
    let answered = answered.map(|(standing, first_on)| Answered {
        standing,
        first_at: 0,
        first_on: day(first_on),
    });
    let item = Item::of(&schema, measure, period("2025"), answered, day(today));
    (item.status, item.timeliness)
}

#[test]
fn an_answer_is_in_time_through_the_due_day() {
    use Standing::*;
    let told = |standing, first_on| item(&due(31), Some((standing, first_on)), "2026-06-01").1;
    assert_eq!(told(Contributed, "2026-01-31"), Some(Timeliness::OnTime));
    assert_eq!(told(Contributed, "2026-02-01"), Some(Timeliness::Late));
    assert_eq!(told(NotAvailable, "2025-12-30"), Some(Timeliness::OnTime));
    assert_eq!(told(NotApplicable, "2026-05-01"), None, "nothing was due");
    let never = item(&number(1), Some((Contributed, "2026-05-01")), "2026-06-01");
    assert_eq!(never, (Status::Reported, None));
}

#[test]
fn what_is_missing_is_awaited_until_it_is_due() {
    let told = |today| item(&due(31), None, today);
    assert_eq!(told("2026-01-31"), (Status::Missing, Some(Timeliness::Awaited)));
    assert_eq!(told("2026-02-01"), (Status::Missing, Some(Timeliness::Overdue)));
    assert_eq!(item(&number(1), None, "2026-02-01"), (Status::Missing, None));
}

#[test]
fn counts_leave_out_what_is_not_applicable() {
    let item = |status, timeliness| Item {
        measure_id: 1,
        status,
        due_on: None,
        first_at: None,
        timeliness,
    };
    let items = [
        item(Status::Reported, Some(Timeliness::OnTime)),
        item(Status::Reported, Some(Timeliness::Late)),
        item(Status::NotAvailable, Some(Timeliness::OnTime)),
        item(Status::NotApplicable, None),
        item(Status::Missing, Some(Timeliness::Overdue)),
        item(Status::Missing, Some(Timeliness::Awaited)),
    ];
    let counts = Counts {
        expected: 5,
        reported: 2,
        not_available: 1,
        not_applicable: 1,
        missing: 2,
        on_time: 2,
        late: 1,
        overdue: 1,
    };
    assert_eq!(Counts::of(&items), counts);
}

#[test]
fn only_periods_that_have_ended_are_asked_about() {
    let schema = schema(vec![monthly(1)]);
    let told = |range: Option<&str>, today: &str, earliest: Option<&str>| {
        let range = range.map(|range| PeriodRange::parse(range, FiscalStart::JANUARY).unwrap());
        let earliest = earliest.map(period);
        let window = window(&schema, &schema.measures[0], range, earliest, day(today))?;
        Some((window.1.0.to_string(), window.1.1.to_string()))
    };
    let both = |first: &str, last: &str| Some((first.to_owned(), last.to_owned()));
    assert_eq!(told(None, "2026-03-31", None), both("2026-02", "2026-02"));
    assert_eq!(told(None, "2026-04-01", None), both("2026-03", "2026-03"));
    assert_eq!(told(Some("2026"), "2026-03-15", None), both("2026-01", "2026-02"));
    assert_eq!(
        told(Some("2025-11.."), "2026-01-15", None),
        both("2025-11", "2025-12")
    );
    assert_eq!(
        told(Some("..2025"), "2026-03-15", Some("2025-06")),
        both("2025-06", "2025-12")
    );
    assert_eq!(
        told(Some("..2025"), "2026-03-15", None),
        None,
        "nobody ever answered"
    );
    assert_eq!(told(Some("2027"), "2026-03-15", None), None);
}

#[test]
fn what_is_expected_follows_the_membership() {
    let schema = schema(vec![monthly(1), number(2)]);
    let member = Membership {
        from: Some(day("2026-02-10")),
        measures: Some(vec![1]),
        ..partner(1)
    };
    let windows = [
        (&schema.measures[0], (period("2026-01"), period("2026-03"))),
        (&schema.measures[1], (period("2026"), period("2026"))),
    ];
    let told: Vec<String> = expected(&schema, &member, &windows)
        .keys()
        .map(Period::to_string)
        .collect();
    assert_eq!(told, ["2026-02", "2026-03"]);
}

proptest! {
    #[test]
    fn everything_expected_is_in_one_of_the_counts(
        standings in proptest::collection::vec(0_usize..4, 0..20), first in 0_u64..60, due_days in proptest::option::of(0_u16..60),
    ) {
        let measure = Measure { due_days, ..number(1) };
        let schema = schema(vec![measure.clone()]);
        let items: Vec<Item> = standings.iter().map(|&place| {
            let standing = [Standing::Contributed, Standing::NotAvailable, Standing::NotApplicable].get(place);
            let answered = standing.map(|&standing| Answered {
                standing,
                first_at: 0,
                first_on: day("2026-01-01") + Days::new(first),
            });
            Item::of(&schema, &measure, period("2025"), answered, day("2026-02-01"))
        }).collect();
        let counts = Counts::of(&items);
        prop_assert_eq!(counts.expected + counts.not_applicable, items.len() as u32);
        prop_assert!(counts.overdue <= counts.missing);
        let answered = counts.reported + counts.not_available;
        prop_assert_eq!(counts.on_time + counts.late, if due_days.is_some() { answered } else { 0 });
    }
}
