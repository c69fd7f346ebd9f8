//! Progress of a measure at a cell: how far from where it began to where it should be.
//!
//! progress = (latest − baseline) / (target − baseline), from unrounded values, given with 4 decimals.
//!
//! * **Baseline**: the earliest of the measure's baselines at the cell.
//! * **Latest**: the last ended period, after the baseline, answered by at least 80 % of the most organizations that
//!   any earlier period had. One early reporter must not bend the curve.
//! * **Target**: the first at or after latest, else the last.
//!
//! All of them are of one period type, the measure's or coarser; the series is asked for at that type.
//!
//! The status is the first that holds: `unknown`, when something is missing or a break lies between baseline and
//! latest; `met`, at or past the target in the measure's direction (neutral: seen from the baseline);
//! `moving_away`, when the target equals the baseline and is not met, or progress is below zero; `on_track`, at or
//! ahead of the straight line from baseline to target, which stays level after the target's period; `behind`.
//!
//! The straight line runs through the *last days* of the baseline's and the target's periods, counted in days: a
//! figure is complete when its period ends. Latest is on track when progress ≥ (days from the end of the baseline's
//! period to the end of latest's) / (days to the end of the target's), at most 1.

use super::cube::Row;
use super::measure::Direction;
use super::period::Period;
use super::period_kind::FiscalStart;
use super::rational::Rational;
use super::words::words;
use chrono::NaiveDate;

/// A baseline or target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Of the measure's frequency or coarser, the same for the whole series.
    pub period: Period,
    /// In the measure's unit, not in scaled units.
    pub value: Rational,
}

/// One period of the measure at the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Of the same kind as the baselines and targets.
    pub period: Period,
    /// Unrounded; `None` where the row has no value.
    pub value: Option<Rational>,
    /// How many organizations answered with a value; 0 keeps the point from being the latest.
    pub contributors: u32,
}

impl Point {
    /// The point of a row. A suppressed row counts as one that nobody answered, so that progress shows nothing of it.
    pub fn of(row: &Row) -> Self {
        Self {
            period: row.period,
            value: row.exact,
            contributors: row.contributors.unwrap_or(0),
        }
    }
}

/// What progress is made of. Order does not matter in any of the lists.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// Which way is better: decides when the target is met.
    pub direction: Direction,
    /// At most one for each period.
    pub points: &'a [Point],
    /// The earliest is where progress begins.
    pub baselines: &'a [Reference],
    /// Those that do not lie after the baseline are passed over.
    pub targets: &'a [Reference],
    /// The first days from which figures cannot be compared with those before: see `status::break_dates`.
    pub breaks: &'a [NaiveDate],
    /// The coalition's: gives fiscal years their days.
    pub fiscal_start: FiscalStart,
    /// Today: a period has ended when its last day is before it.
    pub today: NaiveDate,
}

/// How it stands, and from what that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The earliest baseline.
    pub baseline: Option<Reference>,
    /// The last ended period after the baseline that enough organizations answered.
    pub latest: Option<Point>,
    /// The first target at or after latest, else the last.
    pub target: Option<Reference>,
    /// Where the straight line from baseline to target is at the latest period, in the measure's unit; `None` when
    /// unknown.
    pub line: Option<Rational>,
    /// With 4 decimals, rounded half away from zero, in units of 0.0001; `None` when unknown, or when the target
    /// equals the baseline.
    pub progress: Option<i128>,
    /// Where it stands; `unknown` comes with a reason.
    pub status: ProgressStatus,
    /// Why it is unknown.
    pub reason: Option<Reason>,
}

/// The decimals of `Progress::progress`.
pub const PROGRESS_DECIMALS: u8 = 4;

words! {
    /// Whether the curve turns.
    ProgressStatus {
        /// Something is missing, or a break lies in between: see the reason.
        Unknown = "unknown",
        /// At or past the target, in the measure's direction.
        Met = "met",
        /// Further from the target than the baseline was.
        MovingAway = "moving_away",
        /// At or ahead of the straight line from baseline to target.
        OnTrack = "on_track",
        /// Between the baseline and the straight line.
        Behind = "behind",
    }
}

words! {
    /// Why progress is unknown.
    Reason {
        /// No baseline is set at the cell.
        NoBaseline = "no_baseline",
        /// No ended period after the baseline has been answered by enough organizations.
        NoLatest = "no_latest",
        /// The latest period was answered but has no value: conflicting, beyond what can be held, or by zero.
        NoValue = "no_value",
        /// No target is set after the baseline.
        NoTarget = "no_target",
        /// The figures changed their meaning between baseline and latest.
        Break = "break",
        /// The fraction is beyond what exact arithmetic can hold here.
        TooLarge = "too_large",
    }
}

/// The progress of a series.
pub fn progress(series: &Series) -> Progress {
    let baseline = series
        .baselines
        .iter()
        .copied()
        .min_by_key(|reference| reference.period);
    let latest = baseline.and_then(|baseline| {
        let answered = answered(series.points, series.fiscal_start, series.today);
        answered.into_iter().rfind(|point| point.period > baseline.period)
    });
    let target =
        baseline.and_then(|baseline| target(series, baseline.period, latest.map(|point| point.period)));
    let told = told(series, baseline, latest, target);
    let (line, progress, status, reason) = match told {
        Ok((line, progress, status)) => (Some(line), progress, status, None),
        Err(reason) => (None, None, ProgressStatus::Unknown, Some(reason)),
    };
    Progress {
        baseline,
        latest,
        target,
        line,
        progress,
        status,
        reason,
    }
}

/// The points of ended periods that were answered by at least 80 % of the most organizations that any earlier period
/// had, in the order of time.
pub fn answered(points: &[Point], fiscal_start: FiscalStart, today: NaiveDate) -> Vec<Point> {
    let mut points: Vec<Point> = points.to_vec();
    points.sort_by_key(|point| point.period);
    let mut most = 0_u64;
    points.retain(|point| {
        let contributors = u64::from(point.contributors);
        let ended = point.period.end(fiscal_start) < today;
        let enough = contributors > 0 && contributors * 100 >= most * 80;
        most = most.max(contributors);
        ended && enough
    });
    points
}

/// A target must lie after the baseline; one that does not is passed over.
fn target(series: &Series, baseline: Period, latest: Option<Period>) -> Option<Reference> {
    let targets = || {
        series
            .targets
            .iter()
            .copied()
            .filter(|target| target.period > baseline)
    };
    let due = targets().filter(|target| latest.is_none_or(|latest| target.period >= latest));
    due.min_by_key(|target| target.period)
        .or_else(|| targets().max_by_key(|target| target.period))
}

fn told(
    series: &Series,
    baseline: Option<Reference>,
    latest: Option<Point>,
    target: Option<Reference>,
) -> Result<(Rational, Option<i128>, ProgressStatus), Reason> {
    let baseline = baseline.ok_or(Reason::NoBaseline)?;
    let latest = latest.ok_or(Reason::NoLatest)?;
    let value = latest.value.ok_or(Reason::NoValue)?;
    let target = target.ok_or(Reason::NoTarget)?;
    let (since, until) = (
        baseline.period.start(series.fiscal_start),
        latest.period.end(series.fiscal_start),
    );
    if series.breaks.iter().any(|&date| date > since && date <= until) {
        return Err(Reason::Break);
    }
    let way = target.value.minus(baseline.value).ok_or(Reason::TooLarge)?;
    let gone = value.minus(baseline.value).ok_or(Reason::TooLarge)?;
    let progress = if way.numerator() == 0 {
        None
    } else {
        Some(gone.over(way).ok_or(Reason::TooLarge)?)
    };
    let rounded = progress
        .map(|progress| progress.rounded(PROGRESS_DECIMALS).ok_or(Reason::TooLarge))
        .transpose()?;
    let met = match series.direction {
        Direction::Up => value >= target.value,
        Direction::Down => value <= target.value,
        Direction::Neutral => progress.map_or(value == target.value, |progress| {
            progress.numerator() >= progress.denominator()
        }),
    };
    let line = line(series, baseline.period, latest.period, target.period).ok_or(Reason::TooLarge)?;
    let on_line = way.times(line).and_then(|gone| gone.plus(baseline.value));
    let status = match progress {
        _ if met => ProgressStatus::Met,
        None => ProgressStatus::MovingAway,
        Some(progress) if progress.is_negative() => ProgressStatus::MovingAway,
        Some(progress) if progress >= line => ProgressStatus::OnTrack,
        Some(_) => ProgressStatus::Behind,
    };
    Ok((on_line.ok_or(Reason::TooLarge)?, rounded, status))
}

/// Where the straight line is at the latest period: the part of the days that has passed, at most 1.
fn line(series: &Series, baseline: Period, latest: Period, target: Period) -> Option<Rational> {
    let days =
        |to: Period| i128::from((to.end(series.fiscal_start) - baseline.end(series.fiscal_start)).num_days());
    Rational::new(days(latest).min(days(target)), days(target))
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
