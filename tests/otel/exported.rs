//! What arrives at a collector, and what never does.

use std::time::Duration;

use serde_json::{Value, json};

use crate::collector::{Collector, attribute};
use crate::database::Database;
use crate::http::Client;
use crate::server::Server;
use crate::{Outcome, coalition, serve, tell_to_stop};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const SCHEMA: &str = "/v1/coalitions/teens-thrive/measures";

/// Makes requests with secrets wherever there may be one; answers all of them.
fn use_secrets(server: &Server) -> Outcome<Vec<String>> {
    let key = coalition::found(server.address)?;
    let token = coalition::token(server.address, "riverside-library")?;
    let mut backbone = Client::connect(server.address, &token)?;
    let traced = format!("Traceparent: 00-{TRACE}-{CALLER}-01\r\nTracestate: vendor=canary-state\r\n");
    backbone.send_with("GET", SCHEMA, &traced, "")?;
    backbone.send_with("GET", SCHEMA, "Baggage: user=canary-baggage\r\n", "")?;
    let link = json!({"name": "the town's website", "audience": "public"});
    let link = backbone.ask("POST", "/v1/coalitions/teens-thrive/share-links", &link)?;
    let (address, shared) = (text(&link["address"])?, text(&link["secret"])?);
    let mut anybody = Client::connect(server.address, "")?;
    for path in [
        address.clone(),
        format!("{address}/aggregates"),
        format!("/v1/shared/{}", shared.replace('_', "%5F")),
        format!("//v1/shared/{shared}"),
        format!("/v1/nothing/{key}?token={key}&canary-query=1"),
        format!("{SCHEMA}?token={token}"),
    ] {
        anybody.send("GET", &path, "")?;
    }
    let wrong = json!({"email": "ana@riverside-library.example", "password": "canary-password"});
    anybody.send("POST", "/v1/sessions", &wrong.to_string())?;
    let cookie = format!("Cookie: {key}\r\nUser-Agent: canary-agent\r\n");
    anybody.send_with("GET", SCHEMA, &cookie, "")?;
    let mut secrets: Vec<String> = ["state", "baggage", "query", "password", "agent", "header"]
        .map(|what| format!("canary-{what}"))
        .to_vec();
    secrets.extend([key, token, shared.replace('_', "%5F"), shared, "ana@".into()]);
    Ok(secrets)
}

fn text(value: &Value) -> Outcome<String> {
    Ok(value.as_str().ok_or("a text")?.to_owned())
}

#[test]
fn requests_and_the_work_at_the_database_arrive_without_secrets() -> Outcome<()> {
    let (collector, database) = (Collector::listen()?, Database::create()?);
    let mut server = serve(
        &database,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-collector-key=canary-header"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ],
    )?;
    let secrets = use_secrets(&server)?;
    let mut last = Client::connect(server.address, "")?;
    tell_to_stop(&server)?;
    while last.send("GET", "/readyz", "")?.0 != 503 {
        std::thread::sleep(Duration::from_millis(5));
        last.renew()?;
    }
    assert!(server.ends_well_within(Duration::from_secs(10)));

    let spans = collector.spans()?;
    let named = |name: &str| {
        spans
            .iter()
            .filter(|span| span["name"] == name)
            .collect::<Vec<_>>()
    };
    let asked = named("GET /v1/coalitions/{coalition}/measures");
    let [traced, alone, ..] = asked.as_slice() else {
        return Err(format!("{spans:#?}").into());
    };
    assert_eq!(
        (&traced["traceId"], &traced["parentSpanId"]),
        (&json!(TRACE), &json!(CALLER))
    );
    assert_eq!((&traced["kind"], &alone["parentSpanId"]), (&json!(2), &json!("")));
    assert_ne!(alone["traceId"], TRACE);
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/v1/coalitions/{coalition}/measures"),
        ("http.response.status_code", "200"),
        ("url.path", SCHEMA),
    ] {
        assert_eq!(attribute(traced, key).as_deref(), Some(value), "{traced:#}");
    }
    let inside: Vec<_> = spans
        .iter()
        .filter(|span| span["parentSpanId"] == traced["spanId"])
        .collect();
    assert!(!inside.is_empty(), "{spans:#?}");
    for span in inside {
        assert_eq!(
            (&span["name"], &span["traceId"]),
            (&json!("database read"), &json!(TRACE))
        );
        assert_eq!(
            attribute(span, "db.system.name").as_deref(),
            Some(database.system())
        );
        assert_eq!(attribute(span, "cairn.outcome").as_deref(), Some("done"));
    }
    assert!(!named("database write").is_empty());
    assert!(
        !named("GET /v1/shared/{token}/aggregates").is_empty(),
        "{spans:#?}"
    );
    assert!(!named("GET unknown").is_empty());
    // Being told to stop is answered with 503, which is an error of the service; 401 is none.
    let refused = named("GET /readyz");
    assert!(
        refused.iter().any(|span| span["status"]["code"] == 2),
        "{refused:#?}"
    );
    let denied = asked
        .iter()
        .find(|span| attribute(span, "http.response.status_code").as_deref() == Some("401"));
    assert_ne!(denied.ok_or("no 401")?["status"]["code"], 2);

    for sent in collector.sent() {
        assert!(sent.head.starts_with("post /v1/traces "), "{}", sent.head);
        assert!(
            sent.head.contains("x-collector-key: canary-header"),
            "{}",
            sent.head
        );
        let body = String::from_utf8(sent.body)?;
        let body_as_json: Value = serde_json::from_str(&body)?;
        let resource = &body_as_json["resourceSpans"][0]["resource"];
        assert_eq!(attribute(resource, "service.name").as_deref(), Some("cairn"));
        for secret in &secrets {
            assert!(!body.contains(secret.as_str()), "{secret} was exported: {body}");
        }
    }
    Ok(())
}

#[test]
fn protobuf_is_what_is_sent_unless_told_otherwise() -> Outcome<()> {
    let (collector, database) = (Collector::listen()?, Database::create()?);
    let traces = format!("{}/other/path", collector.endpoint);
    let mut server = serve(
        &database,
        &[
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &traces),
            ("OTEL_SERVICE_NAME", "measures-of-riverside"),
        ],
    )?;
    Client::connect(server.address, "")?.send("GET", "/healthz", "")?;
    // What has not been sent yet is sent at the end.
    tell_to_stop(&server)?;
    assert!(server.ends_well_within(Duration::from_secs(10)));
    let sent = collector.sent();
    let first = sent.first().ok_or("nothing was exported")?;
    assert!(first.head.starts_with("post /other/path "), "{}", first.head);
    assert!(
        first.head.contains("content-type: application/x-protobuf"),
        "{}",
        first.head
    );
    for text in ["measures-of-riverside", "GET /healthz"] {
        let is_there =
            |sent: &crate::collector::Sent| sent.body.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(sent.iter().any(is_there), "{text}");
    }
    Ok(())
}

#[test]
fn the_standard_sampler_decides_what_is_exported() -> Outcome<()> {
    let (collector, database) = (Collector::listen()?, Database::create()?);
    let mut server = serve(
        &database,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_TRACES_SAMPLER", "parentbased_always_off"),
        ],
    )?;
    let mut client = Client::connect(server.address, "")?;
    client.send("GET", "/healthz", "")?;
    let sampled = format!("Traceparent: 00-{TRACE}-{CALLER}-01\r\n");
    client.send_with("GET", "/readyz", &sampled, "")?;
    tell_to_stop(&server)?;
    assert!(server.ends_well_within(Duration::from_secs(10)));
    let spans = collector.spans()?;
    assert!(
        spans.iter().any(|span| span["name"] == "GET /readyz"),
        "{spans:#?}"
    );
    assert!(spans.iter().all(|span| span["traceId"] == TRACE), "{spans:#?}");
    Ok(())
}
