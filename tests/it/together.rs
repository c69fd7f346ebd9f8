//! Small submissions that wait for the same coalition are applied together, and each comes out as it would by itself.

use serde_json::{Value, json};

use crate::support::database::is_postgres;
use crate::support::{Answer, Client, Coalition, Request, TestApp, run_in_coalition};

fn submit(client: &Client, coalition: &Coalition, query: &str, rows: Value) -> Request {
    let path = coalition.path(&format!("/observations{query}"));
    client.post(&path, json!({"observations": rows}))
}

/// Sends them while nothing can be written, so that they have to wait together.
async fn all_together(app: &TestApp, requests: Vec<Request>) -> Vec<Answer> {
    let tasks = app
        .held_up(async |let_go| {
            let tasks: Vec<_> = requests
                .into_iter()
                .map(|request| actix_web::rt::spawn(request.send()))
                .collect();
            // Until all of them are waiting.
            while app.app().together.waiting() + 1 < tasks.len() {
                tokio::task::yield_now().await;
            }
            let_go();
            tasks
        })
        .await;
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("an answer"));
    }
    answers
}

/// So many transactions brought the coalition's submissions; only PostgreSQL tells.
fn transactions(app: &TestApp) -> Option<usize> {
    let query = "SELECT DISTINCT xmin::text AS text FROM submissions";
    is_postgres().then(|| app.database().connect().texts(query).len())
}

fn counts(answer: &Answer) -> [i64; 5] {
    let counts = answer.json()["counts"].clone();
    ["created", "updated", "unchanged", "withdrawn", "rejected"].map(|name| counts[name].as_i64().unwrap())
}

#[test]
fn each_comes_out_as_it_would_by_itself() {
    run_in_coalition(async |app, coalition| {
        let (partner, second, backbone) = (&coalition.partner, &coalition.second, &coalition.backbone);
        let before = transactions(&app);
        let year = |year: usize| (1990 + year).to_string();
        let mut requests = Vec::new();
        let mut expected = Vec::new();
        let mut expect = |request: Request, status: u16, counts: [i64; 5]| {
            requests.push(request);
            expected.push((status, counts));
        };
        for number in 0..8 {
            let period = year(number);
            // Two of one slice, whose parts come to more than its total, and both sides of a ratio.
            let total = json!([{"measure": "PROGRAMS", "period": period, "value": 5}]);
            expect(submit(partner, &coalition, "", total), 201, [1, 0, 0, 0, 0]);
            let part = json!([{"measure": "PROGRAMS", "period": period, "value": 9, "cell": {"age_group": "children"}}]);
            expect(submit(partner, &coalition, "", part), 201, [1, 0, 0, 0, 0]);
            let side = json!([{"measure": "ATTENDANCE", "period": period, "value": 70, "note": "counted twice"},
                {"measure": "VISITS", "period": period, "missing": "not_applicable"}]);
            let keyed =
                submit(second, &coalition, "", side).header("Idempotency-Key", &format!("k-{number}"));
            expect(keyed, 201, [2, 0, 0, 0, 0]);
            let other_side =
                json!([{"measure": "PROGRAMS", "period": period, "value": 7, "estimated": true}]);
            expect(submit(second, &coalition, "", other_side), 201, [1, 0, 0, 0, 0]);
            let on_behalf = json!([{"measure": "ATTENDANCE", "period": period, "value": 11, "organization": partner.organization()}]);
            expect(submit(backbone, &coalition, "", on_behalf), 201, [1, 0, 0, 0, 0]);
            let bad = json!([{"measure": "NOTHING", "period": period, "value": 1}]);
            expect(
                submit(partner, &coalition, "", bad).off_contract("a measure that is not"),
                422,
                [0; 5],
            );
            let half = json!([{"measure": "NOTHING", "period": period, "value": 1}, {"measure": "VISITS", "period": period, "value": 3}]);
            expect(
                submit(partner, &coalition, "?mode=partial", half),
                200,
                [1, 0, 0, 0, 1],
            );
        }
        let corrected = json!([{"measure": "PROGRAMS", "period": "2025", "value": 12}]);
        expect(submit(partner, &coalition, "", corrected), 201, [0, 1, 0, 0, 0]);
        let withdrawn = json!([{"measure": "VISITS", "period": "2025", "value": null}]);
        expect(submit(second, &coalition, "", withdrawn), 201, [0, 0, 0, 1, 0]);
        let same = json!([{"measure": "ATTENDANCE", "period": "2025", "value": 200}]);
        expect(submit(partner, &coalition, "", same), 201, [0, 0, 1, 0, 0]);

        let answers = all_together(&app, requests).await;
        for (place, (answer, (status, expected))) in answers.iter().zip(&expected).enumerate() {
            assert_eq!(answer.status, *status, "{place}: {}", answer.text());
            if *status != 422 {
                assert_eq!(counts(answer), *expected, "{place}: {}", answer.text());
            }
        }
        app.assert_totals().await;
        if let (Some(before), Some(after)) = (before, transactions(&app)) {
            let (made, sent) = (after - before, expected.len());
            assert!(made * 2 < sent, "{made} transactions for {sent} submissions");
        }
        let refused = answers[5].json();
        assert_eq!(refused["errors"][0]["pointer"], "/observations/0/measure");
        let on_behalf = answers[4].json();
        assert_eq!(
            on_behalf["organizations"][0]["organization"],
            partner.organization()
        );
        // Each has its own place, its own instant, its own rows, and its answer again for its key.
        let kept = partner
            .get(&coalition.path("/submissions?limit=100"))
            .send()
            .await
            .expect(200)
            .data();
        let instants: std::collections::BTreeSet<&str> = kept
            .iter()
            .map(|one| one["recorded_at"].as_str().unwrap())
            .collect();
        assert_eq!(instants.len(), kept.len());
        for answer in answers.iter().filter(|answer| answer.status == 201) {
            let id = answer.json()["submission"].as_str().unwrap().to_owned();
            let path = coalition.path(&format!("/submissions/{id}/observations"));
            let rows = backbone.get(&path).send().await.expect(200).data();
            let changed = counts(answer)[0] + counts(answer)[1] + counts(answer)[3];
            assert_eq!(rows.len() as i64, changed);
        }
        let again = json!([{"measure": "ATTENDANCE", "period": year(3), "value": 70, "note": "counted twice"},
            {"measure": "VISITS", "period": year(3), "missing": "not_applicable"}]);
        let again = submit(second, &coalition, "", again).header("Idempotency-Key", "k-3");
        let again = again.send().await.expect(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.body, answers[3 * 7 + 2].body);
    });
}

#[test]
fn warnings_are_told_to_whom_they_concern() {
    run_in_coalition(async |app, coalition| {
        let report = |client: &Client, value: i64| {
            let rows = json!([{"measure": "PROGRAMS", "period": "2026", "value": value, "note": "flood"},
                {"measure": "PROGRAMS", "period": "2026", "value": 8, "cell": {"age_group": "children"}}]);
            submit(client, &coalition, "", rows)
        };
        let requests = vec![
            report(&coalition.partner, 5),
            report(&coalition.second, 50),
            report(&coalition.backbone, 6),
        ];
        let answers = all_together(&app, requests).await;
        let warnings: Vec<Value> = answers
            .iter()
            .map(|answer| answer.json()["warnings"].clone())
            .collect();
        assert_eq!(warnings[1], json!([]));
        for warned in [&warnings[0], &warnings[2]] {
            assert_eq!(warned[0]["code"], "parts_exceed_total");
            assert_eq!(
                (&warned[0]["row"], &warned[0]["pointer"]),
                (&json!(1), &json!("/observations/0"))
            );
            assert_eq!(warned[0]["justification"], "flood");
        }
    });
}

#[test]
fn what_one_cannot_do_is_not_its_neighbours_trouble() {
    run_in_coalition(async |app, coalition| {
        let most = 9_007_199_254_740_991_i64;
        // Together with what comes after, no 64 bits hold the total.
        let near = format!("UPDATE rollup SET sum = {}", i64::MAX - most);
        app.database().connect().execute(&near);
        let report = |client: &Client, measure: &str, value: i64| {
            submit(
                client,
                &coalition,
                "",
                json!([{"measure": measure, "period": "2025", "value": value}]),
            )
        };
        let requests = vec![
            report(&coalition.partner, "VISITS", 1),
            report(&coalition.backbone, "PROGRAMS", most),
            report(&coalition.second, "PROGRAMS", most),
            report(&coalition.second, "ATTENDANCE", 3),
        ];
        let answers = all_together(&app, requests).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!((statuses[0], statuses[3]), (201, 201));
        let refused: Vec<String> = answers[1..3]
            .iter()
            .filter(|answer| answer.status == 422)
            .map(|answer| answer.issues().join(","))
            .collect();
        assert_eq!(refused, [" total_too_large"], "{statuses:?}");
    });
}
