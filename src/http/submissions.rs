//! Submitting, and the receipts of what was submitted.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::arrived::Arrived;
use super::dry_run::{self, DryRun};
use super::idempotency::{self, IdempotencyKey};
use super::imports::{self, Arriving, Prefer, View};
use super::reviews::Review;
use super::source_file::Disposition;
use super::{Body, List, Page, QueryText, respond};
use crate::app::App;
use crate::auth::{Coalition, Editor, InCoalition, Partner};
use crate::clock::rfc3339;
use crate::domain::review::Verdict;
use crate::error::Result;
use crate::formats::submission::{Format, Layout};
use crate::store::actors::ActorName;
use crate::store::idempotency::Answer;
use crate::store::imports as kept_imports;
use crate::store::submissions::{self, Receipt, SourceFile};
use crate::store::{Read, Write};
use crate::submit::{Mode, Submission, Waiting};

/// Submissions of no more rows are applied together with others that wait.
const SHORT: usize = 100;
/// Submissions of more rows have a transaction of their own, also on SQLite.
const LONG: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    mode: Mode,
    filename: Option<String>,
    layout: Option<Layout>,
    limit: Option<u32>,
    offset: Option<u32>,
}

/// `POST …/observations`: adds, corrects and withdraws figures.
pub async fn create(
    coalition: Coalition<Partner, Editor>,
    query: QueryText,
    disposition: Disposition,
    key: IdempotencyKey,
    prefer: Prefer,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let options: Options = query.parse()?;
    let page = dry_run::page(options.dry_run, options.limit, options.offset)?;
    let format = Format::of(&body.media_type())?.laid_out(options.layout)?;
    if prefer.respond_async && !options.dry_run {
        let arriving = Arriving {
            format,
            mode: options.mode,
            filename: options.filename,
        };
        return imports::create(&app, &coalition, key, &disposition, &body, arriving).await;
    }
    let arrived = Arrived::take(&app, &body, format).await?;
    let file = SourceFile {
        name: disposition.file_name(options.filename)?,
        sha256: arrived.sha256.clone(),
    };
    // A rehearsal has no effect, however often it is sent.
    let named = match options.dry_run {
        true => None,
        false => key.name(body.content_type(), &file.sha256)?,
    };
    let collected = arrived.collect(&app, &coalition).await?;
    let rows = collected.rows.len();
    let submission = Submission::new(collected.into(), options.mode, file);
    if options.dry_run {
        let rehearse = move |tx: &mut Read<'_, _>| DryRun::of(submission.rehearse(tx, page)?);
        return respond::answer(&app.db.read(&coalition, rehearse).await?);
    }
    let flight = idempotency::begin(&app, &coalition, named.as_ref())?;
    let waiting = Waiting {
        tenant: coalition.clone(),
        submission,
        keyed: named,
        answer,
    };
    let done = if rows <= SHORT {
        app.together.apply(&app.db, waiting).await
    } else {
        let apply = move |tx: &mut Write<'_, _>| waiting.apply(tx);
        app.db.write_sized(&coalition, rows > LONG, apply).await
    };
    drop(flight);
    let (answer, is_again) = done?;
    if !is_again {
        app.db.metrics().submit(rows);
    }
    answer.into_response(is_again)
}

/// 201 where every row was applied.
fn answer(receipt: &Receipt, coalition: &Coalition<Partner, Editor>) -> Result<Answer> {
    if receipt.counts.rejected > 0 {
        return Answer::new(StatusCode::OK, receipt);
    }
    let id = receipt.submission.as_deref().unwrap_or_default();
    let address = format!("/v1/coalitions/{}/submissions/{id}", coalition.code());
    Ok(Answer::new(StatusCode::CREATED, receipt)?.at(address))
}

#[derive(Serialize)]
pub(super) struct Listed {
    #[serde(flatten)]
    receipt: Receipt,
    organization: String,
    submitted_by: Option<ActorName>,
    source: Option<String>,
    file: SourceFile,
    recorded_at: String,
    pub(super) review: Option<Review>,
}

impl From<submissions::Submission> for Listed {
    fn from(found: submissions::Submission) -> Self {
        Self {
            receipt: found.receipt,
            organization: found.organization,
            submitted_by: found.submitted_by,
            source: found.source,
            file: found.file,
            recorded_at: rfc3339(found.recorded_at),
            review: found.review.map(Review::from),
        }
    }
}

/// All that the caller may see, the newest first.
pub(super) fn list_all<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<Vec<Listed>> {
    let found = submissions::list(tx, None, None, i64::MAX)?;
    Ok(found.into_iter().map(Listed::from).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    limit: Option<u32>,
    cursor: Option<String>,
    review: Option<Reviewed>,
}

/// What has become of submissions at the backbone.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reviewed {
    #[serde(rename = "none")]
    NotYet,
    Accepted,
    Questioned,
}

impl Reviewed {
    fn verdict(self) -> Option<Verdict> {
        match self {
            Self::NotYet => None,
            Self::Accepted => Some(Verdict::Accepted),
            Self::Questioned => Some(Verdict::Questioned),
        }
    }
}

/// `GET …/submissions`: the newest first.
pub async fn list(
    coalition: Coalition<Partner>,
    request: HttpRequest,
    query: QueryText,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let ListQuery {
        limit,
        cursor,
        review,
    } = query.parse()?;
    let page = Page { limit, cursor };
    let (limit, before) = (page.limit()?, page.after::<i64>()?);
    let found = app
        .db
        .read(&coalition, move |tx| {
            submissions::list(tx, before, review.map(Reviewed::verdict), limit as i64 + 1)
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
    let uuid = id.clone();
    let found = app
        .db
        .read(&coalition, move |tx| match kept_imports::find(tx, &id)? {
            Some(import) => Ok(Err(import)),
            None => submissions::find(tx, &id).map(Ok),
        })
        .await?;
    let found = match found {
        Ok(found) => found,
        Err(import) => {
            let progress = app.imports.progress(&uuid);
            return respond::found(&View::of(&uuid, import, progress.as_deref())?);
        }
    };
    respond::found(&Listed::from(found))
}
