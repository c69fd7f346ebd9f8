//! How far along a goal is.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;

use super::caching::Cacheable;
use super::cells::{CellCodes, codes};
use crate::app::App;
use crate::auth::Reader;
use crate::domain::cube::Row;
use crate::domain::decimal::JsonNumber;
use crate::domain::goal_measure::GoalMeasure;
use crate::domain::measure::Measure;
use crate::domain::period_range::PeriodRange;
use crate::domain::progress::{PROGRESS_DECIMALS, Point, Reference, Series, progress};
use crate::domain::question::Question;
use crate::domain::rational::Rational;
use crate::domain::reference_points::ReferencePoint;
use crate::domain::references::ReferenceKind;
use crate::domain::schema::Schema;
use crate::domain::status::break_dates;
use crate::error::{Error, Result};
use crate::store::aggregates::answer;
use crate::store::{Read, goals, reference_points};

#[derive(Serialize)]
struct GoalProgress {
    goal: String,
    measures: Vec<MeasureProgress>,
}

#[derive(Serialize)]
struct MeasureProgress {
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

/// `GET …/goals/{goal}/progress`.
pub async fn find(
    reader: Reader,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let ((_, code), today) = (path.into_inner(), app.db.clock().today());
    let cacheable = Cacheable::new(&request, &reader, "application/json", &[today.to_string()])?;
    if let Some(unchanged) = cacheable.unchanged() {
        return Ok(unchanged);
    }
    let (version, found) = app
        .db
        .read(&reader, move |tx| {
            let goal = goals::find(tx, &code)?;
            let schema = tx.schema()?;
            let measures = goal
                .fields
                .measures
                .iter()
                .map(|measure| of_measure(tx, &schema, measure, today));
            let progress = GoalProgress {
                measures: measures.collect::<Result<_>>()?,
                goal: goal.code,
            };
            Ok((tx.version()?, progress))
        })
        .await?;
    Ok(cacheable.answer(version).body(serde_json::to_vec(&found)?))
}

fn of_measure(
    tx: &mut Read<'_, Reader>,
    schema: &Schema,
    asked: &GoalMeasure,
    today: NaiveDate,
) -> Result<MeasureProgress> {
    let measure = schema
        .measure(asked.measure_id)
        .ok_or_else(|| Error::internal("a goal has a measure that is not"))?;
    let baselines = points(tx, asked, ReferenceKind::Baseline)?;
    let targets = points(tx, asked, ReferenceKind::Target)?;
    let kind = baselines
        .iter()
        .chain(&targets)
        .next()
        .map_or(measure.frequency, |point| point.period.kind());
    let question = Question {
        measures: vec![measure.id],
        by: Vec::new(),
        filter: asked.cell,
        at: Some(kind),
        range: PeriodRange::ALL,
    };
    let cube = answer(tx, schema, &question, None)?;
    let found = progress(&Series {
        direction: measure.direction,
        points: &cube.rows.iter().map(Point::of).collect::<Vec<_>>(),
        baselines: &references(measure, &baselines),
        targets: &references(measure, &targets),
        breaks: &break_dates(schema, measure),
        fiscal_start: schema.fiscal_start,
        today,
    });
    let milestone = |reference: Option<Reference>, among: &[ReferencePoint]| {
        let point = among
            .iter()
            .find(|point| Some(point.period) == reference.map(|found| found.period))?;
        Some(Milestone {
            period: point.period.to_string(),
            value: JsonNumber::from_units(point.units, measure.decimals),
        })
    };
    let latest = found
        .latest
        .and_then(|latest| cube.rows.iter().find(|row| row.period == latest.period));
    Ok(MeasureProgress {
        measure: measure.code.clone(),
        cell: codes(schema, &asked.cell),
        headline: asked.headline,
        direction: measure.direction.as_str(),
        unit: measure.unit.clone(),
        baseline: milestone(found.baseline, &baselines),
        latest: latest.map(|row| show(measure, row)),
        target: milestone(found.target, &targets),
        progress: found
            .progress
            .map(|units| JsonNumber::from_units(units, PROGRESS_DECIMALS)),
        status: found.status.as_str(),
        reason: found.reason.map(|reason| reason.as_str()),
    })
}

fn points(
    tx: &mut Read<'_, Reader>,
    asked: &GoalMeasure,
    kind: ReferenceKind,
) -> Result<Vec<ReferencePoint>> {
    let mut points = reference_points::list(tx, asked.measure_id, kind)?;
    points.retain(|point| point.cell == asked.cell);
    Ok(points)
}

fn references(measure: &Measure, points: &[ReferencePoint]) -> Vec<Reference> {
    let reference = |point: &ReferencePoint| {
        let value = Rational::of_units(point.units.into(), measure.decimals)?;
        Some(Reference {
            period: point.period,
            value,
        })
    };
    points.iter().filter_map(reference).collect()
}

fn show(measure: &Measure, row: &Row) -> Latest {
    Latest {
        period: row.period.to_string(),
        value: row
            .value
            .map(|units| JsonNumber::from_units(units, measure.decimals)),
        contributors: row.contributors.unwrap_or(0),
        expected: row.expected,
    }
}
