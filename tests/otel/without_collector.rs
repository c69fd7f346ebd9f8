//! Where there is no collector, or a bad one, the service is as it would be without.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::collector::Collector;
use crate::database::Database;
use crate::http::Client;
use crate::{Outcome, serve, tell_to_stop};

/// Serves with a collector that takes nothing, and asks more than the queue holds.
fn ask_while(endpoint: &str) -> Outcome<()> {
    let database = Database::create()?;
    let mut server = serve(
        &database,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_BSP_SCHEDULE_DELAY", "10"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "64"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "32"),
        ],
    )?;
    let mut client = Client::connect(server.address, "")?;
    for _ in 0..500 {
        let asked = Instant::now();
        let (status, _) = client.send("GET", "/readyz", "")?;
        assert_eq!(status, 200);
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
    tell_to_stop(&server)?;
    assert!(server.ends_well_within(Duration::from_secs(8)));
    Ok(())
}

#[test]
fn one_that_is_away_holds_nobody_up() -> Outcome<()> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    ask_while(&format!("http://{address}"))
}

#[test]
fn one_that_never_answers_holds_nobody_up() -> Outcome<()> {
    let silent = TcpListener::bind("127.0.0.1:0")?;
    ask_while(&format!("http://{}", silent.local_addr()?))
}

#[test]
fn nothing_is_exported_where_it_is_forbidden() -> Outcome<()> {
    let (collector, database) = (Collector::listen()?, Database::create()?);
    let mut server = serve(
        &database,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint),
            ("OTEL_SDK_DISABLED", "true"),
        ],
    )?;
    Client::connect(server.address, "")?.send("GET", "/healthz", "")?;
    tell_to_stop(&server)?;
    assert!(server.ends_well_within(Duration::from_secs(8)));
    assert!(collector.sent().is_empty());
    Ok(())
}

#[test]
fn an_address_that_cannot_be_reached_in_this_way_is_refused_at_the_start() -> Outcome<()> {
    let database = Database::create()?;
    let output = Command::new(env!("CARGO_BIN_EXE_cairn"))
        .args([
            "serve",
            "--database",
            &database.address,
            "--listen",
            "127.0.0.1:0",
        ])
        .env(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "https://user:canary@collector.example",
        )
        .output()?;
    let said = String::from_utf8(output.stderr)?;
    assert!(
        !output.status.success() && said.contains("OTEL_EXPORTER_OTLP_ENDPOINT"),
        "{said}"
    );
    assert!(!said.contains("canary"), "{said}");
    Ok(())
}
