//! How far along a measure is at a cell, and where it is heading, as it is answered.

use chrono::NaiveDate;
use serde::Serialize;

use super::cells::{CellCodes, codes};
use crate::domain::cube::Row;
use crate::domain::decimal::JsonNumber;
use crate::domain::forecast::{self, Forecast, forecast};
use crate::domain::goal_measure::GoalMeasure;
use crate::domain::measure::Measure;
use crate::domain::period::Period;
use crate::domain::period_kind::PeriodKind;
use crate::domain::progress::{PROGRESS_DECIMALS, Point, Progress, Reference, Series, progress};
use crate::domain::rational::Rational;
use crate::domain::references::ReferenceKind;
use crate::domain::schema::Schema;
use crate::domain::status::break_dates;
use crate::store::reference_points::ReferencePoints;
use crate::store::series::{AllSeries, Wanted};

/// Slopes are given with so many decimals more than the measure shows.
const SLOPE_DECIMALS: u8 = 2;

#[derive(Serialize)]
pub struct MeasureProgress {
    measure: String,
    cell: CellCodes,
    headline: bool,
    direction: &'static str,
    unit: String,
    baseline: Option<Milestone>,
    latest: Option<Latest>,
    target: Option<Milestone>,
    progress: Option<JsonNumber>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    forecast: ForecastAnswer,
}

#[derive(Serialize)]
struct Milestone {
    period: String,
    value: JsonNumber,
}

#[derive(Serialize)]
struct Latest {
    period: String,
    value: Option<JsonNumber>,
    contributors: u32,
    expected: u32,
}

#[derive(Serialize)]
struct ForecastAnswer {
    line: Option<Milestone>,
    trend: Option<Trend>,
    target_met_in: Option<String>,
    target_met_earliest: Option<String>,
    target_met_latest: Option<String>,
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct Trend {
    points: usize,
    since: String,
    slope: JsonNumber,
    slope_low: JsonNumber,
    slope_high: JsonNumber,
    period: String,
    value: JsonNumber,
    low: JsonNumber,
    high: JsonNumber,
}

/// What the progress of a goal's measure is told from; the kind of period is that of its baselines and targets.
pub fn wanted(schema: &Schema, asked: &GoalMeasure, points: &ReferencePoints) -> Option<Wanted> {
    Some((
        asked.measure_id,
        asked.cell,
        kind(schema.measure(asked.measure_id)?, asked, points),
    ))
}

fn kind(measure: &Measure, asked: &GoalMeasure, points: &ReferencePoints) -> PeriodKind {
    let kinds = [ReferenceKind::Baseline, ReferenceKind::Target];
    let mut all = kinds
        .into_iter()
        .flat_map(|kind| points.at(asked.measure_id, asked.cell, kind));
    all.next().map_or(measure.frequency, |point| point.period.kind())
}

impl MeasureProgress {
    /// The progress of a goal's measure; `None` if there is no such measure.
    pub fn of(
        schema: &Schema,
        asked: &GoalMeasure,
        points: &ReferencePoints,
        series: &AllSeries,
        today: NaiveDate,
    ) -> Option<Self> {
        let measure = schema.measure(asked.measure_id)?;
        let rows = series.rows(wanted(schema, asked, points)?);
        let references = |kind| -> Vec<Reference> {
            let all = points.at(measure.id, asked.cell, kind);
            let reference = all.map(|point| {
                let value = Rational::of_units(point.units.into(), measure.decimals)?;
                Some(Reference {
                    period: point.period,
                    value,
                })
            });
            reference.flatten().collect()
        };
        let series = Series {
            direction: measure.direction,
            points: &rows.iter().map(Point::of).collect::<Vec<_>>(),
            baselines: &references(ReferenceKind::Baseline),
            targets: &references(ReferenceKind::Target),
            breaks: &break_dates(schema, measure),
            fiscal_start: schema.fiscal_start,
            today,
        };
        let found = progress(&series);
        let forecast = forecast(&series, &found, measure.decimals);
        let milestone =
            |reference: Reference| Milestone::of(reference.period, reference.value, measure.decimals);
        let latest = found
            .latest
            .and_then(|latest| rows.iter().find(|row| row.period == latest.period));
        Some(Self {
            measure: measure.code.clone(),
            cell: codes(schema, &asked.cell),
            headline: asked.headline,
            direction: measure.direction.as_str(),
            unit: measure.unit.clone(),
            baseline: found.baseline.and_then(milestone),
            latest: latest.map(|row| Latest::of(measure, row)),
            target: found.target.and_then(milestone),
            progress: found
                .progress
                .map(|units| JsonNumber::from_units(units, PROGRESS_DECIMALS)),
            status: found.status.as_str(),
            reason: found.reason.map(|reason| reason.as_str()),
            forecast: ForecastAnswer::of(measure, &found, &forecast),
        })
    }
}

impl Milestone {
    fn of(period: Period, value: Rational, decimals: u8) -> Option<Self> {
        Some(Self {
            period: period.to_string(),
            value: rounded(value, decimals)?,
        })
    }
}

impl Latest {
    fn of(measure: &Measure, row: &Row) -> Self {
        Self {
            period: row.period.to_string(),
            value: row
                .value
                .map(|units| JsonNumber::from_units(units, measure.decimals)),
            contributors: row.contributors.unwrap_or(0),
            expected: row.expected,
        }
    }
}

impl ForecastAnswer {
    fn of(measure: &Measure, progress: &Progress, forecast: &Forecast) -> Self {
        let latest = progress.latest.map(|latest| latest.period);
        let line = progress.line.zip(latest);
        let text = |period: Option<Period>| period.map(|period| period.to_string());
        let meeting = forecast.meeting;
        Self {
            line: line.and_then(|(value, period)| Milestone::of(period, value, measure.decimals)),
            trend: forecast.trend.and_then(|trend| Trend::of(measure, &trend)),
            target_met_in: text(meeting.period.ok()),
            target_met_earliest: text(meeting.earliest),
            target_met_latest: text(meeting.latest),
            reason: meeting.period.err().map(|reason| reason.as_str()),
        }
    }
}

impl Trend {
    /// `None` where something in it is too large to be written.
    fn of(measure: &Measure, trend: &forecast::Trend) -> Option<Self> {
        let slope = |value| rounded(value, measure.decimals + SLOPE_DECIMALS);
        let value = |value| rounded(value, measure.decimals);
        Some(Self {
            points: trend.points,
            since: trend.since.to_string(),
            slope: slope(trend.slope.0)?,
            slope_low: slope(trend.slope.1)?,
            slope_high: slope(trend.slope.2)?,
            period: trend.period.to_string(),
            value: value(trend.value.0)?,
            low: value(trend.value.1)?,
            high: value(trend.value.2)?,
        })
    }
}

fn rounded(value: Rational, decimals: u8) -> Option<JsonNumber> {
    Some(JsonNumber::from_units(value.rounded(decimals)?, decimals))
}
