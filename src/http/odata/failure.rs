//! Errors as OData tells them, and the version that every answer names.

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use serde::Serialize;

use crate::error::Error;

const VERSION: (HeaderName, HeaderValue) = (
    HeaderName::from_static("odata-version"),
    HeaderValue::from_static("4.0"),
);

/// Spreadsheets ask for a name and a password where only that is offered.
const SIGN_IN: HeaderValue = HeaderValue::from_static("Basic realm=\"cairn\", charset=\"UTF-8\"");

/// The body of every error.
#[derive(Serialize)]
struct Failure<'a> {
    error: Told<'a>,
}

#[derive(Serialize)]
struct Told<'a> {
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Detail<'a>>,
}

#[derive(Serialize)]
struct Detail<'a> {
    code: &'a str,
    message: &'a str,
    target: &'a str,
}

/// Middleware that tells errors, wherever they come from, and the version.
pub async fn speak<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let mut response = next.call(request).await?.map_into_boxed_body();
    let error = response.response().error().and_then(|error| error.as_error());
    if let Some(body) = error.map(told) {
        response = response.map_body(|head, _| {
            head.headers
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            if head.headers.contains_key(WWW_AUTHENTICATE) {
                head.headers.insert(WWW_AUTHENTICATE, SIGN_IN);
            }
            BoxBody::new(body)
        });
    }
    response.headers_mut().insert(VERSION.0, VERSION.1);
    Ok(response)
}

/// 404, where nothing is served.
pub fn not_found() -> HttpResponse {
    HttpResponse::NotFound()
        .insert_header(VERSION)
        .content_type("application/json")
        .body(told(&Error::NotFound))
}

fn told(error: &Error) -> String {
    let (status, code, issues) = error.parts();
    let details = issues.iter().map(|issue| Detail {
        code: issue.code,
        message: &issue.detail,
        target: name(&issue.pointer),
    });
    let failure = Failure {
        error: Told {
            code,
            message: error.shown_detail(status, issues),
            target: issues.first().map(|issue| name(&issue.pointer)),
            details: details.collect(),
        },
    };
    serde_json::to_string(&failure).unwrap_or_default()
}

/// A query option by its name.
fn name(pointer: &str) -> &str {
    pointer.strip_prefix('?').unwrap_or(pointer)
}
