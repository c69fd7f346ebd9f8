//! What the running program does when it is asked too much, and when it is told to stop.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::program::Running;
use crate::support::wire::Wire;
use crate::support::{Client, Database, run_in_coalition};

fn serve(database: &Database, options: &[&str]) -> (Running, SocketAddr) {
    let spool = tempfile::tempdir().expect("a folder").keep();
    let spool = ["--spool", spool.to_str().expect("a path in UTF-8")];
    let options = [&spool, options].concat();
    let (running, lines) = Running::start("serve", database, &options, |lines| !lines.is_empty());
    let address = lines[0].rsplit_once('/').expect("an address").1;
    (running, address.parse().expect("an address"))
}

/// A key's `Authorization`: unlike a session, it holds whatever the clock says.
async fn key(client: &Client) -> String {
    let new = json!({"name": "limits", "scopes": ["schema:read", "aggregates:read"]});
    let made = client.post("/v1/organization/api-keys", new).send().await;
    format!(
        "Bearer {}",
        made.expect(201).json()["secret"].as_str().expect("a secret")
    )
}

#[test]
fn who_asks_too_much_is_told_when_to_come_back_and_others_go_on() {
    run_in_coalition(async |app, coalition| {
        let (_running, address) = serve(app.database(), &["--rate-limit", "1"]);
        let path = coalition.path("/goals");
        let (greedy, other) = (&key(&coalition.partner).await, &key(&coalition.second).await);
        let mut wire = Wire::connect(address).expect("it listens");
        let mut ask = |authorization: &str| wire.get(&path, authorization).expect("an answer");
        // Whose credentials these are is not known yet.
        assert_eq!(ask(greedy).field("ratelimit"), None);
        let first = ask(greedy);
        assert_eq!(first.status, 200);
        assert_eq!(
            first.field("ratelimit-policy"),
            Some("\"organization\";q=10;w=10")
        );
        assert_eq!(first.field("ratelimit"), Some("\"organization\";r=9;t=1"));
        let refused = (0..20).map(|_| ask(greedy)).find(|answer| answer.status != 200);
        let refused = refused.expect("a refusal");
        assert_eq!(refused.status, 429);
        assert_eq!(refused.field("retry-after"), Some("1"));
        assert_eq!(refused.field("ratelimit"), Some("\"organization\";r=0;t=1"));
        assert_eq!(refused.field("content-type"), Some("application/problem+json"));
        assert!(refused.body.contains("\"too_many_requests\""), "{}", refused.body);
        for _ in 0..5 {
            assert_eq!(ask(other).status, 200);
        }
        std::thread::sleep(Duration::from_millis(1_050));
        assert_eq!(ask(greedy).status, 200);
    });
}

#[test]
fn one_address_has_so_many_connections() {
    run_in_coalition(async |app, _| {
        let (_running, address) = serve(app.database(), &["--connections-per-address", "3"]);
        let mut wires: Vec<_> = (0..3).map(|_| Wire::connect(address).expect("one")).collect();
        for wire in &mut wires {
            assert_eq!(wire.get("/healthz", "").expect("an answer").status, 200);
        }
        let more = Wire::connect(address).and_then(|mut wire| wire.get("/healthz", ""));
        assert!(more.is_err(), "one more is closed");
        wires.pop();
        let started = Instant::now();
        while Wire::connect(address)
            .and_then(|mut wire| wire.get("/healthz", ""))
            .is_err()
        {
            assert!(started.elapsed() < Duration::from_secs(5), "there is room again");
        }
    });
}

/// As a balancer does it: no more requests once the service says that it is not ready.
#[cfg(unix)]
#[test]
fn it_stops_without_cutting_anybody_off() {
    run_in_coalition(async |app, coalition| {
        let (mut running, address) = serve(app.database(), &["--stop-delay", "3", "--rate-limit", "0"]);
        let path = coalition.path("/aggregates?measure=PROGRAMS");
        let key = &key(&coalition.partner).await;
        let (is_over, answers, closed) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
        let ask = || -> std::io::Result<()> {
            let mut wire = Wire::connect(address)?;
            while !is_over.load(Ordering::Relaxed) {
                let heard = wire.get(&path, key)?;
                assert_eq!(heard.status, 200, "{}", heard.body);
                answers.fetch_add(1, Ordering::Relaxed);
                if heard.field("connection") == Some("close") {
                    closed.fetch_add(1, Ordering::Relaxed);
                    wire = Wire::connect(address)?;
                }
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            std::thread::sleep(Duration::from_millis(300));
            let told = Command::new("kill")
                .args(["-TERM", &running.process().to_string()])
                .status();
            assert!(told.expect("kill").success());
            let started = Instant::now();
            let readiness = || {
                Wire::connect(address)?
                    .get("/readyz", "")
                    .map(|heard| heard.status)
            };
            while readiness().expect("it still listens") != 503 {
                assert!(started.elapsed() < Duration::from_secs(2), "it says so at once");
            }
            std::thread::sleep(Duration::from_millis(300));
            is_over.store(true, Ordering::Relaxed);
            for thread in threads {
                thread.join().expect("a client").expect("nobody is cut off");
            }
        });
        assert!(answers.into_inner() > 20);
        assert!(closed.into_inner() >= 8, "connections end with an answer");
        assert!(running.ends_well(), "it ends by itself");
    });
}
