//! Reviews: the backbone accepts a submission or questions it, and the sender sees which.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Coalition, run_in_coalition};

const QUESTION: &str = "Twice last year's: is the new branch counted twice?";

async fn review(client: &Client, coalition: &Coalition, submission: &str, review: Value) -> Answer {
    let path = coalition.path(&format!("/submissions/{submission}/review"));
    client.put(&path, review).send().await
}

async fn found(client: &Client, coalition: &Coalition, submission: &str) -> Value {
    let path = coalition.path(&format!("/submissions/{submission}"));
    client.get(&path).send().await.expect(200).json()
}

/// The sources of the submissions that were reviewed so.
async fn sources(client: &Client, coalition: &Coalition, verdict: &str) -> Vec<String> {
    let path = coalition.path(&format!("/submissions?review={verdict}"));
    let listed = client.get(&path).send().await.expect(200).data();
    let sources = listed
        .iter()
        .map(|one| one["source"].as_str().unwrap_or("none").to_owned());
    sources.collect()
}

async fn submit(client: &Client, coalition: &Coalition, source: &str, rows: Value) -> String {
    let body = json!({"source": source, "observations": rows});
    let answer = client
        .post(&coalition.path("/observations"), body)
        .send()
        .await
        .expect(201);
    answer.json()["submission"].as_str().expect("an id").to_owned()
}

#[test]
fn the_sender_sees_what_the_backbone_found() {
    run_in_coalition(async |app, coalition| {
        let (partner, editor) = (&coalition.partner, coalition.backbone.editor().await);
        let submission = coalition.submission.as_str();
        assert_eq!(
            found(partner, &coalition, submission).await["review"],
            Value::Null
        );
        let figures = coalition.path("/aggregates?measure=VISITS");
        let before = partner.get(&figures).send().await.expect(200).json()["data"].clone();
        app.advance(60);
        let questioned = json!({"verdict": "questioned", "comment": QUESTION});
        let answer = review(&editor, &coalition, submission, questioned.clone())
            .await
            .expect(200);
        let expected = json!({"verdict": "questioned", "comment": QUESTION, "reviewed_by": "editor",
            "reviewed_at": "2026-03-02T09:31:00.000000Z"});
        assert_eq!(answer.json()["review"], expected);
        assert_eq!(found(partner, &coalition, submission).await["review"], expected);
        // No figure changes, and nothing is held back.
        let after = partner.get(&figures).send().await.expect(200).json()["data"].clone();
        assert_eq!(after, before);
        // Told once more, it stands as it was told first.
        app.advance(60);
        let again = review(&coalition.backbone, &coalition, submission, questioned)
            .await
            .expect(200);
        assert_eq!(again.json()["review"], expected);
        let accepted = review(
            &coalition.backbone,
            &coalition,
            submission,
            json!({"verdict": "accepted"}),
        )
        .await
        .expect(200)
        .json();
        assert_eq!(accepted["review"]["verdict"], "accepted");
        assert_eq!(accepted["review"]["comment"], Value::Null);
        assert_eq!(accepted["review"]["reviewed_by"], "Admin of riverside-library");
        let told = coalition
            .backbone
            .get(&coalition.path("/audit"))
            .send()
            .await
            .expect(200)
            .data();
        let told: Vec<_> = told
            .iter()
            .filter(|row| row["action"] == "submission.reviewed")
            .collect();
        let details: Vec<_> = told.iter().map(|row| row["details"].clone()).collect();
        assert_eq!(
            details,
            [
                json!({"verdict": {"from": "questioned", "to": "accepted"}, "comment": {"from": QUESTION, "to": null}}),
                json!({"verdict": {"from": null, "to": "questioned"}, "comment": {"from": null, "to": QUESTION}}),
            ]
        );
        assert_eq!(told[0]["subject"], format!("submission:{submission}"));
    });
}

#[test]
fn the_backbone_lists_what_it_has_not_looked_at() {
    run_in_coalition(async |_, coalition| {
        let (partner, backbone) = (&coalition.partner, &coalition.backbone);
        let row = |year: u32, client: &Client| json!({"measure": "VISITS", "period": year.to_string(), "value": 7, "organization": client.organization()});
        let both = json!([row(2020, partner), row(2020, &coalition.second)]);
        let on_behalf = submit(backbone, &coalition, "on behalf", both).await;
        let own = submit(
            partner,
            &coalition,
            "own",
            json!([{"measure": "VISITS", "period": "2021", "value": 8}]),
        )
        .await;
        let unseen = ["own", "on behalf", "spring report", "spring report"];
        assert_eq!(sources(backbone, &coalition, "none").await, unseen);
        let questioned = json!({"verdict": "questioned", "comment": "Youth club: 7 of 9 branches?"});
        for submission in [&on_behalf, &own] {
            review(backbone, &coalition, submission, questioned.clone())
                .await
                .expect(200);
        }
        assert_eq!(
            sources(backbone, &coalition, "questioned").await,
            ["own", "on behalf"]
        );
        assert_eq!(sources(backbone, &coalition, "none").await, ["spring report"; 2]);
        assert_eq!(sources(backbone, &coalition, "accepted").await, [""; 0]);
        // What is said of a submission for several partners is for none of them.
        assert_eq!(
            found(partner, &coalition, &on_behalf).await["review"],
            Value::Null
        );
        assert_eq!(
            found(partner, &coalition, &own).await["review"]["verdict"],
            "questioned"
        );
        assert_eq!(sources(partner, &coalition, "questioned").await, ["own"]);
        assert_eq!(
            sources(partner, &coalition, "none").await,
            ["on behalf", "spring report"]
        );
        let unknown = backbone.get(&coalition.path("/submissions?review=maybe"));
        unknown.off_contract("no verdict").send().await.expect(400);
    });
}

#[test]
fn a_question_says_what_is_in_question() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path(&format!("/submissions/{}/review", coalition.submission));
        let long = "o".repeat(2_001);
        for (body, status, issue) in [
            (json!({"verdict": "questioned"}), 422, "/comment required"),
            (
                json!({"verdict": "questioned", "comment": " "}),
                422,
                "/comment invalid_text",
            ),
            (
                json!({"verdict": "accepted", "comment": long}),
                422,
                "/comment invalid_text",
            ),
            (json!({"verdict": "approved"}), 400, "/verdict unknown_value"),
            (json!({"comment": "Well done"}), 400, "/verdict required"),
        ] {
            let request = coalition
                .backbone
                .put(&path, body.clone())
                .off_contract("no review");
            let answer = request.send().await.expect(status);
            assert_eq!(answer.issues(), [issue], "{body}");
        }
    });
}

#[test]
fn the_backbone_reviews_and_nobody_else() {
    run_in_coalition(async |_, coalition| {
        let submission = coalition.submission.as_str();
        let accepted = json!({"verdict": "accepted"});
        for client in [
            &coalition.partner,
            &coalition.second,
            &coalition.observer,
            &coalition.backbone.viewer().await,
        ] {
            review(client, &coalition, submission, accepted.clone())
                .await
                .expect(403);
        }
        let nothing = "0198f2a4-6d1e-7b1c-9a39-0c4f4e9f5a12";
        review(&coalition.backbone, &coalition, nothing, accepted)
            .await
            .expect(404);
    });
}

#[test]
fn of_two_who_review_at_once_with_if_match_one_is_asked_to_look_again() {
    run_in_coalition(async |_, coalition| {
        let receipt = coalition.path(&format!("/submissions/{}", coalition.submission));
        let path = format!("{receipt}/review");
        let tag = coalition.backbone.get(&receipt).send().await.expect(200).etag();
        let put = |number: u32| {
            let body = json!({"verdict": "questioned", "comment": format!("question {number}")});
            let request = coalition.backbone.put(&path, body).header("If-Match", &tag);
            actix_web::rt::spawn(async move { request.send().await.status })
        };
        let tasks: Vec<_> = (0..8).map(put).collect();
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.expect("an answer"));
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    });
}
