use super::*;
use crate::domain::fixture::period;
use crate::domain::period_kind::FiscalStart;
use crate::domain::progress::{Reference, progress};
use chrono::NaiveDate;
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

/// A series from 100 in 2015 towards a target in 2030, as it stood in March 2026.
struct Given {
    direction: Direction,
    points: Vec<Point>,
    target: i128,
    breaks: Vec<NaiveDate>,
}

impl Given {
    /// Values of the years from 2016 on, from ten organizations each.
    fn new(target: i128, values: &[i128]) -> Self {
        let point = |(year, value): (i32, &i128)| Point {
            period: period(&year.to_string()),
            value: Some(whole(*value)),
            contributors: 10,
        };
        Self {
            direction: if target < 100 {
                Direction::Down
            } else {
                Direction::Up
            },
            points: (2016..).zip(values).map(point).collect(),
            target,
            breaks: Vec::new(),
        }
    }

    fn told(&self) -> (Progress, Forecast) {
        let series = Series {
            direction: self.direction,
            points: &self.points,
            baselines: &[at("2015", 100)],
            targets: &[at("2030", self.target)],
            breaks: &self.breaks,
            fiscal_start: FiscalStart::JANUARY,
            today: "2026-03-01".parse().unwrap(),
        };
        let progress = progress(&series);
        (progress.clone(), forecast(&series, &progress, 0))
    }

    /// The period in which the target is met, or why none is told; then the earliest and the latest.
    fn met_in(&self) -> [String; 3] {
        let text = |period: Option<Period>| period.map_or("-".to_owned(), |period| period.to_string());
        let meeting = self.told().1.meeting;
        let period = meeting
            .period
            .map_or_else(|reason| reason.to_string(), |period| period.to_string());
        [period, text(meeting.earliest), text(meeting.latest)]
    }
}

#[test]
fn a_steady_pace_goes_on() {
    let given = Given::new(200, &[105, 110, 115, 120, 125, 130, 135, 140, 145, 150]);
    let (progress, forecast) = given.told();
    let trend = forecast.trend.unwrap();
    assert_eq!(
        (trend.points, trend.since, trend.period),
        (10, period("2016"), period("2030"))
    );
    assert_eq!(trend.slope, (whole(5), whole(5), whole(5)));
    assert_eq!(trend.value, (whole(175), whole(175), whole(175)));
    assert_eq!(given.met_in(), ["2035", "2035", "2035"]);
    // 3,653 of 5,479 days have passed.
    let line = progress.line.unwrap();
    assert_eq!(line, Rational::new(100 * 5_479 + 100 * 3_653, 5_479).unwrap());
}

#[test]
fn the_interval_makes_an_earliest_and_a_latest() {
    let given = Given::new(400, &[100, 140, 130, 200]);
    let trend = given.told().1.trend.unwrap();
    let third = |thirds| Rational::new(thirds, 6).unwrap();
    assert_eq!(trend.slope, (third(190), whole(-10), whole(70)));
    assert_eq!(given.met_in(), ["2026", "2022", "-"]);
}

#[test]
fn a_target_below_is_met_from_above() {
    assert_eq!(
        Given::new(50, &[98, 95, 94, 91, 89]).met_in(),
        ["2039", "2033", "2062"]
    );
    let neutral = Given {
        direction: Direction::Neutral,
        ..Given::new(50, &[98, 95, 94, 91, 89])
    };
    assert_eq!(neutral.met_in(), ["2039", "2033", "2062"]);
}

#[test]
fn why_nothing_is_told() {
    let reason = |given: Given| given.met_in()[0].clone();
    assert_eq!(reason(Given::new(200, &[110, 120, 130])), "too_few_points");
    assert_eq!(reason(Given::new(200, &[110, 120, 130, 200])), "met");
    assert_eq!(reason(Given::new(200, &[110, 105, 103, 102])), "never");
    assert_eq!(reason(Given::new(200, &[110, 110, 110, 110])), "never");
    assert_eq!(reason(Given::new(2_000, &[100, 110, 120, 130])), "too_far");
    assert_eq!(reason(Given::new(200, &[])), "unknown_progress");
    assert!(Given::new(200, &[110, 120, 130]).told().1.trend.is_none());
}

#[test]
fn what_is_ahead_of_the_trend_waits_for_it() {
    // The last year fell behind a trend that has passed the target.
    assert_eq!(
        Given::new(150, &[100, 120, 140, 160, 180, 140]).met_in()[0],
        "2022"
    );
}

#[test]
fn only_comparable_figures_make_the_trend() {
    let values = [500, 600, 700, 110, 120, 130, 140];
    let broken = |year: &str| Given {
        breaks: vec![format!("{year}-01-01").parse().unwrap()],
        ..Given::new(200, &values)
    };
    let trend = |given: &Given| {
        given
            .told()
            .1
            .trend
            .map(|trend| (trend.points, trend.since.to_string()))
    };
    assert_eq!(trend(&broken("2019")), Some((4, "2019".into())));
    assert_eq!(trend(&broken("2020")), None);
    assert_eq!(trend(&broken("2026")), Some((7, "2016".into())), "it lies ahead");
    let given = broken("2019");
    assert_eq!(
        given.met_in()[0],
        "unknown_progress",
        "the baseline is of the old meaning"
    );
    let mut few = Given::new(200, &[110, 120, 130, 140, 900]);
    few.points[4].contributors = 7;
    assert_eq!(trend(&few), Some((4, "2016".into())), "too few answered");
    few.points[3].value = None;
    assert_eq!(trend(&few), None);
}

#[test]
fn at_most_a_hundred_points_count() {
    let days: Vec<NaiveDate> = NaiveDate::from_ymd_opt(2025, 1, 1)
        .unwrap()
        .iter_days()
        .take(200)
        .collect();
    let point = |(day, value): (&NaiveDate, i128)| Point {
        period: period(&day.to_string()),
        value: Some(whole(value)),
        contributors: 1,
    };
    let given = Given {
        points: days.iter().zip(0..).map(point).collect(),
        ..Given::new(200, &[])
    };
    let trend = given.told().1.trend.unwrap();
    assert_eq!(
        (trend.points, trend.since.to_string()),
        (100, days[100].to_string())
    );
}

proptest! {
    #[test]
    fn the_target_is_met_where_it_is_said(values in proptest::collection::vec(-500_i128..500, 4..10), target in -999_i128..999) {
        let given = Given::new(target, &values);
        let (_, forecast) = given.told();
        if let Ok(met) = forecast.meeting.period {
            let points = &given.points;
            let line = line(points, 0).unwrap();
            let is_met = |period: Period| {
                let value = line.at(period, line.fit.slope).unwrap();
                if target < 100 { value <= whole(target) } else { value >= whole(target) }
            };
            prop_assert!(is_met(met));
            let before = met.previous().unwrap();
            prop_assert!(before == points.last().unwrap().period || !is_met(before));
            prop_assert!(forecast.meeting.earliest.is_some_and(|earliest| earliest <= met));
            prop_assert!(forecast.meeting.latest.is_none_or(|latest| latest >= met));
        }
        if let Some(Trend { value: (value, low, high), .. }) = forecast.trend {
            prop_assert!(low <= value && value <= high);
        }
    }

    #[test]
    fn never_panics(values in proptest::collection::vec((any::<i64>(), 1_i64..i64::MAX), 4..8), target in any::<i64>(), decimals in 0_u8..=6) {
        let mut given = Given::new(target.into(), &[0; 8]);
        given.points.truncate(values.len());
        for (point, (above, below)) in given.points.iter_mut().zip(values) {
            point.value = Rational::new(above.into(), below.into());
        }
        let series = Series {
            direction: Direction::Neutral,
            points: &given.points,
            baselines: &[at("2015", 100)],
            targets: &[at("2030", target.into())],
            breaks: &[],
            fiscal_start: FiscalStart::JANUARY,
            today: "2026-03-01".parse().unwrap(),
        };
        forecast(&series, &progress(&series), decimals);
    }
}
