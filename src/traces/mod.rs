//! Traces of requests and of the work at the database inside them, exported by OTLP over HTTP. Everything about them is
//! told by the standard variables of OpenTelemetry. Only spans of the target [`TRACED`] are exported, whose attributes
//! are chosen one by one, and nothing that is logged.

mod sender;

use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{Key, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::config::TraceFormat;
use crate::telemetry::TRACED;
use sender::Sender;

/// So long the end of the program waits for the last export.
const LAST: Duration = Duration::from_secs(3);

/// What exports them: a thread of its own, with a queue that drops what it has no room for. Dropping it exports the last.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins, where the variables say where to; the error is a sentence for the person who set them.
    pub fn start() -> Result<Option<Self>, String> {
        let protocol = match TraceFormat::read()? {
            None => return Ok(None),
            Some(TraceFormat::Protobuf) => Protocol::HttpBinary,
            Some(TraceFormat::Json) => Protocol::HttpJson,
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(protocol)
            .with_http_client(Sender::default())
            .build()
            .map_err(|error| format!("traces cannot be exported: {error}"))?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource())
            .build();
        Ok(Some(Self(provider)))
    }

    /// Takes up the spans that are exported.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("cairn"))
            .with_context_activation(false)
            .with_level(false)
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|metadata| {
                metadata.is_span() && metadata.target() == TRACED
            }))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if self.0.shutdown_with_timeout(LAST).is_err() {
            tracing::warn!("the last traces could not be exported");
        }
    }
}

/// The service, by the name that the variables give it, or Cairn's.
fn resource() -> Resource {
    let name = Key::from_static_str("service.name");
    let told = Resource::builder().build().get(&name);
    let is_told = told.is_some_and(|told| !told.as_str().starts_with("unknown_service"));
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_attribute(version);
    match is_told {
        true => resource.build(),
        false => resource.with_service_name("cairn").build(),
    }
}
