//! Submissions that are applied later: taken in, followed, refused, called off, and taken up again after a restart.

use std::time::Duration;

use serde_json::{Value, json};

use crate::formats::{XLSX, bomb};
use crate::support::{Client, Coalition, TestApp, run_in_coalition};

fn csv(rows: impl Iterator<Item = (u32, String)>) -> String {
    let lines = rows.map(|(year, value)| format!("VISITS,{year},{value}\n"));
    "measure,period,value\n".to_owned() + &lines.collect::<String>()
}

/// Sends a file to be applied later; the answer.
async fn send(client: &Client, coalition: &Coalition, text: &str) -> Value {
    let answer = client
        .post_csv(&coalition.path("/observations"), text)
        .header("Prefer", "respond-async")
        .send()
        .await
        .expect(202);
    assert_eq!(answer.header("preference-applied"), Some("respond-async"));
    let shown = answer.json();
    assert_eq!(shown["state"], "pending");
    let address = coalition.path(&format!("/submissions/{}", id(&shown)));
    assert_eq!(answer.header("location"), Some(address.as_str()));
    shown
}

fn id(shown: &Value) -> String {
    shown["submission"].as_str().expect("an id").to_owned()
}

/// The submission once it has ended.
async fn ended(client: &Client, coalition: &Coalition, id: &str) -> Value {
    let address = coalition.path(&format!("/submissions/{id}"));
    for _ in 0..1_000 {
        let shown = client.get(&address).send().await.expect(200).json();
        let state = shown["state"].as_str().expect("a state");
        if !["pending", "running", "cancelling"].contains(&state) {
            return shown;
        }
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it has not ended");
}

async fn figures(client: &Client, coalition: &Coalition) -> usize {
    let path = coalition.path("/observations?measure=VISITS&period=1001..1999&limit=1000");
    client.get(&path).send().await.expect(200).data().len()
}

fn files(app: &TestApp) -> usize {
    let spool = std::fs::read_dir(app.database().spool()).expect("a spool");
    spool.count() - 1
}

/// Waits until the spool holds no file: the last one goes just after its import has ended.
async fn assert_emptied(app: &TestApp) {
    for _ in 0..500 {
        if files(app) == 0 {
            return;
        }
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("something is left in the spool");
}

#[test]
fn are_applied_and_keep_their_receipt() {
    run_in_coalition(async |app, coalition| {
        let text = csv((1001..1901).map(|year| (year, year.to_string())));
        let id = id(&send(&coalition.partner, &coalition, &text).await);
        let receipt = ended(&coalition.partner, &coalition, &id).await;
        assert_eq!(receipt["state"], "applied");
        assert_eq!(receipt["counts"]["created"], 900);
        assert_eq!(receipt["organization"], coalition.partner.organization());
        assert_eq!(figures(&coalition.partner, &coalition).await, 900);
        let address = coalition.path(&format!("/submissions/{id}"));
        coalition.second.get(&address).send().await.expect(404);
        let refused = coalition.partner.delete(&address).send().await.expect(409);
        assert_eq!(refused.code(), "already_applied");
        assert_emptied(&app).await;
    });
}

#[test]
fn are_refused_whole() {
    run_in_coalition(async |app, coalition| {
        let value = |year: u32| {
            if year == 1500 {
                "many".to_owned()
            } else {
                year.to_string()
            }
        };
        let text = csv((1001..1901).map(|year| (year, value(year))));
        let id = id(&send(&coalition.partner, &coalition, &text).await);
        let shown = ended(&coalition.partner, &coalition, &id).await;
        assert_eq!(shown["state"], "rejected");
        assert_eq!(shown["problem"]["status"], 422);
        assert_eq!(shown["problem"]["errors"][0]["at"], "line 501");
        assert_eq!(figures(&coalition.partner, &coalition).await, 0);
        assert_emptied(&app).await;
        let broken = "measure,value\nVISITS,1\n";
        let id = id_of(&coalition, broken).await;
        assert_eq!(
            ended(&coalition.partner, &coalition, &id).await["problem"]["status"],
            400
        );
    });
}

#[test]
fn are_refused_as_they_would_be_at_once() {
    run_in_coalition(async |app, coalition| {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for (media_type, body, status, words) in [
            (XLSX, bomb(), 413, "text/csv"),
            (XLSX, b"PK\x03\x04 and no more".to_vec(), 400, "not the whole"),
            ("application/json", deep.into_bytes(), 400, ""),
            ("application/json", b"{\"observations\": [{".to_vec(), 400, ""),
            ("application/x-ndjson", b"\xff\n".to_vec(), 422, "line 1"),
            (
                "text/csv",
                b"measure,period,value\nVISITS,10".to_vec(),
                422,
                "line 2",
            ),
            (
                "text/csv",
                b"measure,period,value\nVISITS,caf\xe9,1\n".to_vec(),
                400,
                "line 2",
            ),
        ] {
            let request = coalition
                .partner
                .request("POST", &coalition.path("/observations"));
            let request = request.body(media_type, body).header("Prefer", "respond-async");
            let request = request.off_contract("a file that cannot be read");
            let id = id(&request.send().await.expect(202).json());
            let shown = ended(&coalition.partner, &coalition, &id).await;
            assert_eq!(
                (&shown["state"], &shown["problem"]["status"]),
                (&"rejected".into(), &status.into()),
                "{shown}"
            );
            assert!(shown["problem"].to_string().contains(words), "{shown}");
            assert_emptied(&app).await;
        }
        assert_eq!(figures(&coalition.partner, &coalition).await, 0);
    });
}

async fn id_of(coalition: &Coalition, text: &str) -> String {
    id(&send(&coalition.partner, coalition, text).await)
}

#[test]
fn are_called_off() {
    run_in_coalition(async |app, coalition| {
        let text = csv((1001..1901).map(|year| (year, year.to_string())));
        let id = id_of(&coalition, &text).await;
        let address = coalition.path(&format!("/submissions/{id}"));
        coalition.second.delete(&address).send().await.expect(404);
        let answer = coalition.partner.delete(&address).send().await;
        let shown = ended(&coalition.partner, &coalition, &id).await;
        // Either it was in time, or it was applied before.
        if answer.status == 202 {
            assert_eq!(shown["state"], "cancelled");
            assert_eq!(figures(&coalition.partner, &coalition).await, 0);
        } else {
            assert_eq!(answer.expect(409).code(), "already_applied");
        }
        assert_emptied(&app).await;
    });
}

#[test]
fn are_sent_again_with_one_effect() {
    run_in_coalition(async |_, coalition| {
        let text = csv((1001..1101).map(|year| (year, year.to_string())));
        let mut ids = Vec::new();
        for _ in 0..2 {
            let request = coalition
                .partner
                .post_csv(&coalition.path("/observations"), &text);
            let request = request
                .header("Prefer", "respond-async")
                .header("Idempotency-Key", "spring");
            ids.push(id(&request.send().await.expect(202).json()));
        }
        assert_eq!(ids[0], ids[1]);
        let receipt = ended(&coalition.partner, &coalition, &ids[0]).await;
        assert_eq!(receipt["counts"]["created"], 100);
    });
}

#[test]
fn are_taken_up_again_by_the_next_service() {
    run_in_coalition(async |app, coalition| {
        let text = csv((1001..1101).map(|year| (year, year.to_string())));
        // Nothing else runs on this thread until the first wait, so the service has not come to it yet.
        let spool = cairn::imports::Spool::open(&app.database().spool()).expect("a spool");
        let id = id_of(&coalition, &text).await;
        let kept = spool.path(&id);
        let copy = std::fs::read(&kept);
        let receipt = ended(&coalition.partner, &coalition, &id).await;
        assert_eq!(receipt["state"], "applied");
        // As it was before: the file in its place, the row in the table.
        std::fs::write(&kept, copy.unwrap_or_else(|_| text.clone().into_bytes())).expect("a file");
        let again = uuid_of_a_pending_import(&app, &coalition, &id);
        std::fs::rename(&kept, spool.path(&again)).expect("a file");
        let left_over = spool.path("01900000-0000-7000-8000-000000000002");
        std::fs::write(left_over, "measure,per").expect("a file");
        let _next = app.twin().await;
        assert_eq!(files(&app), 1, "what broke off is gone");
        let receipt = ended(&coalition.partner, &coalition, &again).await;
        assert_eq!(receipt["state"], "applied");
        assert_eq!(receipt["counts"]["unchanged"], 100);
    });
}

#[test]
fn are_refused_when_their_organization_has_left() {
    run_in_coalition(async |app, coalition| {
        let first = id_of(&coalition, &csv([(1001, "1".to_owned())].into_iter())).await;
        ended(&coalition.partner, &coalition, &first).await;
        let id = uuid_of_a_pending_import(&app, &coalition, &first);
        let spool = cairn::imports::Spool::open(&app.database().spool()).expect("a spool");
        std::fs::write(spool.path(&id), csv([(1002, "2".to_owned())].into_iter())).expect("a file");
        let code = coalition.partner.organization();
        let leave = coalition.path(&format!("/partners/{code}/leave"));
        let answer = coalition.partner.post(&leave, serde_json::json!({})).send().await;
        assert!(answer.status < 300, "{}", answer.text());
        let _next = app.twin().await;
        let shown = ended(&coalition.backbone, &coalition, &id).await;
        assert_eq!(shown["state"], "rejected");
        assert_eq!(shown["problem"]["status"], 403);
        assert_eq!(figures(&coalition.backbone, &coalition).await, 1);
        assert_emptied(&app).await;
    });
}

/// Puts a row into the table as a service leaves it that ends before it has applied an import.
fn uuid_of_a_pending_import(app: &TestApp, coalition: &Coalition, like: &str) -> String {
    let uuid = "01900000-0000-7000-8000-000000000001".to_owned();
    let spool = std::fs::read_to_string(app.database().spool().join("id")).expect("the spool's id");
    let code = coalition.partner.organization();
    app.database().connect().execute(&format!(
        "INSERT INTO imports (coalition_id, uuid, organization_id, actor, state, spool, format, mode, file_sha256, received_at) \
         SELECT coalition_id, '{uuid}', organization_id, actor, 'pending', '{spool}', 'csv', 'atomic', file_sha256, recorded_at \
         FROM submissions WHERE uuid = '{like}' AND organization_id = (SELECT id FROM organizations WHERE code = '{code}')"
    ));
    uuid
}

#[test]
fn a_locked_period_refuses_it() {
    run_in_coalition(async |_, coalition| {
        let patch = json!({"locked_through": "1990-12-31"});
        let backbone = &coalition.backbone;
        backbone
            .patch(&coalition.path(""), patch)
            .send()
            .await
            .expect(200);
        let rows = [(1990, "1".to_owned()), (1991, "2".to_owned())];
        let shown = send(&coalition.partner, &coalition, &csv(rows.into_iter())).await;
        let shown = ended(&coalition.partner, &coalition, &id(&shown)).await;
        assert_eq!(shown["state"], "rejected");
        assert_eq!(shown["problem"]["errors"][0]["code"], "period_locked");
        assert_eq!(figures(&coalition.partner, &coalition).await, 0);
        // There is nothing to review of it.
        let path = coalition.path(&format!("/submissions/{}/review", id(&shown)));
        let refused = backbone
            .put(&path, json!({"verdict": "accepted"}))
            .send()
            .await
            .expect(409);
        assert_eq!(refused.problem()["code"], "not_applied");
    });
}
