//! Where a series is heading: an estimate, not a figure.
//!
//! The **trend** is the line of [`theil_sen`](super::theil_sen) through the figures of the periods that enough
//! organizations answered, as for progress: ended ones, from the last break in comparability on, of these the hundred
//! latest, and at least four. The first coordinate counts periods, the second is the figure to six decimals more than
//! the measure shows; from there on everything is exact until it is rounded for the answer.
//!
//! It is told for the target's period, if that comes after the latest figure, and else for the period after that. Its
//! interval is the one of the slope, at 95 %: how far single figures scatter about the line is not in it, nor is
//! anything that may happen.
//!
//! **At this pace** the target is met in the first period after the latest in which the trend is at or past it, in the
//! measure's direction (neutral: away from the baseline), within the next hundred years.

use super::measure::Direction;
use super::period::Period;
use super::progress::{Point, Progress, ProgressStatus, Series, answered};
use super::rational::Rational;
use super::theil_sen::{Fit, fit};
use super::words::words;
use chrono::Datelike;

/// The most points of a trend.
const MOST: usize = 100;
/// So many decimals more than a measure shows are kept of its figures.
const MORE_DECIMALS: u8 = 6;
/// No target is said to be met later than so many years after the latest figure.
const MOST_YEARS: i32 = 100;

/// What is to be expected if everything goes on as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trend {
    /// From how many figures it was told.
    pub points: usize,
    /// The period of the first of them.
    pub since: Period,
    /// By how much the figure changes from period to period, with the lower and the upper bound.
    pub slope: (Rational, Rational, Rational),
    /// The period that is told about.
    pub period: Period,
    /// Where the trend is then, with the lower and the upper bound.
    pub value: (Rational, Rational, Rational),
}

words! {
    /// Why it is not said when the target is met.
    NoMeeting {
        /// Progress is unknown, for the reason that it states.
        Unknown = "unknown_progress",
        /// It is met already.
        Met = "met",
        /// There are too few comparable figures for a trend.
        TooFewPoints = "too_few_points",
        /// At this pace it is never met.
        Never = "never",
        /// At this pace it takes more than a hundred years.
        TooFar = "too_far",
    }
}

/// When the target is met at this pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meeting {
    /// At the trend's own slope.
    pub period: Result<Period, NoMeeting>,
    /// At the slope's bound that gets there sooner.
    pub earliest: Option<Period>,
    /// At the other one.
    pub latest: Option<Period>,
}

/// A trend, where there are figures enough, and when the target is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Where it is heading.
    pub trend: Option<Trend>,
    /// When that is far enough.
    pub meeting: Meeting,
}

/// The forecast of a series whose progress is known, for a measure that shows so many decimals.
pub fn forecast(series: &Series, progress: &Progress, decimals: u8) -> Forecast {
    let points = comparable(series);
    let line = line(&points, decimals);
    let trend = line.as_ref().and_then(|line| line.trend(&points, progress));
    let none = |reason| Meeting {
        period: Err(reason),
        earliest: None,
        latest: None,
    };
    let meeting = match (progress.status, &line) {
        (ProgressStatus::Unknown, _) => none(NoMeeting::Unknown),
        (ProgressStatus::Met, _) => none(NoMeeting::Met),
        (_, None) => none(NoMeeting::TooFewPoints),
        (_, Some(line)) => line.meeting(series, progress),
    };
    Forecast { trend, meeting }
}

/// The figures that can be compared with the latest.
fn comparable(series: &Series) -> Vec<Point> {
    let mut points = answered(series.points, series.fiscal_start, series.today);
    points.retain(|point| point.value.is_some());
    let Some(end) = points.last().map(|point| point.period.end(series.fiscal_start)) else {
        return points;
    };
    let last_break = series.breaks.iter().filter(|date| **date <= end).max();
    let begins = |point: &Point| point.period.start(series.fiscal_start);
    points.retain(|point| last_break.is_none_or(|date| begins(point) >= *date));
    points.split_off(points.len().saturating_sub(MOST))
}

/// A trend in units of so many decimals, by the count of periods.
struct Line {
    fit: Fit,
    decimals: u8,
    latest: Period,
}

fn line(points: &[Point], decimals: u8) -> Option<Line> {
    let decimals = decimals + MORE_DECIMALS;
    let coordinates = points.iter().map(|point| {
        let units = point.value?.rounded(decimals)?;
        Some((i128::from(point.period.ordinal()), units))
    });
    Some(Line {
        fit: fit(&coordinates.collect::<Option<Vec<_>>>()?)?,
        decimals,
        latest: points.last()?.period,
    })
}

impl Line {
    /// In the measure's unit.
    fn scaled(&self, units: Rational) -> Option<Rational> {
        units.times(Rational::new(1, 10_i128.checked_pow(self.decimals.into())?)?)
    }

    fn at(&self, period: Period, slope: Rational) -> Option<Rational> {
        let x = Rational::new(period.ordinal().into(), 1)?;
        self.scaled(self.fit.at(x, slope)?)
    }

    fn trend(&self, points: &[Point], progress: &Progress) -> Option<Trend> {
        let target = progress.target.map(|target| target.period);
        let period = target
            .filter(|target| *target > self.latest)
            .or_else(|| self.latest.next())?;
        let Fit { slope, low, high, .. } = self.fit;
        Some(Trend {
            points: points.len(),
            since: points.first()?.period,
            slope: (self.scaled(slope)?, self.scaled(low)?, self.scaled(high)?),
            period,
            value: (
                self.at(period, slope)?,
                self.at(period, low)?,
                self.at(period, high)?,
            ),
        })
    }

    fn meeting(&self, series: &Series, progress: &Progress) -> Meeting {
        let (slow, fast) = match is_upwards(series, progress) {
            true => (self.fit.low, self.fit.high),
            false => (self.fit.high, self.fit.low),
        };
        Meeting {
            period: self.met_in(series, progress, self.fit.slope),
            earliest: self.met_in(series, progress, fast).ok(),
            latest: self.met_in(series, progress, slow).ok(),
        }
    }

    fn met_in(&self, series: &Series, progress: &Progress, slope: Rational) -> Result<Period, NoMeeting> {
        let target = progress.target.ok_or(NoMeeting::Unknown)?;
        let next = self.latest.next().ok_or(NoMeeting::TooFar)?;
        let value = self.at(next, slope).ok_or(NoMeeting::TooFar)?;
        let upwards = is_upwards(series, progress);
        if (upwards && value >= target.value) || (!upwards && value <= target.value) {
            return Ok(next);
        }
        if slope.numerator() == 0 || slope.is_negative() == upwards {
            return Err(NoMeeting::Never);
        }
        let periods = || {
            let way = target.value.minus(value)?;
            Some(way.over(self.scaled(slope)?)?.ceiling())
        };
        let ordinal = periods()
            .and_then(|periods| periods.checked_add(next.ordinal().into()))
            .and_then(|ordinal| i32::try_from(ordinal).ok())
            .and_then(|ordinal| Period::from_ordinal(next.kind(), ordinal));
        let year = |period: Period| period.end(series.fiscal_start).year();
        ordinal
            .filter(|period| year(*period) - year(self.latest) <= MOST_YEARS)
            .ok_or(NoMeeting::TooFar)
    }
}

/// Whether the target is met from below.
fn is_upwards(series: &Series, progress: &Progress) -> bool {
    match series.direction {
        Direction::Up => true,
        Direction::Down => false,
        Direction::Neutral => {
            let (baseline, target) = (progress.baseline, progress.target);
            baseline.is_none_or(|baseline| target.is_none_or(|target| target.value >= baseline.value))
        }
    }
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;
