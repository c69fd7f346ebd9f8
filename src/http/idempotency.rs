//! `Idempotency-Key`: a request that may be sent again, because its first answer was lost, and has one effect. After the
//! IETF's draft of that header.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Serialize;

use super::in_flight::Flight;
use crate::app::App;
use crate::auth::{InOrganization, MayWrite};
use crate::checksum::sha256;
use crate::error::{Error, Result};
use crate::store::Write;
use crate::store::idempotency::{self, Answer, Keyed};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key, in characters.
const LONGEST: usize = 255;

/// The `Idempotency-Key` of a request, if it has one, with what else tells the request from others; read once it is
/// settled who may do what.
pub struct IdempotencyKey {
    keys: Vec<HeaderValue>,
    route: String,
    query: String,
}

impl FromRequest for IdempotencyKey {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self {
            keys: request.headers().get_all(KEY).cloned().collect(),
            route: format!("{} {}", request.method(), request.path()),
            query: request.query_string().to_owned(),
        }))
    }
}

impl IdempotencyKey {
    /// The request by its name; nothing, if it has none. The checksum is that of the body's bytes.
    pub fn name(self, content_type: &str, body_sha256: &str) -> Result<Option<Keyed>> {
        let key = match self.keys.as_slice() {
            [] => return Ok(None),
            [only] => only.as_bytes(),
            _ => return Err(unreadable()),
        };
        if !(1..=LONGEST).contains(&key.len()) || !key.iter().all(u8::is_ascii_graphic) {
            return Err(unreadable());
        }
        let parts = [&self.route, &self.query, content_type, body_sha256];
        Ok(Some(Keyed {
            key: String::from_utf8_lossy(key).into_owned(),
            fingerprint: sha256(parts.join("\n").as_bytes()),
            route: self.route,
        }))
    }
}

fn unreadable() -> Error {
    Error::malformed(
        "Idempotency-Key",
        "invalid_idempotency_key",
        "one key of 1 to 255 visible ASCII characters, such as a random UUID",
    )
}

impl Answer {
    /// An answer with something in it.
    pub fn new<T: Serialize>(status: StatusCode, value: &T) -> Result<Self> {
        Ok(Self {
            status: status.as_u16(),
            headers: Vec::new(),
            body: serde_json::to_string(value)?,
        })
    }

    /// The same, with the address of what was made.
    pub fn at(mut self, location: String) -> Self {
        self.headers.push((LOCATION.to_string(), location));
        self
    }

    /// As it is sent; `is_again` says that it was sent before.
    pub(super) fn into_response(self, is_again: bool) -> Result<HttpResponse> {
        let status = StatusCode::from_u16(self.status).map_err(Error::internal)?;
        let mut response = HttpResponse::build(status);
        for header in self.headers {
            response.insert_header(header);
        }
        if is_again {
            response.insert_header((REPLAYED, "true"));
        }
        Ok(response.content_type("application/json").body(self.body))
    }
}

/// Begins to answer a request, if it is named; refused (409) while it is being answered in this process. It lasts until
/// what is answered here is dropped.
pub fn begin(app: &App, tenant: &impl InOrganization, request: Option<&Keyed>) -> Result<Option<Flight>> {
    let begin = |request| {
        let flight = app.in_flight.begin(tenant.organization_id(), request);
        flight.ok_or(Error::KeyInUse)
    };
    request.map(begin).transpose()
}

/// Makes one write: its answer, or the same answer again (`true`), if the request is named and was answered before.
/// While that is still going on, in this process, it is refused (409); where another process is at it, its answer is
/// waited for. A long one changes thousands of rows.
pub async fn once<S>(
    app: &App,
    tenant: &S,
    request: Option<Keyed>,
    is_long: bool,
    work: impl Fn(&mut Write<'_, S>) -> Result<Answer> + Send + 'static,
) -> Result<(Answer, bool)>
where
    S: InOrganization + MayWrite,
{
    let flight = begin(app, tenant, request.as_ref())?;
    let work = move |tx: &mut Write<'_, S>| match &request {
        Some(request) => idempotency::once(tx, request, &work),
        None => Ok((work(tx)?, false)),
    };
    let done = app.db.write_sized(tenant, is_long, work).await;
    drop(flight);
    done
}
