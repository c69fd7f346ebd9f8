//! The span of a request, as it is exported: what the log says of it, and its route; never a query string, a body or a
//! credential.

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::measured::{method_name, route};
use crate::telemetry::TRACED;

/// The span of one request.
pub(super) struct Trace {
    span: Span,
    method: &'static str,
}

impl Trace {
    /// Begins one, in the trace that the request says it is a part of. `path` has no secrets.
    pub fn begin(request: &ServiceRequest, id: &str, path: &str) -> Self {
        let method = method_name(request.method());
        let span = tracing::trace_span!(
            target: TRACED,
            "request",
            otel.kind = "server",
            http.request.method = method,
            url.path = path,
            cairn.request_id = id,
        );
        let parent = TraceContextPropagator::new()
            .extract_with_context(&Context::new(), &Traceparent(request.headers()));
        if parent.span().span_context().is_valid() {
            // Refused where nothing is exported.
            let _ = span.set_parent(parent);
        }
        Self { span, method }
    }

    /// What is done for the request is done in it.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// Ends it with what was answered.
    pub fn end<B>(self, response: &ServiceResponse<B>) {
        let (route, status) = (route(response), response.status());
        let span = self.span;
        span.set_attribute("http.route", route);
        span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            span.set_status(Status::error(""));
        }
        let name = format!("{} {route}", self.method);
        span.context().span().update_name(name);
    }
}

/// The one header that is read. What else comes along would be exported as it came.
struct Traceparent<'r>(&'r HeaderMap);

impl Extractor for Traceparent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.0.get(key)?.to_str().ok(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}
