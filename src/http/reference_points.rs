//! Targets and baselines of a measure.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::cells::{self, CellCodes};
use super::{Body, IfMatch, respond};
use crate::app::App;
use crate::auth::{Backbone, Coalition, Editor, InCoalition, Observer};
use crate::domain::audit::Action;
use crate::domain::audit_details as details;
use crate::domain::decimal::JsonNumber;
use crate::domain::reference_points::{NewReferencePoint, check};
use crate::domain::references::ReferenceKind;
use crate::error::{Error, Result};
use crate::store::{Read, audit, reference_points};

/// All points of one kind of a measure, as answered.
#[derive(Serialize)]
struct ReferencePoints {
    data: Vec<ReferencePoint>,
}

#[derive(Serialize)]
struct ReferencePoint {
    period: String,
    cell: CellCodes,
    value: JsonNumber,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewReferencePoints {
    items: Vec<NewReferencePoint>,
}

fn view<S: InCoalition>(tx: &mut Read<'_, S>, code: &str, kind: ReferenceKind) -> Result<ReferencePoints> {
    let schema = tx.schema()?;
    let measure = schema.measure_by_code(code).ok_or(Error::NotFound)?;
    let points = reference_points::list(tx, measure.id, kind)?;
    let data = points.iter().map(|point| ReferencePoint {
        period: point.period.to_string(),
        cell: cells::codes(&schema, &point.cell),
        value: JsonNumber::from_units(point.units, measure.decimals),
    });
    Ok(ReferencePoints { data: data.collect() })
}

/// A point with its measure and kind.
#[derive(Serialize)]
pub(super) struct PointOfMeasure {
    measure: String,
    kind: &'static str,
    #[serde(flatten)]
    point: ReferencePoint,
}

/// All of all measures.
pub(super) fn list_all<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<PointOfMeasure>> {
    let schema = tx.schema()?;
    let mut all = Vec::new();
    for measure in &schema.measures {
        for kind in [ReferenceKind::Baseline, ReferenceKind::Target] {
            let points = view(tx, &measure.code, kind)?;
            all.extend(points.data.into_iter().map(|point| PointOfMeasure {
                measure: measure.code.clone(),
                kind: kind.as_str(),
                point,
            }));
        }
    }
    Ok(all)
}

async fn find(
    coalition: Coalition<Observer>,
    code: String,
    kind: ReferenceKind,
    app: &App,
) -> Result<HttpResponse> {
    let found = app.db.read(&coalition, move |tx| view(tx, &code, kind)).await?;
    respond::found(&found)
}

async fn replace(
    coalition: Coalition<Backbone, Editor>,
    code: String,
    kind: ReferenceKind,
    if_match: IfMatch,
    body: Body,
    app: &App,
) -> Result<HttpResponse> {
    let about = code.clone();
    let known = app
        .db
        .read(&coalition, move |tx| view(tx, &about, kind).map(drop));
    let new: NewReferencePoints = body.json_about(known).await?;
    let other = match kind {
        ReferenceKind::Baseline => ReferenceKind::Target,
        ReferenceKind::Target => ReferenceKind::Baseline,
    };
    let replaced = app
        .db
        .write(&coalition, move |tx| {
            let before = view(tx, &code, kind)?;
            if_match.check(&before)?;
            let schema = tx.schema()?;
            let measure = schema.measure_by_code(&code).ok_or(Error::NotFound)?;
            let others = reference_points::list(tx, measure.id, other)?;
            let points = check(&schema, measure, kind, &new.items, &others).map_err(Error::Invalid)?;
            reference_points::replace(tx, measure.id, kind, &points)?;
            let after = view(tx, &code, kind)?;
            let (subject, told) = (
                format!("measure:{}", measure.code),
                details::changed(&before, &after)?,
            );
            audit::record(tx, replaced_as(kind), subject, &told)?;
            Ok(after)
        })
        .await?;
    respond::found(&replaced)
}

fn replaced_as(kind: ReferenceKind) -> Action {
    match kind {
        ReferenceKind::Baseline => Action::BaselinesReplaced,
        ReferenceKind::Target => Action::TargetsReplaced,
    }
}

/// `GET …/measures/{measure}/targets`.
pub async fn find_targets(
    coalition: Coalition<Observer>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    find(coalition, path.into_inner().1, ReferenceKind::Target, &app).await
}

/// `PUT …/measures/{measure}/targets`: replaces them all.
pub async fn replace_targets(
    coalition: Coalition<Backbone, Editor>,
    path: web::Path<(String, String)>,
    if_match: IfMatch,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, code) = path.into_inner();
    replace(coalition, code, ReferenceKind::Target, if_match, body, &app).await
}

/// `GET …/measures/{measure}/baselines`.
pub async fn find_baselines(
    coalition: Coalition<Observer>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    find(coalition, path.into_inner().1, ReferenceKind::Baseline, &app).await
}

/// `PUT …/measures/{measure}/baselines`: replaces them all.
pub async fn replace_baselines(
    coalition: Coalition<Backbone, Editor>,
    path: web::Path<(String, String)>,
    if_match: IfMatch,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, code) = path.into_inner();
    replace(coalition, code, ReferenceKind::Baseline, if_match, body, &app).await
}
