//! One line in the log for each request: what was asked, what was answered, how long it took; never a query string,
//! a body or a credential.

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
    let (method, path) = (request.method().clone(), request.path().to_owned());
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
