//! Dimensions of the shared schema and their codes.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::{Body, IfMatch, List, Page, QueryText, respond, text};
use crate::app::App;
use crate::auth::{Backbone, Coalition, Editor, InCoalition, Observer};
use crate::domain::audit::Action;
use crate::domain::audit_details as details;
use crate::domain::dimension;
use crate::domain::new_dimension::{DimensionPatch, NewDimension};
use crate::error::{Error, Result};
use crate::store::{Read, audit, dimensions};

/// A dimension, as answered.
#[derive(Serialize)]
pub(super) struct Dimension {
    code: String,
    name: String,
    overlapping: bool,
    codes: Vec<DimensionCode>,
}

#[derive(Serialize)]
struct DimensionCode {
    code: String,
    name: String,
    retired: bool,
}

impl From<&dimension::Dimension> for Dimension {
    fn from(found: &dimension::Dimension) -> Self {
        let codes = found.codes.iter().map(|code| DimensionCode {
            code: code.code.clone(),
            name: code.name.clone(),
            retired: code.retired,
        });
        Self {
            code: found.code.clone(),
            name: found.name.clone(),
            overlapping: found.overlapping,
            codes: codes.collect(),
        }
    }
}

/// All of them, in their order.
pub(super) fn list_all<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<Dimension>> {
    Ok(tx.schema()?.dimensions.iter().map(Dimension::from).collect())
}

/// Names are on one line, without control characters.
fn check_names(dimension: &dimension::Dimension) -> Result<()> {
    let mut issues = Vec::new();
    text::name(&dimension.name, "/name", &mut issues);
    for code in &dimension.codes {
        text::name(&code.name, "/codes", &mut issues);
    }
    text::settle(issues)
}

fn view<S: InCoalition>(tx: &mut Read<'_, S>, code: &str) -> Result<Dimension> {
    let schema = tx.schema()?;
    let found = schema.dimension_by_code(code).ok_or(Error::NotFound)?;
    Ok(Dimension::from(found))
}

/// `GET …/dimensions`, by code.
pub async fn list(
    coalition: Coalition<Observer>,
    query: QueryText,
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let page: Page = query.parse()?;
    let schema = app.db.read(&coalition, |tx| tx.schema()).await?;
    let data = schema.dimensions.iter().map(Dimension::from).collect();
    let list = List::page_of(data, &page, |dimension: &Dimension| dimension.code.clone())?;
    respond::list(&list, request.path(), request.query_string())
}

/// `POST …/dimensions`.
pub async fn create(
    coalition: Coalition<Backbone, Editor>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let new: NewDimension = body.json().await?;
    let new = new.check().map_err(Error::Invalid)?;
    check_names(&new)?;
    let made = app
        .db
        .write(&coalition, move |tx| {
            if tx.schema()?.dimension_by_code(&new.code).is_some() {
                let detail = format!("there is already a dimension '{}'", new.code);
                return Err(Error::conflict("code_taken", detail));
            }
            dimensions::create(tx, &new)?;
            let made = view(tx, &new.code)?;
            audit::record(
                tx,
                Action::DimensionCreated,
                subject(&made.code),
                &details::made(&made)?,
            )?;
            Ok(made)
        })
        .await?;
    let location = format!("/v1/coalitions/{}/dimensions/{}", coalition.code(), made.code);
    respond::created(&location, &made)
}

fn subject(code: &str) -> String {
    format!("dimension:{code}")
}

/// `GET …/dimensions/{dimension}`.
pub async fn find(
    coalition: Coalition<Observer>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, code) = path.into_inner();
    let found = app.db.read(&coalition, move |tx| view(tx, &code)).await?;
    respond::found(&found)
}

/// `PATCH …/dimensions/{dimension}`: a new name, and codes added, renamed or retired.
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
    let patch: DimensionPatch = body.json_about(known).await?;
    let updated = app
        .db
        .write(&coalition, move |tx| {
            let schema = tx.schema()?;
            let before = schema.dimension_by_code(&code).ok_or(Error::NotFound)?;
            if_match.check(&Dimension::from(before))?;
            let after = patch.apply(before, &schema).map_err(Error::Invalid)?;
            check_names(&after)?;
            if after != *before {
                dimensions::update(tx, before, &after)?;
                let told = details::changed(&Dimension::from(before), &Dimension::from(&after))?;
                audit::record(tx, Action::DimensionUpdated, subject(&before.code), &told)?;
            }
            Ok(Dimension::from(&after))
        })
        .await?;
    respond::found(&updated)
}
