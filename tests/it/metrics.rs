//! What is counted for Prometheus: read strictly, as its format says, and held against what was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;

use cairn::http::routes::OPERATIONS;
use serde_json::json;

use crate::support::database::is_postgres;
use crate::support::program::{Running, said_address};
use crate::support::{TestApp, run_in_coalition};

/// Samples by name and labels, as they are written.
type Samples = BTreeMap<String, f64>;

/// Reads OpenMetrics: every sample belongs to the family that was announced before it, no sample is there twice, and the
/// text ends as it must.
fn read(text: &str) -> Samples {
    let text = text.strip_suffix("# EOF\n").expect("its end");
    let (mut samples, mut families) = (Samples::new(), BTreeSet::new());
    let (mut family, mut kind) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, rest) = rest.split_once(' ').expect("a type");
            (family, kind) = (name.to_owned(), rest.to_owned());
            assert!(families.insert(name.to_owned()), "{name} twice");
            continue;
        }
        if line.starts_with("# ") {
            assert!(
                line.starts_with("# HELP ") || line.starts_with("# UNIT "),
                "{line}"
            );
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').expect("a value");
        let name = sample.split('{').next().expect("a name");
        let ending = name
            .strip_prefix(family.as_str())
            .unwrap_or_else(|| panic!("{line} in {family}"));
        let endings: &[&str] = match kind.as_str() {
            "counter" => &["_total"],
            "gauge" => &[""],
            "histogram" => &["_bucket", "_sum", "_count"],
            other => panic!("a {other}"),
        };
        assert!(endings.contains(&ending), "{line} is no sample of a {kind}");
        let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
        assert!(samples.insert(sample.to_owned(), value).is_none(), "{line} twice");
    }
    samples
}

fn scrape(app: &TestApp) -> (String, Samples) {
    let text = app.app().metrics.text(app.app()).expect("a text");
    let samples = read(&text);
    (text, samples)
}

fn requests(samples: &Samples, route: &str, method: &str, status: u16) -> f64 {
    let name =
        format!("cairn_http_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}}");
    samples.get(&name).copied().unwrap_or(0.0)
}

#[test]
fn counts_move_with_what_is_asked() {
    run_in_coalition(async |app, coalition| {
        let goals = "/v1/coalitions/{coalition}/goals";
        let (_, before) = scrape(&app);
        for _ in 0..3 {
            coalition
                .partner
                .get(&coalition.path("/goals"))
                .send()
                .await
                .expect(200);
        }
        // The contract tells of `HEAD` in a sentence, and has no operation for it.
        let request = actix_web::test::TestRequest::with_uri(&coalition.path("/goals"))
            .method(actix_web::http::Method::HEAD)
            .insert_header(("Authorization", format!("Bearer {}", coalition.partner.token())));
        assert_eq!(app.call(request).await.status(), 200);
        app.anonymous()
            .get(&coalition.path("/goals"))
            .send()
            .await
            .expect(401);
        let (_, after) = scrape(&app);
        for (method, status, count) in [("GET", 200, 3.0), ("HEAD", 200, 1.0), ("GET", 401, 1.0)] {
            let moved = requests(&after, goals, method, status) - requests(&before, goals, method, status);
            assert_eq!(moved, count, "{method} {status}");
        }
        let moved = |name: &str| after[name] - before.get(name).copied().unwrap_or(0.0);
        let asked = format!("{{route=\"{goals}\",method=\"GET\"}}");
        assert_eq!(
            moved(&format!("cairn_http_request_duration_seconds_count{asked}")),
            4.0
        );
        assert!(moved(&format!("cairn_http_request_duration_seconds_sum{asked}")) > 0.0);
        assert!(moved("cairn_database_transactions_total{kind=\"Read\",outcome=\"Done\"}") >= 4.0);
        assert_eq!(after["cairn_http_requests_in_flight"], 0.0);
        assert_eq!(after["cairn_database_waiting{kind=\"Read\"}"], 0.0);
        assert_eq!(after["cairn_database_connections_used"], 0.0);
        assert_eq!(after["cairn_database_connections_allowed"], 4.0);
        assert_eq!(after["cairn_password_slots_used"], 0.0);
        assert!(after["cairn_password_slots_allowed"] >= 1.0);
        assert_eq!(after["process_start_time_seconds"], 1_772_443_800.0);
        if cfg!(target_os = "linux") {
            assert!(after["process_resident_memory_bytes"] > 1e6);
        }
    });
}

#[test]
fn rows_are_counted_once_they_are_applied() {
    run_in_coalition(async |app, coalition| {
        let rows = |samples: &Samples| samples["cairn_database_rows_submitted_total"];
        let (_, before) = scrape(&app);
        let row = |period: &str, value: i64| json!({"measure": "VISITS", "period": period, "value": value});
        let body = json!({"observations": [row("2023", 1), row("2024", 2)]});
        let path = coalition.path("/observations");
        for _ in 0..2 {
            let request = coalition
                .partner
                .post(&path, body.clone())
                .header("Idempotency-Key", "\"once\"");
            request.send().await.expect(201);
        }
        let dry = format!("{path}?dry_run=true");
        coalition.partner.post(&dry, body).send().await.expect(200);
        let bad = json!({"observations": [{"measure": "NOTHING", "period": "2024", "value": 1}]});
        coalition.partner.post(&path, bad).send().await.expect(422);
        let (_, after) = scrape(&app);
        assert_eq!(rows(&after) - rows(&before), 2.0);
        let writes = "cairn_database_wait_seconds_count{kind=\"Write\"}";
        assert!(after[writes] > before.get(writes).copied().unwrap_or(0.0));
    });
}

#[test]
fn a_write_that_waits_is_seen_to() {
    run_in_coalition(async |app, coalition| {
        app.held_up(async |let_go| {
            let body = json!({"observations": [{"measure": "VISITS", "period": "2024", "value": 1}]});
            let request = coalition
                .partner
                .post(&coalition.path("/observations"), body)
                .send();
            let mut request = Box::pin(request);
            // Once it has come as far as it can; each look lets it go on a little.
            let mut looks = 0;
            loop {
                let step = std::time::Duration::from_millis(20);
                let _ = tokio::time::timeout(step, &mut request).await;
                let (_, samples) = scrape(&app);
                let busy = samples
                    .get("cairn_database_waiting{kind=\"Write\"}")
                    .copied()
                    .unwrap_or(0.0)
                    + samples["cairn_database_connections_used"];
                if samples["cairn_http_requests_in_flight"] == 1.0 && busy >= 1.0 {
                    break;
                }
                looks += 1;
                assert!(looks < 200, "nothing is seen to wait");
            }
            let_go();
            request.await.expect(201);
        })
        .await;
        let (_, samples) = scrape(&app);
        assert_eq!(samples["cairn_http_requests_in_flight"], 0.0);
    });
}

/// On SQLite a brief answer is given by the thread that serves the request; one that is not, by another, for which it waits.
#[test]
fn only_brief_answers_are_given_at_once() {
    run_in_coalition(async |app, coalition| {
        let waits = |samples: &Samples| samples["cairn_database_wait_seconds_count{kind=\"Read\"}"];
        let asked = async |query: &str| {
            let before = waits(&scrape(&app).1);
            let path = coalition.path(&format!("/aggregates?{query}"));
            coalition.partner.get(&path).send().await.expect(200);
            waits(&scrape(&app).1) - before
        };
        let once_more = if is_postgres() { 0.0 } else { 1.0 };
        let brief = asked("measure=VISITS&period=2025").await;
        for (query, waits) in [
            ("period=2025&format=csv", brief),
            // Of 800 years one is answered, which is counted.
            ("measure=VISITS&period=1600..2399&by=age_group", brief),
            ("measure=VISITS&period=2025&format=xlsx", brief + once_more),
        ] {
            assert_eq!(asked(query).await, waits, "{query}");
        }
        // Of more measures it is not counted.
        for number in 1..=2 {
            let measure = json!({"code": format!("LOANS_{number}"), "name": format!("Loans {number}"), "unit": "loans",
                "kind": "number", "decimals": 0, "aggregation": "sum", "direction": "up", "frequency": "year"});
            let path = coalition.path("/measures");
            coalition.backbone.post(&path, measure).send().await.expect(201);
        }
        assert_eq!(asked("period=2025").await, brief);
        assert_eq!(asked("period=1600..2399").await, brief + once_more);
    });
}

/// However much is tried, there are no more series than routes; and none tells of anybody.
#[test]
fn labels_are_few_and_name_nobody() {
    run_in_coalition(async |app, coalition| {
        for operation in OPERATIONS.iter().filter(|operation| operation.method == "GET") {
            let path = operation
                .path
                .replace("{coalition}", &coalition.code)
                .replace("{organization}", coalition.partner.organization())
                .replace("{measure}", "PROGRAMS")
                .replace("{goal}", "teens-belong")
                .replace("{submission}", &coalition.submission)
                .replace("{activity}", &coalition.activity);
            let uri = path.replace(['{', '}'], "x");
            let authorization = format!("Bearer {}", coalition.backbone.token());
            let request =
                actix_web::test::TestRequest::with_uri(&uri).insert_header(("Authorization", authorization));
            app.call(request).await;
        }
        for number in 0..50 {
            let method =
                actix_web::http::Method::from_bytes(format!("BREW{number}").as_bytes()).expect("a method");
            let uri = format!("/v1/nothing-{number}/canary");
            app.call(actix_web::test::TestRequest::with_uri(&uri).method(method))
                .await;
        }
        let (text, samples) = scrape(&app);
        let names = [
            "route", "method", "status", "kind", "outcome", "le", "version", "features",
        ];
        let mut routes = BTreeSet::new();
        for sample in samples.keys() {
            let labels = sample
                .split_once('{')
                .map_or("", |(_, labels)| labels.trim_end_matches('}'));
            for label in labels.split("\",").filter(|label| !label.is_empty()) {
                let (name, value) = label.split_once("=\"").expect("a label");
                assert!(names.contains(&name), "{sample}");
                if name == "route" {
                    routes.insert(value.trim_end_matches('"').to_owned());
                }
            }
        }
        let known: BTreeSet<_> = OPERATIONS
            .iter()
            .map(|operation| operation.path.to_owned())
            .collect();
        let others: Vec<_> = routes.difference(&known).collect();
        assert_eq!(others, ["unknown"]);
        assert!(routes.len() > 40, "most routes were asked: {routes:?}");
        assert_eq!(requests(&samples, "unknown", "other", 404), 50.0);
        let codes = [
            &coalition.backbone,
            &coalition.partner,
            &coalition.second,
            &coalition.observer,
        ];
        let canaries = codes
            .iter()
            .flat_map(|client| [client.organization(), client.email()]);
        for canary in canaries.chain([
            &coalition.code,
            &coalition.submission,
            &coalition.activity,
            "PROGRAMS",
            "teens-belong",
            "canary",
        ]) {
            assert!(!text.contains(canary), "{canary} in\n{text}");
        }
    });
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: cairn\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn they_are_answered_at_an_address_of_their_own() {
    run_in_coalition(async |app, _| {
        let options = ["--metrics-listen", "127.0.0.1:0"];
        let (_running, lines) = Running::start("serve", app.database(), &options, |lines| lines.len() == 2);
        let [public, own] = [0, 1].map(|line| said_address(&lines[line]));
        assert!(get(&public, "/healthz").starts_with("HTTP/1.1 200"));
        assert!(
            get(&public, "/metrics").starts_with("HTTP/1.1 404"),
            "not for everybody"
        );
        assert!(
            get(&own, "/healthz").starts_with("HTTP/1.1 404"),
            "and nothing else there"
        );
        let answer = get(&own, "/metrics");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(
            head.contains("application/openmetrics-text; version=1.0.0; charset=utf-8"),
            "{head}"
        );
        let samples = read(body);
        assert_eq!(requests(&samples, "/healthz", "GET", 200), 1.0);
        assert_eq!(requests(&samples, "unknown", "GET", 404), 1.0);
    });
}
