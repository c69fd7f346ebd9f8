//! One line in the log for each request: what was asked, what was answered, how long it took; never a query string,
//! a body or a credential, and that of a share link stands in the path.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;

/// Middleware that gives each request an id, answers it in `X-Request-Id`, and logs the request when it is answered.
pub async fn log_request<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let (start, id) = (Instant::now(), uuid::Uuid::now_v7().to_string());
    let (method, path) = (request.method().clone(), without_secrets(request.path()));
    let mut response = next.call(request).await?;
    tracing::info!(
        request = %id,
        %method,
        path,
        status = response.status().as_u16(),
        micros = start.elapsed().as_micros() as u64,
        "answered"
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    Ok(response)
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
