//! Counts requests by the template of their route, and how long they take.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web;

use super::routes::Template;
use crate::app::App;
use crate::metrics::Asked;

/// Middleware that counts.
pub async fn measure_request<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let _in_flight = app.as_ref().map(|app| app.metrics.requests.begin());
    let (start, method) = (Instant::now(), method_name(request.method()));
    let response = next.call(request).await?;
    if let Some(app) = app {
        let route = route(&response);
        let status = response.status().as_u16();
        app.metrics
            .requests
            .end(Asked { route, method }, status, start.elapsed());
    }
    Ok(response)
}

/// The template of the route that answered, or a word for what has none.
pub(super) fn route<B>(response: &ServiceResponse<B>) -> &'static str {
    let request = response.request();
    match request.app_data::<Template>() {
        Some(template) => template.0,
        None if request.path().starts_with("/docs/") => "/docs/{file}",
        None => "unknown",
    }
}

/// The name of a method, of those that something answers to.
pub(super) fn method_name(method: &Method) -> &'static str {
    let known = [
        ("GET", Method::GET),
        ("HEAD", Method::HEAD),
        ("POST", Method::POST),
        ("PUT", Method::PUT),
        ("PATCH", Method::PATCH),
        ("DELETE", Method::DELETE),
        ("OPTIONS", Method::OPTIONS),
    ];
    let found = known.iter().find(|(_, one)| one == method);
    found.map_or("other", |(name, _)| name)
}
