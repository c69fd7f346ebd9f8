//! Tracing a figure back: who submitted it, when, with which key, from which file; and forth: what a submission did.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Client, Coalition, import, run_in_coalition};

const CSV: &str = "measure,period,value\nVISITS,2024,5\n";
/// Of these bytes, as `sha256sum` says.
const SHA256: &str = "98fd1e369a4f85818ab3252f0095dc3a16f770ee0aa8ab0979607ada55894beb";

async fn found(client: &Client, coalition: &Coalition, id: &Value) -> Value {
    let path = coalition.path(&format!("/submissions/{}", id.as_str().expect("an id")));
    client.get(&path).send().await.expect(200).json()
}

#[test]
fn a_submission_tells_who_sent_which_file() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/observations");
        let key = coalition
            .partner
            .key(&["observations:write", "observations:read"], None)
            .await;
        let receipt = key
            .post_csv(&path, CSV)
            .header("Content-Disposition", "attachment; filename=\"figures 2024.csv\"")
            .send()
            .await
            .expect(201)
            .json();
        let by_key = found(&coalition.partner, &coalition, &receipt["submission"]).await;
        assert_eq!(
            by_key["file"],
            json!({"name": "figures 2024.csv", "sha256": SHA256})
        );
        assert_eq!(
            (&by_key["submitted_by"]["name"], &by_key["submitted_by"]["email"]),
            (&json!("a program"), &Value::Null)
        );
        let keys = coalition
            .partner
            .get("/v1/organization/api-keys")
            .send()
            .await
            .expect(200)
            .data();
        assert_eq!(by_key["submitted_by"]["api_key"], keys[0]["id"]);
        let text = by_key.to_string();
        assert!(!text.contains(key.token()) && !text.contains(keys[0]["prefix"].as_str().unwrap()));

        let receipt = coalition
            .partner
            .post_csv(&format!("{path}?filename=Z%C3%A4hlung.csv"), CSV)
            .header("Content-Disposition", "attachment; filename=\"other.csv\"")
            .send()
            .await
            .expect(201)
            .json();
        let own = found(&coalition.partner, &coalition, &receipt["submission"]).await;
        assert_eq!(own["file"]["name"], "Zählung.csv");
        let name = format!("Admin of {}", coalition.partner.organization());
        assert_eq!(
            own["submitted_by"],
            json!({"name": name, "email": coalition.partner.email(), "api_key": null})
        );
        let to_others = found(&coalition.backbone, &coalition, &receipt["submission"]).await;
        assert_eq!(
            to_others["submitted_by"],
            json!({"name": name, "email": null, "api_key": null})
        );
        let listed = coalition
            .backbone
            .get(&coalition.path("/submissions"))
            .send()
            .await
            .expect(200)
            .data();
        let emails: Vec<_> = listed.iter().map(|one| &one["submitted_by"]["email"]).collect();
        assert!(emails.iter().all(|email| email.is_null()), "{emails:?}");
        let first = found(&coalition.partner, &coalition, &json!(coalition.submission)).await;
        assert_eq!(first["file"]["name"], Value::Null);
    });
}

#[test]
fn a_file_has_a_name_and_not_a_path() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let path = coalition.path("/observations");
        let long = "x".repeat(256);
        for name in ["", "..", "a%2Fb.csv", "C:%5Cb.csv", "a%0Ab", &long] {
            let request = coalition
                .partner
                .post_csv(&format!("{path}?filename={name}"), CSV);
            let answer = request.off_contract("not a file's name").send().await.expect(422);
            assert_eq!(answer.issues(), ["?filename invalid_file_name"], "{name}");
        }
        for (field, status, issue) in [
            (
                "attachment; filename=\"../b.csv\"",
                422,
                "Content-Disposition invalid_file_name",
            ),
            (
                "attachment; filename*=UTF-8''%2Fetc%2Fpasswd",
                422,
                "Content-Disposition invalid_file_name",
            ),
            (
                "attachment; filename*=UTF-8''%ff.csv",
                400,
                "Content-Disposition invalid_header",
            ),
            ("", 400, "Content-Disposition invalid_header"),
        ] {
            let request = coalition
                .partner
                .post_csv(&path, CSV)
                .header("Content-Disposition", field);
            assert_eq!(request.send().await.expect(status).issues(), [issue], "{field}");
        }
        before.assert_same(&app.snapshot(), "files with bad names");
    });
}

/// What a submission is found to have done, by organization, measure and period: value and whether it is superseded.
type Done = BTreeMap<String, (Value, bool)>;

async fn done(client: &Client, coalition: &Coalition, id: &Value) -> Done {
    let path = coalition.path(&format!(
        "/submissions/{}/observations",
        id.as_str().expect("an id")
    ));
    let (mut done, mut cursor) = (Done::new(), String::new());
    loop {
        let page = client
            .get(&format!("{path}?limit=2{cursor}"))
            .send()
            .await
            .expect(200);
        for row in page.data() {
            assert_eq!(row["withdrawn"] == true, row["value"].is_null());
            let key = key(&row["organization"], &row["measure"], &row["period"]);
            let told = (row["value"].clone(), row["superseded"] == true);
            assert!(done.insert(key, told).is_none(), "told twice");
        }
        match page.json()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return done,
        }
    }
}

fn key(organization: &Value, measure: &Value, period: &Value) -> String {
    format!("{organization} {measure} {period}")
}

type Rows = BTreeMap<(usize, usize, usize), Option<u8>>;

#[test]
fn a_submission_lists_what_it_did() {
    let mut runner = TestRunner::new(Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    });
    let places = (0..2_usize, 0..2_usize, 0..3_usize);
    let rows = prop::collection::btree_map(places, prop::option::weighted(0.7, 0..3_u8), 1..8);
    let law = |submissions: Vec<(bool, Rows)>| {
        run_in_coalition(async |app, coalition| {
            let organizations = [&coalition.partner, &coalition.second];
            let (mut truth, mut history) = (BTreeMap::<String, u8>::new(), Vec::<(Value, Done)>::new());
            for (is_on_behalf, rows) in &submissions {
                app.advance(1);
                let whose = |organization: usize| match is_on_behalf {
                    true => organizations[organization],
                    false => organizations[0],
                };
                let mut observations = BTreeMap::new();
                for (&(organization, measure, period), &value) in rows {
                    let measure = ["VISITS", "PROGRAMS"][measure];
                    let mut row =
                        json!({"measure": measure, "period": (2020 + period).to_string(), "value": value});
                    let whose = Value::from(whose(organization).organization());
                    let key = key(&whose, &row["measure"], &row["period"]);
                    if *is_on_behalf {
                        row["organization"] = whose;
                    }
                    observations.insert(key, (row, value));
                }
                let client = if *is_on_behalf {
                    &coalition.backbone
                } else {
                    &coalition.partner
                };
                let sent: Vec<&Value> = observations.values().map(|(row, _)| row).collect();
                let body = json!({"observations": sent});
                let receipt = client
                    .post(&coalition.path("/observations"), body)
                    .send()
                    .await
                    .expect(201)
                    .json();
                let mut done = Done::new();
                for (key, (_, value)) in observations {
                    if truth.get(&key).copied() == value {
                        continue;
                    }
                    for (_, earlier) in &mut history {
                        if let Some(earlier) = earlier.get_mut(&key) {
                            earlier.1 = true;
                        }
                    }
                    done.insert(key.clone(), (json!(value), false));
                    match value {
                        Some(value) => truth.insert(key, value),
                        None => truth.remove(&key),
                    };
                }
                history.push((receipt["submission"].clone(), done));
            }
            for (id, expected) in &history {
                assert_eq!(&done(&coalition.backbone, &coalition, id).await, expected, "{id}");
            }
        });
        Ok(())
    };
    if let Err(failure) = runner.run(&prop::collection::vec((any::<bool>(), rows), 1..8), law) {
        panic!("{failure}");
    }
}

#[test]
fn what_others_submitted_is_not_found() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path(&format!("/submissions/{}/observations", coalition.submission));
        assert_eq!(
            coalition.partner.get(&path).send().await.expect(200).data().len(),
            4
        );
        coalition.second.get(&path).send().await.expect(404);
        let wrong = format!("{path}?limit=0");
        let request = coalition.second.get(&wrong).off_contract("no page is that small");
        request.send().await.expect(404);
        let request = coalition
            .partner
            .get(&wrong)
            .off_contract("no page is that small");
        request.send().await.expect(422);
    });
}

#[test]
fn whoever_is_reported_for_sees_its_own_part() {
    run_in_coalition(async |_, coalition| {
        let (partner, second) = (&coalition.partner, &coalition.second);
        let row = |client: &Client, period: &str, value: Value| json!({"organization": client.organization(), "measure": "VISITS", "period": period, "value": value});
        let body = json!({"source": "by telephone", "observations": [
            row(partner, "2024", json!(1)), row(second, "2024", json!(2)), row(second, "2023", json!(3)),
            row(second, "2022", json!(1.5))]});
        let path = coalition.path("/observations?mode=partial&filename=calls.csv");
        let receipt = coalition
            .backbone
            .post(&path, body)
            .send()
            .await
            .expect(200)
            .json();
        let id = &receipt["submission"];
        let whole = found(&coalition.backbone, &coalition, id).await;
        assert_eq!(
            (&whole["counts"]["received"], &whole["errors_total"]),
            (&json!(4), &json!(1))
        );
        assert_eq!(whole["organizations"].as_array().unwrap().len(), 2);
        for (client, counts, periods) in [
            (partner, [1, 1, 0], vec!["2024"]),
            (second, [3, 2, 1], vec!["2023", "2024"]),
        ] {
            let part = found(client, &coalition, id).await;
            let told = ["received", "created", "rejected"].map(|name| part["counts"][name].as_i64().unwrap());
            assert_eq!(told, counts);
            assert_eq!((&part["errors"], &part["errors_total"]), (&json!([]), &json!(0)));
            assert_eq!(part["organizations"].as_array().unwrap().len(), 1);
            assert_eq!(part["organizations"][0]["organization"], client.organization());
            assert_eq!(
                (&part["source"], &part["file"]["name"]),
                (&json!("by telephone"), &json!("calls.csv"))
            );
            assert_eq!(part["submitted_by"]["email"], Value::Null);
            let listed = client
                .get(&coalition.path("/submissions"))
                .send()
                .await
                .expect(200)
                .data();
            assert_eq!(listed[0], part);
            assert_eq!(listed.len(), 2);
            let path = coalition.path(&format!("/submissions/{}/observations", id.as_str().unwrap()));
            let rows = client.get(&path).send().await.expect(200).data();
            let told: Vec<_> = rows.iter().map(|row| row["period"].as_str().unwrap()).collect();
            assert_eq!(told, periods);
            assert!(
                rows.iter()
                    .all(|row| row["organization"] == client.organization())
            );
        }
        let all = done(&coalition.backbone, &coalition, id).await;
        assert_eq!(all.len(), 3);
    });
}

#[test]
fn what_the_operator_imports_names_nobody_but_the_file() {
    run_in_coalition(async |app, coalition| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("survey.csv");
        std::fs::write(&file, CSV).unwrap();
        let names = [coalition.code.as_str(), coalition.partner.organization()];
        let output = import(app.database(), names, &file, &[]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let listed = coalition
            .partner
            .get(&coalition.path("/submissions"))
            .send()
            .await
            .expect(200)
            .data();
        assert_eq!(listed[0]["file"], json!({"name": "survey.csv", "sha256": SHA256}));
        assert_eq!(listed[0]["submitted_by"], Value::Null);
    });
}
