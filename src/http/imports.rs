//! Large submissions, with `Prefer: respond-async` (RFC 7240): taken in, answered with 202, and applied later.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Body;
use super::idempotency::{self, IdempotencyKey};
use super::source_file::Disposition;
use crate::app::App;
use crate::auth::{Coalition, Editor, InOrganization, Partner};
use crate::clock::rfc3339;
use crate::error::{Error, Result};
use crate::formats::submission::Format;
use crate::imports::Taken;
use crate::store::idempotency::{Answer, Keyed};
use crate::store::imports::{self, Found, Import, State};
use crate::store::organizations;
use crate::store::submissions::{self, SourceFile};
use crate::submit::{Mode, Progress};

/// The largest import, in bytes.
const LARGEST: u64 = 1_000_000_000;

/// What the sender would rather have.
pub struct Prefer {
    /// To be answered before the work is done.
    pub respond_async: bool,
}

impl FromRequest for Prefer {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let fields = request.headers().get_all(HeaderName::from_static("prefer"));
        let respond_async = fields.filter_map(|field| field.to_str().ok()).any(|field| {
            field
                .split(',')
                .any(|preference| preference.trim().eq_ignore_ascii_case("respond-async"))
        });
        ready(Ok(Self { respond_async }))
    }
}

/// What is taken in.
pub struct Arriving {
    /// How it is written.
    pub format: Format,
    /// Whether one bad row refuses all.
    pub mode: Mode,
    /// What the file is called, according to the query.
    pub filename: Option<String>,
}

/// Takes in a submission that is to be applied later.
pub async fn create(
    app: &App,
    coalition: &Coalition<Partner, Editor>,
    key: IdempotencyKey,
    disposition: &Disposition,
    body: &Body,
    arriving: Arriving,
) -> Result<HttpResponse> {
    let name = disposition.file_name(arriving.filename)?;
    let uuid = Uuid::now_v7().to_string();
    let taken = app.imports.spool.take(&uuid, body.payload()?, LARGEST).await?;
    taken.sync().await?;
    let named = key.name(body.content_type(), taken.sha256())?;
    let import = Import {
        coalition_id: coalition.id(),
        coalition: coalition.code().to_owned(),
        organization: app.db.read(coalition, organizations::find).await?.code,
        actor: coalition.actor().to_string(),
        format: arriving.format.as_str().to_owned(),
        mode: arriving.mode.as_str().to_owned(),
        file: SourceFile {
            name,
            sha256: taken.sha256().to_owned(),
        },
        uuid,
    };
    // To its end, though the client may have gone: what stands in the table must be applied.
    let (app, coalition) = (app.clone(), coalition.clone());
    let kept = actix_web::rt::spawn(async move { keep(&app, &coalition, named, import, taken).await });
    let (answer, is_again) = kept.await.map_err(Error::internal)??;
    let mut response = answer.into_response(is_again)?;
    let applied = HeaderName::from_static("preference-applied");
    response
        .headers_mut()
        .insert(applied, HeaderValue::from_static("respond-async"));
    Ok(response)
}

/// Keeps it, and lets it be applied; unless the same request was answered before.
async fn keep(
    app: &App,
    coalition: &Coalition<Partner, Editor>,
    named: Option<Keyed>,
    import: Import,
    taken: Taken,
) -> Result<(Answer, bool)> {
    let (kept, spool) = (import.clone(), app.imports.spool.id().to_owned());
    let address = format!("/v1/coalitions/{}/submissions/{}", import.coalition, import.uuid);
    let once = idempotency::once(app, coalition, named, false, move |tx| {
        imports::create(tx, &kept, &spool)?;
        let found = imports::find(tx, &kept.uuid)?.ok_or(Error::NotFound)?;
        Ok(Answer::new(StatusCode::ACCEPTED, &View::of(&kept.uuid, found, None)?)?.at(address.clone()))
    });
    let once = once.await;
    // Where nobody knows whether it stands in the table, whoever applies it finds out: it waits for the same lock.
    if matches!(once, Ok((_, false)) | Err(Error::Unknown)) {
        taken.keep();
        app.imports.enqueue(import)?;
    }
    once
}

/// An import as it stands.
#[derive(Serialize)]
pub struct View {
    submission: String,
    state: &'static str,
    /// Rows that have been taken up.
    rows: Option<u64>,
    organization: String,
    file: SourceFile,
    received_at: String,
    problem: Option<Box<RawValue>>,
}

impl View {
    /// Of one that was found; what is known of its progress is this process's own.
    pub fn of(uuid: &str, found: Found, progress: Option<&Progress>) -> Result<Self> {
        let state = match (found.state, progress) {
            (State::Pending, Some(progress)) if progress.is_cancelled() => "cancelling",
            (State::Pending, Some(progress)) if progress.rows() > 0 => "running",
            (State::Pending, _) => "pending",
            (State::Rejected, _) => "rejected",
            (State::Failed, _) => "failed",
            (State::Cancelled, _) => "cancelled",
        };
        Ok(Self {
            submission: uuid.to_owned(),
            state,
            rows: progress.map(Progress::rows),
            organization: found.organization,
            file: found.file,
            received_at: rfc3339(found.received_at),
            problem: found.problem.map(RawValue::from_string).transpose()?,
        })
    }
}

/// `DELETE …/submissions/{submission}`: calls off one that is not applied yet.
pub async fn delete(
    coalition: Coalition<Partner, Editor>,
    path: web::Path<(String, String)>,
    body: Body,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let (_, uuid) = path.into_inner();
    let id = uuid.clone();
    let found = app
        .db
        .read(&coalition, move |tx| match imports::find(tx, &id)? {
            Some(found) => Ok(Some(found)),
            None => submissions::find(tx, &id).map(|_| None),
        })
        .await?;
    body.empty().await?;
    let Some(found) = found else {
        return Err(Error::conflict(
            "already_applied",
            "it is applied already: take figures back by sending them with a value of null",
        ));
    };
    let progress = app.imports.progress(&uuid);
    match (&progress, found.state) {
        (Some(progress), _) if !app.imports.cancel(&uuid, progress) => {
            let detail = "it is too late: it is being applied at this moment";
            return Err(Error::conflict("already_applied", detail));
        }
        (None, State::Pending) => {
            let detail = "it lies with another service of this installation, which alone can call it off";
            return Err(Error::conflict("lies_elsewhere", detail));
        }
        _ => {}
    }
    Ok(HttpResponse::Accepted().json(View::of(&uuid, found, progress.as_deref())?))
}
