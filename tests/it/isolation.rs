//! Tenants are kept apart, however requests fall among each other: what one has written comes up nowhere in what another
//! is told.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::support::log;
use crate::support::plan::{Plan, Values};
use crate::support::{Answer, Client, Coalition, TestApp, run_with_cast};
use serde_json::json;

/// Stands in everything that the other coalition and its organizations have written.
const CANARY: &str = "canary-4711-of-the-bay";

/// Writes the canary into every text of the coalition `bay-reads` and of the organizations of `bayside`.
fn plant(app: &TestApp) {
    let coalition = "(SELECT id FROM coalitions WHERE code = 'bay-reads')";
    let organizations = "(SELECT id FROM organizations WHERE code LIKE 'bayside%')";
    let in_json = |column: &str| format!("REPLACE({column}, '\"name\":\"', '\"name\":\"{CANARY} ')");
    let statements = [
        format!("UPDATE coalitions SET name = '{CANARY}', purpose = '{CANARY}' WHERE id = {coalition}"),
        format!("UPDATE organizations SET name = '{CANARY}' WHERE id IN {organizations}"),
        format!("UPDATE accounts SET name = '{CANARY}' WHERE email LIKE '%@bayside%'"),
        format!("UPDATE api_keys SET name = '{CANARY}' WHERE organization_id IN {organizations}"),
        format!(
            "UPDATE partners SET attributes = '{{\"region\":\"{CANARY}\"}}' WHERE coalition_id = {coalition}"
        ),
        format!("UPDATE dimensions SET name = '{CANARY}' WHERE coalition_id = {coalition}"),
        format!("UPDATE dimension_codes SET name = '{CANARY}' WHERE coalition_id = {coalition}"),
        format!(
            "UPDATE measures SET body = {} WHERE coalition_id = {coalition}",
            in_json("body")
        ),
        format!(
            "UPDATE measure_versions SET body = {} WHERE coalition_id = {coalition}",
            in_json("body")
        ),
        format!(
            "UPDATE goals SET statement = '{CANARY}', place = '{CANARY}' WHERE coalition_id = {coalition}"
        ),
        format!(
            "UPDATE activities SET title = '{CANARY}', description = '{CANARY}' WHERE coalition_id = {coalition}"
        ),
        format!("UPDATE observations SET note = '{CANARY}' WHERE coalition_id = {coalition}"),
        format!("UPDATE submissions SET source = '{CANARY}' WHERE coalition_id = {coalition}"),
        format!("UPDATE share_links SET name = '{CANARY}' WHERE coalition_id = {coalition}"),
    ];
    app.database().connect().execute(&statements.join(";\n"));
}

/// Whether an answer tells the canary, in its body or a header.
fn sings(answer: &Answer) -> bool {
    let holds = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes());
    holds(&answer.body) || answer.headers.iter().any(|(_, value)| holds(value.as_bytes()))
}

/// Sends every request of the contract, reads before writes, and answers where the canary came up.
async fn heard(client: &Client, values: &Values) -> Vec<String> {
    let mut plans = Plan::all(values);
    plans.sort_by_key(|plan| !plan.is_read());
    let mut heard = Vec::new();
    for plan in plans {
        // What ends the client's own session would leave nothing to ask.
        if ["delete_session", "delete_account", "update_account"].contains(&plan.operation.id.as_str()) {
            continue;
        }
        if sings(&plan.request(client).send().await) {
            heard.push(plan.operation.id.clone());
        }
    }
    heard
}

#[test]
fn nothing_of_one_coalition_comes_up_in_another() {
    let names: [fn(&crate::support::Cast) -> &Client; 7] = [
        |cast| &cast.home.partner,
        |cast| &cast.home.second,
        |cast| &cast.home.observer,
        |cast| &cast.home.invited,
        |cast| &cast.home.former,
        |cast| cast.person("partner-viewer"),
        |cast| cast.person("share link"),
    ];
    for somebody in names {
        run_with_cast(async |app, cast| {
            plant(&app);
            log::listen();
            let client = somebody(&cast);
            for values in [&cast.values, &cast.foreign] {
                // The secret of another coalition's link opens it to whoever has it.
                let mut values = values.clone();
                values.insert("token", cast.values["token"].clone());
                let heard = heard(client, &values).await;
                assert!(heard.is_empty(), "{}: {heard:?}", client.organization());
            }
            let log = log::heard();
            assert!(log.contains("/v1/coalitions/") && !log.contains(CANARY), "{log}");
            let metrics = app.app().metrics.text(app.app()).expect("metrics");
            for told in [CANARY, "teens-thrive", "bay-reads", "riverside", "bayside"] {
                assert!(!metrics.contains(told), "{told}: {metrics}");
            }
        });
    }
    // The search finds what is there.
    run_with_cast(async |app, cast| {
        plant(&app);
        let heard = heard(&cast.other.backbone, &cast.foreign).await;
        assert!(heard.len() > 25, "{heard:?}");
    });
}

/// One organization's turn: reads, writes, what is refused, and what is given up half-way.
async fn turn(coalition: &Coalition, client: &Client, own: &str, others: &str, n: u64) -> usize {
    let told = |answer: &Answer| {
        let text = answer.text();
        assert!(!text.contains(others), "{}: {text}", answer.request);
        text.contains(own)
    };
    let row = |note: &str, measure: &str| json!({"observations": [{"measure": measure, "period": (1900 + n % 100).to_string(), "value": n, "note": note}]});
    match n % 5 {
        0 => {
            let path = coalition.path("/observations?limit=500");
            let answer = client.get(&path).send().await.expect(200);
            assert!(told(&answer) || n < 500, "{}", answer.text());
        }
        1 => {
            let answer = client.get(&coalition.path("")).send().await.expect(200);
            assert!(told(&answer), "{}", answer.text());
        }
        2 => {
            let answer = client
                .post(&coalition.path("/observations"), row(own, "VISITS"))
                .send()
                .await;
            assert!([201, 503].contains(&answer.status), "{}", answer.text());
            told(&answer);
        }
        3 => {
            // Refused after it was begun: everything is rolled back.
            let mut body = row(own, "VISITS");
            body["observations"]
                .as_array_mut()
                .expect("rows")
                .push(row(own, "NO_SUCH")["observations"][0].clone());
            let answer = client.post(&coalition.path("/observations"), body).send().await;
            assert!([422, 503].contains(&answer.status), "{}", answer.text());
            told(&answer);
        }
        _ => {
            // Given up somewhere on its way.
            let given_up = Duration::from_micros(300 * (n % 13));
            let path = coalition.path("/observations");
            let sent: [_; 2] = [client.get(&path), client.post(&path, row(own, "PROGRAMS"))];
            for request in sent {
                if let Ok(answer) = tokio::time::timeout(given_up, request.send()).await {
                    told(&answer);
                }
            }
            return 2;
        }
    }
    1
}

#[test]
fn ten_thousand_transactions_that_share_connections_never_mix() {
    const TURNS: u64 = 4_600;
    run_with_cast(async |app, cast| {
        let names = |canary: &str| json!({"name": canary, "purpose": canary});
        let (here, there) = ("canary-here-1", "canary-there-2");
        for (coalition, canary) in [(&cast.home, here), (&cast.other, there)] {
            coalition
                .backbone
                .patch(&coalition.path(""), names(canary))
                .send()
                .await
                .expect(200);
        }
        let requests = Rc::new(Cell::new(0));
        let next = Rc::new(Cell::new(0_u64));
        let workers = (0..12).map(|worker| {
            let (coalition, own, others) = match worker % 2 {
                0 => (cast.home.clone(), here, there),
                _ => (cast.other.clone(), there, here),
            };
            let (next, requests) = (next.clone(), requests.clone());
            actix_web::rt::spawn(async move {
                let clients = [&coalition.partner, &coalition.second];
                while next.get() < TURNS {
                    let n = next.get();
                    next.set(n + 1);
                    let client = clients[(n / 7 % 2) as usize];
                    let sent = turn(&coalition, client, own, others, n).await;
                    requests.set(requests.get() + sent);
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.expect("a worker");
        }
        // Each identifies its caller in one transaction and works in another.
        assert!(requests.get() * 2 > 10_000, "{}", requests.get());
        for (coalition, others) in [("teens-thrive", there), ("bay-reads", here)] {
            let strays = format!(
                "SELECT note AS text FROM observations WHERE note = '{others}' AND coalition_id = \
                 (SELECT id FROM coalitions WHERE code = '{coalition}')"
            );
            assert_eq!(app.database().connect().texts(&strays), [""; 0]);
        }
        app.assert_totals().await;
    });
}

/// What somebody who tries ids can tell two answers apart by: the status, the headers, and the body but for the id.
type Shape = (u16, Vec<String>, String);

fn shape(answer: &Answer, named: &str) -> Shape {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "ratelimit", "date"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("a text")))
        .collect();
    headers.sort();
    (answer.status, headers, answer.text().replace(named, "…"))
}

#[test]
fn foreign_random_and_deleted_ids_answer_alike() {
    run_with_cast(async |app, cast| {
        let backbone = &cast.home.backbone;
        let activity = json!({"title": "Soon gone", "starts_on": "2026-03-05"});
        let made = backbone
            .post(&cast.home.path("/activities"), activity)
            .send()
            .await
            .expect(201)
            .json();
        let deleted = made["id"].as_str().expect("an id").to_owned();
        let path = cast.home.path(&format!("/activities/{deleted}"));
        backbone.delete(&path).send().await.expect(204);
        let member = backbone.member("gone", "viewer").await;
        let path = format!("/v1/organization/members/{}", member.email());
        backbone.delete(&path).send().await.expect(204);
        let gone = Values::from([("activity", deleted), ("email", member.email().to_owned())]);
        let random = |name: &str| match name {
            "activity" | "submission" | "invitation" | "api_key" | "share_link" => {
                "0190ffff-ffff-7fff-8fff-ffffffffffff".to_owned()
            }
            "email" => "nobody@nowhere.example".to_owned(),
            "dimension" => "no_such".to_owned(),
            "measure" => "NO_SUCH".to_owned(),
            "entity_set" => "Aggregates_by_no_such".to_owned(),
            _ => "no-such".to_owned(),
        };
        let mut count = 0;
        let before = app.snapshot();
        for name in cast
            .foreign
            .keys()
            .filter(|name| !["token", "organization"].contains(name))
        {
            let named = format!("{{{name}}}");
            let mut tried = vec![random(name), cast.foreign[name].clone()];
            // The backbone of the one is a partner of the other.
            let asking = if *name == "coalition" {
                &cast.home.second
            } else {
                backbone
            };
            tried.extend(gone.get(name).cloned());
            let mut answers: Vec<Vec<(String, Shape)>> = Vec::new();
            for value in &tried {
                let mut values = cast.values.clone();
                values.insert(name, value.clone());
                let mut told = Vec::new();
                for plan in Plan::all(&values)
                    .iter()
                    .filter(|plan| plan.operation.path.contains(&named))
                {
                    let answer = plan.request(asking).send().await;
                    told.push((plan.operation.id.clone(), shape(&answer, value)));
                }
                answers.push(told);
            }
            for other in &answers[1..] {
                assert_eq!(other, &answers[0], "{name}: {tried:?}");
            }
            count += answers[0].len() * answers.len();
        }
        assert!(count > 150, "{count}");
        before.assert_same(&app.snapshot(), "asking for what is not there");
    });
}
