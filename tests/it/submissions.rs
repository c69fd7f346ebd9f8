//! Submitting: JSON and CSV, atomic and partial, dry runs, corrections, withdrawals, receipts; and everything that can
//! be wrong with it.

use serde_json::{Value, json};

use crate::support::{Client, Coalition, run_in_coalition};

fn counts(receipt: &Value) -> [u64; 6] {
    [
        "received",
        "created",
        "updated",
        "unchanged",
        "withdrawn",
        "rejected",
    ]
    .map(|name| receipt["counts"][name].as_u64().expect("a count"))
}

async fn submit(client: &Client, coalition: &Coalition, observations: Value) -> Value {
    let body = json!({"observations": observations});
    client
        .post(&coalition.path("/observations"), body)
        .send()
        .await
        .expect(201)
        .json()
}

async fn figures(client: &Client, coalition: &Coalition, query: &str) -> Vec<Value> {
    client
        .get(&coalition.path(&format!("/observations?{query}")))
        .send()
        .await
        .expect(200)
        .data()
}

#[test]
fn creates_corrects_and_withdraws() {
    run_in_coalition(async |app, coalition| {
        let partner = &coalition.partner;
        let row = |value: Value| json!([{"measure": "VISITS", "period": "2024", "value": value}]);
        assert_eq!(
            counts(&submit(partner, &coalition, row(json!(5))).await),
            [1, 1, 0, 0, 0, 0]
        );
        app.advance(1);
        assert_eq!(
            counts(&submit(partner, &coalition, row(json!(5))).await),
            [1, 0, 0, 1, 0, 0]
        );
        app.advance(1);
        let receipt = submit(partner, &coalition, row(json!(6))).await;
        assert_eq!(counts(&receipt), [1, 0, 1, 0, 0, 0]);
        let found = figures(partner, &coalition, "measure=VISITS&period=2024").await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["value"], json!(6));
        assert_eq!(found[0]["submission"], receipt["submission"]);
        assert_eq!(
            counts(&submit(partner, &coalition, row(Value::Null)).await),
            [1, 0, 0, 0, 1, 0]
        );
        assert_eq!(
            counts(&submit(partner, &coalition, row(Value::Null)).await),
            [1, 0, 0, 1, 0, 0]
        );
        assert!(
            figures(partner, &coalition, "measure=VISITS&period=2024")
                .await
                .is_empty()
        );
    });
}

#[test]
fn states_what_is_missing_and_what_is_estimated() {
    run_in_coalition(async |_, coalition| {
        let rows = json!([
            {"measure": "VISITS", "period": "2023", "missing": "not_available"},
            {"measure": "VISITS", "period": "2024", "value": 0, "estimated": true}]);
        submit(&coalition.partner, &coalition, rows).await;
        let found = figures(&coalition.partner, &coalition, "measure=VISITS&period=2023..2024").await;
        let told: Vec<_> = found
            .iter()
            .map(|row| (&row["value"], &row["missing"], &row["estimated"]))
            .collect();
        assert_eq!(
            told,
            [
                (&Value::Null, &json!("not_available"), &json!(false)),
                (&json!(0), &Value::Null, &json!(true))
            ]
        );
    });
}

#[test]
fn a_dry_run_tells_and_changes_nothing() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let body = json!({"observations": [
            {"measure": "VISITS", "period": "2025", "value": 1},
            {"measure": "VISITS", "period": "2024", "value": 1},
            {"measure": "NOTHING", "period": "2024", "value": 1}]});
        let path = coalition.path("/observations?dry_run=true&mode=partial");
        let receipt = coalition
            .partner
            .post(&path, body)
            .send()
            .await
            .expect(200)
            .json();
        assert_eq!(counts(&receipt), [3, 1, 1, 0, 0, 1]);
        assert_eq!(receipt["dry_run"], true);
        assert_eq!(receipt["submission"], Value::Null);
        assert_eq!(receipt["errors"][0]["row"], 3);
        assert_eq!(receipt["errors"][0]["code"], "unknown_measure");
        before.assert_same(&app.snapshot(), "a dry run");
    });
}

#[test]
fn atomic_refuses_all_and_partial_takes_the_good_rows() {
    run_in_coalition(async |app, coalition| {
        let body = json!({"observations": [
            {"measure": "VISITS", "period": "2024", "value": 1},
            {"measure": "VISITS", "period": "2024-03", "value": 1},
            {"measure": "VISITS", "period": "2023", "value": 1.5}]});
        let before = app.snapshot();
        let refused = coalition
            .partner
            .post(&coalition.path("/observations"), body.clone())
            .send()
            .await
            .expect(422);
        assert_eq!(
            refused.issues(),
            [
                "/observations/1/period wrong_frequency",
                "/observations/2/value too_many_decimals"
            ]
        );
        assert_eq!(refused.json()["errors"][0]["row"], 2);
        before.assert_same(&app.snapshot(), "a refused submission");
        let path = coalition.path("/observations?mode=partial");
        let receipt = coalition
            .partner
            .post(&path, body)
            .send()
            .await
            .expect(200)
            .json();
        assert_eq!(counts(&receipt), [3, 1, 0, 0, 0, 2]);
        assert_eq!(receipt["state"], "partial");
    });
}

#[test]
fn names_what_is_wrong_with_a_row() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let cases = [
            (
                json!({"measure": "VISIT", "period": "2024", "value": 1}),
                "/measure unknown_measure",
            ),
            (
                json!({"measure": "ATT_PER_PROGRAM", "period": "2024", "value": 1}),
                "/measure ratio_measure",
            ),
            (
                json!({"measure": "VISITS", "period": "2024-13", "value": 1}),
                "/period unknown_period",
            ),
            (
                json!({"measure": "VISITS", "period": "last year", "value": 1}),
                "/period invalid_period",
            ),
            (
                json!({"measure": "VISITS", "period": "2024", "cell": {"sex": "f"}, "value": 1}),
                "/cell/sex unknown_dimension",
            ),
            (
                json!({"measure": "VISITS", "period": "2024", "cell": {"age_group": "old"}, "value": 1}),
                "/cell/age_group unknown_code",
            ),
            (json!({"measure": "VISITS", "period": "2024"}), "/value required"),
            (
                json!({"measure": "VISITS", "period": "2024", "value": -1}),
                "/value negative_value",
            ),
            (
                json!({"measure": "VISITS", "period": "2024", "value": 9_007_199_254_740_992_i64}),
                "/value value_too_large",
            ),
            (
                json!({"measure": "VISITS", "period": "2024", "value": 1, "missing": "not_available"}),
                "/missing value_and_missing",
            ),
            (
                json!({"measure": "VISITS", "period": "2024", "missing": "lost"}),
                "/missing unknown_missing_reason",
            ),
            (
                json!({"measure": "VISITS", "period": "2024", "value": 1, "organization": "riverside-library"}),
                "/organization not_on_behalf",
            ),
        ];
        for (row, expected) in cases {
            let body = json!({"observations": [row]});
            let request = coalition.partner.post(&coalition.path("/observations"), body);
            let answer = request
                .off_contract("a row that cannot be taken")
                .send()
                .await
                .expect(422);
            assert_eq!(answer.issues(), [format!("/observations/0{expected}")], "{row}");
        }
        let twice = json!({"observations": [
            {"measure": "VISITS", "period": "2024", "value": 1}, {"measure": "visits", "period": "2024", "value": 1}]});
        let answer = coalition
            .partner
            .post(&coalition.path("/observations"), twice)
            .send()
            .await
            .expect(422);
        assert_eq!(answer.issues(), ["/observations/1 duplicate_row"]);
        before.assert_same(&app.snapshot(), "rows that cannot be taken");
    });
}

#[test]
fn names_what_is_wrong_with_a_body() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let path = coalition.path("/observations");
        let send = async |media_type: &str, body: &[u8]| {
            let request = coalition.partner.request("POST", &path).body(media_type, body);
            request.off_contract("a body that cannot be read").send().await
        };
        let json = |text: &'static str| send("application/json", text.as_bytes());
        for (text, issue) in [
            (
                r#"{"observations": [{"measure": "VISITS", "colour": 1}]}"#,
                "/observations/0/colour unknown_field",
            ),
            (
                r#"{"observations": [{"measure": 5}]}"#,
                "/observations/0/measure wrong_type",
            ),
            (
                r#"{"observations": [{"value": "421"}]}"#,
                "/observations/0/value wrong_type",
            ),
            (
                r#"{"submission": 1, "observations": []}"#,
                "/submission unknown_field",
            ),
            (r#"{"observations": ["#, " malformed_json"),
            ("", " empty"),
        ] {
            assert_eq!(json(text).await.expect(400).issues(), [issue], "{text}");
        }
        assert_eq!(
            json(r#"{"observations": []}"#).await.expect(422).issues(),
            ["/observations required"]
        );
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(
            send("application/json", deep.as_bytes()).await.expect(400).code(),
            "malformed"
        );
        assert_eq!(
            send("application/xml", b"<x/>").await.expect(415).code(),
            "unsupported_media_type"
        );
        let large = vec![b' '; 17 * 1024 * 1024];
        assert_eq!(
            send("application/json", &large).await.expect(413).code(),
            "too_large"
        );
        before.assert_same(&app.snapshot(), "bodies that cannot be read");
    });
}

#[test]
fn takes_csv_as_spreadsheets_write_it() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/observations");
        let text = "\u{feff}measure,period,age_group,value,estimated,missing,note\r\n\
                    PROGRAMS,2024,young_adult,7,true,,\"with a comma, and \"\"quotes\"\"\"\r\n\
                    PROGRAMS,2024,,12,,,\r\n\
                    VISITS,2024,,,,not_available,\r\n";
        let receipt = coalition
            .partner
            .post_csv(&path, text)
            .send()
            .await
            .expect(201)
            .json();
        assert_eq!(counts(&receipt), [3, 3, 0, 0, 0, 0]);
        let found = figures(&coalition.partner, &coalition, "measure=PROGRAMS&period=2024").await;
        let young = found
            .iter()
            .find(|row| row["cell"]["age_group"] == "young_adult")
            .expect("the row");
        assert_eq!(young["note"], "with a comma, and \"quotes\"");
        assert_eq!(young["estimated"], true);
    });
}

#[test]
fn says_what_is_wrong_with_csv() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let path = coalition.path("/observations");
        let send = async |body: &[u8]| {
            let request = coalition.partner.request("POST", &path).body("text/csv", body);
            request.off_contract("a file that cannot be read").send().await
        };
        for (body, code) in [
            (b"".as_slice(), "empty"),
            (b"measure,period,value\n", "empty"),
            (b"measure;period;value\nVISITS;2024;1\n", "invalid_header"),
            (b"measure,period\nVISITS,2024\n", "invalid_header"),
            (
                b"measure,period,value,colour\nVISITS,2024,1,red\n",
                "unknown_column",
            ),
            (b"measure,period,value,note\nVISITS,2024,1,caf\xe9\n", "not_utf8"),
        ] {
            assert_eq!(send(body).await.expect(400).issues(), [format!(" {code}")]);
        }
        let ragged = send(b"measure,period,value\nVISITS,2024\nVISITS,2023,1.5\n")
            .await
            .expect(422);
        assert_eq!(
            ragged.issues(),
            [
                "/observations/0 invalid_row",
                "/observations/1/value too_many_decimals"
            ]
        );
        before.assert_same(&app.snapshot(), "files that cannot be read");
    });
}

#[test]
fn warns_when_parts_exceed_their_total() {
    run_in_coalition(async |_, coalition| {
        let rows = json!([
            {"measure": "PROGRAMS", "period": "2024", "value": 5},
            {"measure": "PROGRAMS", "period": "2024", "cell": {"age_group": "children"}, "value": 4},
            {"measure": "PROGRAMS", "period": "2024", "cell": {"age_group": "young_adult"}, "value": 4}]);
        let receipt = submit(&coalition.partner, &coalition, rows).await;
        assert_eq!(receipt["warnings"][0]["code"], "parts_exceed_total");
        assert_eq!(receipt["counts"]["created"], 3);
    });
}

#[test]
fn the_backbone_reports_on_behalf() {
    run_in_coalition(async |_, coalition| {
        let partner = coalition.partner.organization();
        let rows = json!([{"measure": "VISITS", "period": "2024", "value": 7, "organization": partner}]);
        let receipt = submit(&coalition.backbone, &coalition, rows).await;
        let found = figures(&coalition.partner, &coalition, "measure=VISITS&period=2024").await;
        assert_eq!(found[0]["organization"], partner);
        assert_eq!(found[0]["submission"], receipt["submission"]);
        let by_organization = &receipt["organizations"];
        assert_eq!(by_organization.as_array().map(Vec::len), Some(1));
        assert_eq!(by_organization[0]["organization"], partner);
        assert_eq!(by_organization[0]["created"], 1);
        let id = receipt["submission"].as_str().expect("an id");
        let path = coalition.path(&format!("/submissions/{id}"));
        let kept = coalition.backbone.get(&path).send().await.expect(200).json();
        assert_eq!(&kept["organizations"], by_organization);
        let nobody = json!({"observations": [
            {"measure": "VISITS", "period": "2024", "value": 7, "organization": "nowhere"}]});
        let answer = coalition
            .backbone
            .post(&coalition.path("/observations"), nobody)
            .send()
            .await
            .expect(422);
        assert_eq!(
            answer.issues(),
            ["/observations/0/organization unknown_organization"]
        );
    });
}

#[test]
fn everyone_sees_their_own_figures_and_the_backbone_all() {
    run_in_coalition(async |_, coalition| {
        let own = figures(&coalition.partner, &coalition, "limit=1000").await;
        assert!(
            own.iter()
                .all(|row| row["organization"] == coalition.partner.organization())
        );
        let all = figures(&coalition.backbone, &coalition, "limit=1000").await;
        assert_eq!(all.len(), 2 * own.len());
        let second = coalition.second.organization();
        let query = format!("organization={second}");
        assert_eq!(
            figures(&coalition.backbone, &coalition, &query).await.len(),
            own.len()
        );
        let path = coalition.path(&format!("/observations?{query}"));
        coalition.partner.get(&path).send().await.expect(403);
    });
}

#[test]
fn pages_follow_each_other_without_gaps() {
    run_in_coalition(async |_, coalition| {
        let all = figures(&coalition.backbone, &coalition, "limit=1000").await;
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = coalition.path(&format!("/observations?limit=3{cursor}"));
            let answer = coalition.backbone.get(&path).send().await.expect(200);
            seen.extend(answer.data());
            match answer.json()["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, all);
    });
}

#[test]
fn receipts_are_kept() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path(&format!("/submissions/{}", coalition.submission));
        let receipt = coalition.partner.get(&path).send().await.expect(200).json();
        assert_eq!(receipt["source"], "spring report");
        assert_eq!(counts(&receipt), [4, 4, 0, 0, 0, 0]);
        coalition.backbone.get(&path).send().await.expect(200);
        coalition.second.get(&path).send().await.expect(404);
        let list = coalition.path("/submissions");
        assert_eq!(
            coalition.partner.get(&list).send().await.expect(200).data().len(),
            1
        );
        assert_eq!(
            coalition
                .backbone
                .get(&list)
                .send()
                .await
                .expect(200)
                .data()
                .len(),
            2
        );
    });
}
