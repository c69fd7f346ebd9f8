//! Measures: the lines of the shared schema, and everything they ever said.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::cells::{self, CellCodes};
use super::{Body, IfMatch, List, Page, QueryText, respond};
use crate::app::App;
use crate::auth::{Backbone, Coalition, Editor, InCoalition, Observer};
use crate::clock::rfc3339;
use crate::domain::audit::Action;
use crate::domain::audit_details as details;
use crate::domain::decimal::JsonNumber;
use crate::domain::measure::{
    self, Accumulation, Aggregation, Direction, Disclosure, MeasureScope, PerformanceType,
};
use crate::domain::new_measure::{MeasurePatch, NewMeasure};
use crate::domain::period_kind::PeriodKind;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};
use crate::store::participants::{self, Participants};
use crate::store::{Read, audit, measures};

/// A measure, as answered; fields of the other kind are `null`.
#[derive(Serialize)]
pub(super) struct Measure {
    code: String,
    version: i32,
    name: String,
    definition: String,
    unit: String,
    kind: &'static str,
    decimals: u8,
    scope: MeasureScope,
    performance_type: Option<PerformanceType>,
    accumulation: Option<Accumulation>,
    aggregation: Option<Aggregation>,
    direction: Direction,
    frequency: PeriodKind,
    dimensions: Vec<String>,
    numerator: Option<Side>,
    denominator: Option<Side>,
    multiplier: Option<i64>,
    counts_people: bool,
    nonnegative: bool,
    required: bool,
    due_days: Option<u16>,
    disclosure: Disclosure,
    expected_range: Option<ExpectedRange>,
    reporters: Vec<String>,
    retired: bool,
    breaks: Vec<Break>,
}

#[derive(Serialize)]
struct Side {
    measure: String,
    cell: CellCodes,
}

#[derive(Serialize)]
struct ExpectedRange {
    min: Option<JsonNumber>,
    max: Option<JsonNumber>,
}

#[derive(Serialize)]
struct Break {
    from: String,
    reason: String,
}

/// A version of a measure, as answered.
#[derive(Serialize)]
pub(super) struct MeasureVersion {
    #[serde(flatten)]
    measure: Measure,
    recorded_at: String,
}

impl Measure {
    fn of(found: &measure::Measure, schema: &Schema, participants: &Participants) -> Self {
        let side = |side: &measure::Side| Side {
            measure: schema
                .measure(side.measure_id)
                .map_or_else(String::new, |measure| measure.code.clone()),
            cell: cells::codes(schema, &side.cell),
        };
        let digits = |units: Option<i64>| units.map(|units| JsonNumber::from_units(units, found.decimals));
        let sides = found.sides();
        Self {
            code: found.code.clone(),
            version: found.version,
            name: found.name.clone(),
            definition: found.definition.clone(),
            unit: found.unit.clone(),
            kind: found.kind_name(),
            decimals: found.decimals,
            scope: found.scope,
            performance_type: found.performance_type,
            accumulation: found.accumulation(),
            aggregation: found.aggregation(),
            direction: found.direction,
            frequency: found.frequency,
            dimensions: found
                .dimensions
                .iter()
                .filter_map(|id| schema.dimension(*id))
                .map(|dimension| dimension.code.clone())
                .collect(),
            numerator: sides.map(|(numerator, ..)| side(numerator)),
            denominator: sides.map(|(_, denominator, _)| side(denominator)),
            multiplier: sides.map(|(.., multiplier)| multiplier),
            counts_people: found.counts_people,
            nonnegative: found.nonnegative,
            required: found.required,
            due_days: found.due_days,
            disclosure: found.disclosure,
            expected_range: found.expected_range.map(|(min, max)| ExpectedRange {
                min: digits(min),
                max: digits(max),
            }),
            reporters: found
                .reporters
                .iter()
                .filter_map(|id| participants.code(*id))
                .map(str::to_owned)
                .collect(),
            retired: found.retired,
            breaks: found
                .breaks
                .iter()
                .map(|declared| Break {
                    from: declared.from.to_string(),
                    reason: declared.reason.clone(),
                })
                .collect(),
        }
    }
}

/// All versions of all measures, those of each from the first to the last.
pub(super) fn list_all_versions<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<MeasureVersion>> {
    let (schema, participants) = (tx.schema()?, participants::list(tx)?);
    let mut all = Vec::new();
    for measure in &schema.measures {
        let found = measures::list_versions(tx, measure.id, None, i64::MAX)?;
        all.extend(found.into_iter().rev().map(|found| MeasureVersion {
            measure: Measure::of(&found.measure, &schema, &participants),
            recorded_at: rfc3339(found.recorded_at),
        }));
    }
    Ok(all)
}

fn view<S: InCoalition>(tx: &mut Read<'_, S>, code: &str) -> Result<Measure> {
    let (schema, participants) = (tx.schema()?, participants::list(tx)?);
    let found = schema.measure_by_code(code).ok_or(Error::NotFound)?;
    Ok(Measure::of(found, &schema, &participants))
}

/// `GET …/measures`, by code, retired ones too.
pub async fn list(
    coalition: Coalition<Observer>,
    query: QueryText,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let page: Page = query.parse()?;
    let (schema, participants) = app
        .db
        .read(&coalition, |tx| Ok((tx.schema()?, participants::list(tx)?)))
        .await?;
    let data = schema
        .measures
        .iter()
        .map(|measure| Measure::of(measure, &schema, &participants))
        .collect();
    let list = List::page_of(data, &page, |measure: &Measure| measure.code.to_ascii_lowercase())?;
    respond::list(&list, request.path(), request.query_string())
}

/// `POST …/measures`.
pub async fn create(
    coalition: Coalition<Backbone, Editor>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let new: NewMeasure = body.json().await?;
    let made = app
        .db
        .write(&coalition, move |tx| {
            let (schema, participants) = (tx.schema()?, participants::list(tx)?);
            let reporter = |code: &str| participants.reporter(code).map(|found| found.id);
            let measure = new.clone().check(&schema, &reporter).map_err(Error::Invalid)?;
            if schema.measure_by_code(&measure.code).is_some() {
                let detail = format!("there is already a measure '{}'", measure.code);
                return Err(Error::conflict("code_taken", detail));
            }
            measures::create(tx, &measure)?;
            let made = view(tx, &measure.code)?;
            audit::record(
                tx,
                Action::MeasureCreated,
                subject(&made.code),
                &details::made(&made)?,
            )?;
            Ok(made)
        })
        .await?;
    let location = format!("/v1/coalitions/{}/measures/{}", coalition.code(), made.code);
    respond::created(&location, &made)
}

fn subject(code: &str) -> String {
    format!("measure:{code}")
}

/// `GET …/measures/{measure}`.
pub async fn find(
    coalition: Coalition<Observer>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, code) = path.into_inner();
    let found = app.db.read(&coalition, move |tx| view(tx, &code)).await?;
    respond::found(&found)
}

/// `PATCH …/measures/{measure}`: a new version, if anything changes.
pub async fn update(
    coalition: Coalition<Backbone, Editor>,
    path: web::Path<(String, String)>,
    if_match: IfMatch,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, code) = path.into_inner();
    let about = code.clone();
    let known = app.db.read(&coalition, move |tx| view(tx, &about).map(drop));
    let patch: MeasurePatch = body.json_about(known).await?;
    let updated = app
        .db
        .write(&coalition, move |tx| {
            let (schema, participants) = (tx.schema()?, participants::list(tx)?);
            let before = schema.measure_by_code(&code).ok_or(Error::NotFound)?;
            let known = Measure::of(before, &schema, &participants);
            if_match.check(&known)?;
            let after = patch.apply(before, &schema).map_err(Error::Invalid)?;
            if after == *before {
                return Ok(known);
            }
            measures::update(tx, &after)?;
            let updated = view(tx, &code)?;
            let told = details::changed(&known, &updated)?;
            audit::record(tx, Action::MeasureUpdated, subject(&updated.code), &told)?;
            Ok(updated)
        })
        .await?;
    respond::found(&updated)
}

/// `GET …/measures/{measure}/versions`, newest first.
pub async fn list_versions(
    coalition: Coalition<Observer>,
    path: web::Path<(String, String)>,
    query: QueryText,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, code) = path.into_inner();
    let asked = query.parse::<Page>();
    let asked = asked.and_then(|page| Ok((page.limit()?, page.after::<i32>()?)));
    let wanted = asked.as_ref().ok().copied();
    let versions = app
        .db
        .read(&coalition, move |tx| {
            let (schema, participants) = (tx.schema()?, participants::list(tx)?);
            let measure = schema.measure_by_code(&code).ok_or(Error::NotFound)?;
            let Some((limit, before)) = wanted else {
                return Ok(Vec::new());
            };
            let found = measures::list_versions(tx, measure.id, before, limit as i64 + 1)?;
            let version = |found: measures::MeasureVersion| MeasureVersion {
                measure: Measure::of(&found.measure, &schema, &participants),
                recorded_at: rfc3339(found.recorded_at),
            };
            Ok(found.into_iter().map(version).collect())
        })
        .await?;
    let list = List::page(versions, asked?.0, |version: &MeasureVersion| {
        version.measure.version
    })?;
    respond::list(&list, request.path(), request.query_string())
}
