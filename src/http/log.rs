//! One line in the log for each request: what was asked, what was answered, how long it took; never a query string,
//! a body or a credential, and that of a share link stands in the path. Whatever else is logged for a request has its id.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web;
use tracing::Instrument;

#[cfg(feature = "otel")]
use super::traced::Trace;
use crate::app::App;

/// The longest id that is taken from a request.
const LONGEST_ID: usize = 64;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware that gives each request an id, answers it in `X-Request-Id`, and logs the request when it is answered.
pub async fn log_request<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let (start, id) = (Instant::now(), id(&request));
    let (method, path) = (request.method().clone(), without_secrets(request.path()));
    let span = tracing::info_span!("request", id);
    #[cfg(feature = "otel")]
    let trace = span.in_scope(|| Trace::begin(&request, &id, &path));
    let answer = next.call(request);
    #[cfg(feature = "otel")]
    let answer = answer.instrument(trace.span());
    let mut response = answer.instrument(span).await?;
    #[cfg(feature = "otel")]
    trace.end(&response);
    tracing::info!(
        request = %id,
        %method,
        path,
        status = response.status().as_u16(),
        micros = start.elapsed().as_micros() as u64,
        "answered"
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

/// The id that the server in front gave it, where that is trusted and it is one; else a new one.
fn id(request: &ServiceRequest) -> String {
    let is_trusted = request
        .app_data::<web::Data<App>>()
        .is_some_and(|app| app.trusts_request_ids);
    let given = request.headers().get(REQUEST_ID).filter(|_| is_trusted);
    given
        .and_then(|value| value.to_str().ok())
        .filter(|text| is_id(text))
        .map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// Whether it is short, and can stand in a log as it is.
fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(allowed)
}

/// A path with `…` in the place of what may be a secret.
fn without_secrets(path: &str) -> String {
    let mut follows_shared = false;
    let steps = path.split('/').map(|step| {
        let is_secret =
            std::mem::replace(&mut follows_shared, step == "shared") || step.starts_with("cairn_");
        if is_secret && !step.is_empty() {
            "…"
        } else {
            step
        }
    });
    steps.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        for text in ["7", "0af7651916cd43dd8448eb211c80319c", "a.b_c-d"] {
            assert!(is_id(text), "{text}");
        }
        for text in ["", "a b", "a\"b", "a\u{e9}", &"x".repeat(65)] {
            assert!(!is_id(text), "{text}");
        }
    }

    #[test]
    fn secrets_are_left_out() {
        for (path, logged) in [
            ("/v1/shared/cairn_share_abc/aggregates", "/v1/shared/…/aggregates"),
            ("/v1/shared/cairn%5Fshare_abc", "/v1/shared/…"),
            ("/v1/shared//cairn_share_abc", "/v1/shared//…"),
            ("/V1/Shared/cairn_share_abc", "/V1/Shared/…"),
            ("/v1/shared/", "/v1/shared/"),
            (
                "/v1/coalitions/teens-thrive/goals",
                "/v1/coalitions/teens-thrive/goals",
            ),
        ] {
            assert_eq!(without_secrets(path), logged);
        }
    }
}
