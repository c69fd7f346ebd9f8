use super::*;
use crate::domain::fixture::period;
use proptest::prelude::*;

fn whole(value: i128) -> Rational {
    Rational::new(value, 1).unwrap()
}

fn at(text: &str, value: i128) -> Reference {
    Reference {
        period: period(text),
        value: whole(value),
    }
}

fn point(text: &str, value: i128, contributors: u32) -> Point {
    Point {
        period: period(text),
        value: Some(whole(value)),
        contributors,
    }
}

struct Given {
    direction: Direction,
    points: Vec<Point>,
    baselines: Vec<Reference>,
    targets: Vec<Reference>,
    breaks: Vec<NaiveDate>,
}

impl Given {
    /// From 100 in 2020 towards 200 in 2030.
    fn new(points: Vec<Point>) -> Self {
        Self {
            direction: Direction::Up,
            points,
            baselines: vec![at("2020", 100)],
            targets: vec![at("2030", 200)],
            breaks: vec![],
        }
    }

    fn told(&self) -> Progress {
        progress(&Series {
            direction: self.direction,
            points: &self.points,
            baselines: &self.baselines,
            targets: &self.targets,
            breaks: &self.breaks,
            fiscal_start: FiscalStart::JANUARY,
            today: "2026-03-01".parse().unwrap(),
        })
    }
}

#[test]
fn the_example_of_the_libraries() {
    let given = Given {
        baselines: vec![at("2009", 300_000)],
        targets: vec![at("2020", 600_000)],
        ..Given::new(vec![point("2016", 400_000, 50), point("2017", 421_337, 52)])
    };
    let told = given.told();
    assert_eq!(
        (told.progress, told.status, told.reason),
        (Some(4045), ProgressStatus::Behind, None)
    );
    assert_eq!(told.latest.unwrap().period, period("2017"));
    assert_eq!(
        crate::domain::decimal::format_units(told.progress.unwrap(), PROGRESS_DECIMALS),
        "0.4045"
    );
}

#[test]
fn one_early_reporter_does_not_bend_the_curve() {
    let points = |last| {
        vec![
            point("2019", 90, 10),
            point("2024", 140, 9),
            point("2025", 900, last),
        ]
    };
    assert_eq!(
        Given::new(points(7)).told().latest.unwrap().period,
        period("2024")
    );
    assert_eq!(
        Given::new(points(8)).told().latest.unwrap().period,
        period("2025"),
        "80 % of ten is enough"
    );
}

#[test]
fn latest_has_ended_and_lies_after_the_baseline() {
    let given = Given::new(vec![point("2020", 100, 5), point("2026", 150, 5)]);
    let told = given.told();
    assert_eq!(
        (told.latest, told.status, told.reason),
        (None, ProgressStatus::Unknown, Some(Reason::NoLatest))
    );
}

#[test]
fn the_earliest_baseline_and_the_next_target_are_taken() {
    let given = Given {
        baselines: vec![at("2022", 120), at("2020", 100)],
        targets: vec![at("2030", 200), at("2023", 130), at("2025", 150)],
        ..Given::new(vec![point("2024", 140, 5)])
    };
    let told = given.told();
    assert_eq!(
        (told.baseline, told.target),
        (Some(at("2020", 100)), Some(at("2025", 150)))
    );
    let given = Given {
        targets: vec![at("2022", 130), at("2023", 300)],
        ..given
    };
    assert_eq!(given.told().target, Some(at("2023", 300)), "else the last");
    assert_eq!(
        given.told().status,
        ProgressStatus::Behind,
        "the line stays level after the target's period"
    );
}

#[test]
fn what_is_missing_is_said() {
    let points = || vec![point("2025", 150, 5)];
    let reason = |given: Given| given.told().reason;
    assert_eq!(
        reason(Given {
            baselines: vec![],
            ..Given::new(points())
        }),
        Some(Reason::NoBaseline)
    );
    assert_eq!(
        reason(Given {
            targets: vec![],
            ..Given::new(points())
        }),
        Some(Reason::NoTarget)
    );
    assert_eq!(reason(Given::new(vec![])), Some(Reason::NoLatest));
    assert_eq!(
        reason(Given::new(vec![Point {
            value: None,
            ..points()[0]
        }])),
        Some(Reason::NoValue)
    );
}

#[test]
fn a_break_between_makes_it_unknown() {
    let reason = |date: &str| {
        Given {
            breaks: vec![date.parse().unwrap()],
            ..Given::new(vec![point("2025", 150, 5)])
        }
        .told()
        .reason
    };
    assert_eq!(
        reason("2020-01-01"),
        None,
        "the baseline is the first of the new meaning"
    );
    assert_eq!(reason("2023-01-01"), Some(Reason::Break));
    assert_eq!(reason("2025-01-01"), Some(Reason::Break));
    assert_eq!(reason("2026-01-01"), None);
}

#[test]
fn met_goes_by_direction() {
    use Direction::*;
    let status = |direction, target, value| {
        Given {
            direction,
            targets: vec![at("2030", target)],
            ..Given::new(vec![point("2025", value, 5)])
        }
        .told()
        .status
    };
    assert_eq!(status(Up, 200, 200), ProgressStatus::Met);
    assert_eq!(status(Down, 50, 40), ProgressStatus::Met);
    assert_eq!(status(Down, 50, 70), ProgressStatus::OnTrack);
    assert_eq!(
        (status(Neutral, 50, 40), status(Neutral, 200, 210)),
        (ProgressStatus::Met, ProgressStatus::Met)
    );
    assert_eq!(status(Neutral, 50, 110), ProgressStatus::MovingAway);
    assert_eq!(
        (status(Neutral, 100, 100), status(Neutral, 100, 101)),
        (ProgressStatus::Met, ProgressStatus::MovingAway)
    );
}

#[test]
fn a_target_that_is_the_baseline_has_no_progress() {
    let told = |value| {
        Given {
            targets: vec![at("2030", 100)],
            ..Given::new(vec![point("2025", value, 5)])
        }
        .told()
    };
    assert_eq!(
        (told(99).progress, told(99).status),
        (None, ProgressStatus::MovingAway)
    );
    assert_eq!(
        (told(100).progress, told(100).status),
        (None, ProgressStatus::Met)
    );
}

#[test]
fn on_track_is_at_or_ahead_of_the_line() {
    let told = |value| Given::new(vec![point("2025", value, 5)]).told();
    assert_eq!(
        told(150).status,
        ProgressStatus::OnTrack,
        "1,826 of 3,652 days are exactly half"
    );
    assert_eq!(told(149).status, ProgressStatus::Behind);
    assert_eq!(
        (told(99).status, told(99).progress),
        (ProgressStatus::MovingAway, Some(-100))
    );
}

proptest! {
    #[test]
    fn never_panics_and_agrees_with_itself(
        baseline in any::<i64>(), target in any::<i64>(), above in any::<i64>(), below in 1_i64..i64::MAX, down in any::<bool>(),
    ) {
        let value = Rational::new(above.into(), below.into());
        let given = Given {
            direction: if down { Direction::Down } else { Direction::Up },
            baselines: vec![at("2020", baseline.into())],
            targets: vec![at("2030", target.into())],
            ..Given::new(vec![Point { period: period("2025"), value, contributors: 1 }])
        };
        let told = given.told();
        prop_assert_eq!(told.status == ProgressStatus::Unknown, told.reason.is_some());
    }
}
