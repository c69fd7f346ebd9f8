//! Submitting, and the receipts of what was submitted.

use std::sync::Arc;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::body::from_json;
use super::{Body, List, Page, QueryText, respond, text};
use crate::app::App;
use crate::auth::{Coalition, Editor, Partner};
use crate::clock::rfc3339;
use crate::error::{Error, Result};
use crate::formats::submission_json::NewSubmission;
use crate::formats::{ParsedSubmission, submission_csv};
use crate::store::submissions;
use crate::submit::{Mode, Submission};

/// The largest submission, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    mode: Mode,
}

/// `POST …/observations`: adds, corrects and withdraws figures.
pub async fn create(
    coalition: Coalition<Partner, Editor>,
    query: QueryText,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let options: Options = query.parse()?;
    let submission = Arc::new(Submission::new(parse(&body).await?, options.mode)?);
    if options.dry_run {
        let receipt = app.db.read(&coalition, move |tx| submission.rehearse(tx)).await?;
        return respond::answer(&receipt);
    }
    let receipt = app.db.write(&coalition, move |tx| submission.apply(tx)).await?;
    if receipt.counts.rejected > 0 {
        return respond::answer(&receipt);
    }
    let id = receipt.submission.as_deref().unwrap_or_default();
    let location = format!("/v1/coalitions/{}/submissions/{id}", coalition.code());
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        .json(&receipt))
}

async fn parse(body: &Body) -> Result<ParsedSubmission> {
    let parsed = match body.media_type().as_str() {
        "application/json" => from_json::<NewSubmission>(&body.bytes(LARGEST).await?)?.into(),
        "text/csv" => submission_csv::parse(&body.bytes(LARGEST).await?)
            .map_err(|issue| Error::Malformed(vec![issue]))?,
        _ => {
            return Err(Error::UnsupportedMediaType(
                "figures come in as application/json or as text/csv: say which in Content-Type".into(),
            ));
        }
    };
    let mut issues = Vec::new();
    if let Some(source) = &parsed.source {
        text::name(source, "/source", &mut issues);
    }
    text::settle(issues)?;
    Ok(parsed)
}

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    receipt: submissions::Receipt,
    organization: String,
    source: Option<String>,
    recorded_at: String,
}

impl From<submissions::Submission> for Listed {
    fn from(found: submissions::Submission) -> Self {
        Self {
            receipt: found.receipt,
            organization: found.organization,
            source: found.source,
            recorded_at: rfc3339(found.recorded_at),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    limit: Option<u32>,
    cursor: Option<String>,
}

/// `GET …/submissions`: the newest first.
pub async fn list(
    coalition: Coalition<Partner>,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let ListQuery { limit, cursor } = query.parse()?;
    let page = Page { limit, cursor };
    let (limit, before) = (page.limit()?, page.after::<i64>()?);
    let found = app
        .db
        .read(&coalition, move |tx| {
            submissions::list(tx, before, limit as i64 + 1)
        })
        .await?;
    let page = List::page(found, limit, |submission| submission.id)?.map(Listed::from);
    respond::list(&page, request.path(), request.query_string())
}

/// `GET …/submissions/{submission}`: one receipt.
pub async fn find(
    coalition: Coalition<Partner>,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, id) = path.into_inner();
    let found = app
        .db
        .read(&coalition, move |tx| submissions::find(tx, &id))
        .await?;
    respond::found(&Listed::from(found))
}
