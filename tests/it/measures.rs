//! Measures: new ones, their versions, and the rules that keep stored figures meaning what they meant.

use serde_json::{Value, json};

use crate::support::{Coalition, run_in_coalition};

fn number(changes: Value) -> Value {
    let mut new = json!({"code": "LOANS", "name": "Loans", "unit": "loans", "kind": "number", "decimals": 0,
        "aggregation": "sum", "direction": "up", "frequency": "month"});
    for (name, value) in changes.as_object().expect("changes") {
        new[name] = value.clone();
    }
    new
}

async fn create(coalition: &Coalition, new: Value) -> Value {
    let path = coalition.path("/measures");
    coalition
        .backbone
        .post(&path, new)
        .send()
        .await
        .expect(201)
        .json()
}

async fn refused(coalition: &Coalition, new: Value) -> Vec<String> {
    let request = coalition.backbone.post(&coalition.path("/measures"), new);
    let answer = request.off_contract("a rule is broken").send().await;
    answer.expect(422).issues()
}

#[test]
fn fills_in_what_a_number_does_not_say() {
    run_in_coalition(async |_, coalition| {
        assert_eq!(
            create(&coalition, number(json!({}))).await,
            json!({"code": "LOANS", "version": 1, "name": "Loans", "definition": "", "unit": "loans",
                "kind": "number", "decimals": 0, "scope": "performance", "performance_type": "how_much",
                "accumulation": "flow", "aggregation": "sum", "direction": "up", "frequency": "month",
                "dimensions": [], "numerator": null, "denominator": null, "multiplier": null,
                "counts_people": false, "nonnegative": true, "required": false, "due_days": null, "disclosure": "protected",
                "expected_range": null, "reporters": [], "retired": false, "breaks": []})
        );
    });
}

#[test]
fn keeps_the_digits_of_the_expected_range() {
    run_in_coalition(async |_, coalition| {
        let new = number(json!({"decimals": 2})).to_string();
        let new = new.replacen(
            '{',
            r#"{"expected_range": {"min": 0.10, "max": 90071992547409.91}, "#,
            1,
        );
        let request = coalition.backbone.request("POST", &coalition.path("/measures"));
        request.body("application/json", new).send().await.expect(201);
        let path = coalition.path("/measures/loans");
        let text = coalition.observer.get(&path).send().await.expect(200).text();
        assert!(
            text.contains(r#""expected_range":{"min":0.1,"max":90071992547409.91}"#),
            "{text}"
        );
    });
}

#[test]
fn a_ratio_follows_its_sides_and_is_worked_out_at_once() {
    run_in_coalition(async |_, coalition| {
        create(
            &coalition,
            number(json!({"code": "STAFF", "dimensions": ["age_group"]})),
        )
        .await;
        let share = json!({"code": "TEEN_SHARE", "name": "Share for young adults", "unit": "percent",
            "kind": "ratio", "decimals": 1, "direction": "up", "multiplier": 100, "disclosure": "open",
            "numerator": {"measure": "programs", "cell": {"age_group": "young_adult"}},
            "denominator": {"measure": "PROGRAMS"}});
        let made = create(&coalition, share).await;
        assert_eq!(made["dimensions"], json!([]));
        assert_eq!(made["frequency"], "year");
        assert_eq!(
            made["numerator"],
            json!({"measure": "PROGRAMS", "cell": {"age_group": "young_adult"}})
        );
        let path = coalition.path("/aggregates?measure=TEEN_SHARE");
        let rows = coalition.backbone.get(&path).send().await.expect(200).data();
        assert_eq!((rows.len(), &rows[0]["value"]), (1, &json!(40)));
        let mixed = json!({"code": "MIXED", "name": "Loans per program", "unit": "loans per program",
            "kind": "ratio", "decimals": 1, "direction": "up",
            "numerator": {"measure": "STAFF"}, "denominator": {"measure": "PROGRAMS"}});
        let made = create(&coalition, mixed).await;
        assert_eq!(
            (&made["frequency"], &made["dimensions"]),
            (&json!("year"), &json!(["age_group"]))
        );
    });
}

#[test]
fn names_what_is_wrong_and_changes_nothing() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        for (new, issue) in [
            (number(json!({"code": "LO ANS"})), "/code invalid_code"),
            (
                number(json!({"unit": "percent"})),
                "/aggregation percent_cannot_be_summed",
            ),
            (number(json!({"decimals": 7})), "/decimals out_of_range"),
            (
                number(json!({"dimensions": ["shoe"]})),
                "/dimensions/0 unknown_dimension",
            ),
            (number(json!({"multiplier": 3})), "/multiplier not_in_this_kind"),
            (number(json!({"due_days": 731})), "/due_days out_of_range"),
            (
                number(json!({"expected_range": {"min": 0.5, "max": null}})),
                "/expected_range/min too_many_decimals",
            ),
            (
                number(json!({"scope": "population", "reporters": [coalition.observer.organization()]})),
                "/reporters/0 unknown_organization",
            ),
            (
                number(json!({"scope": "population", "reporters": [coalition.former.organization()]})),
                "/reporters/0 unknown_organization",
            ),
        ] {
            assert_eq!(refused(&coalition, new).await, [issue]);
        }
        let ratio = json!({"code": "X", "name": "X", "unit": "x", "kind": "ratio", "decimals": 1, "direction": "up",
            "numerator": {"measure": "NOTHING"}, "denominator": {"measure": "VISITS", "cell": {"age_group": "old"}}});
        assert_eq!(
            refused(&coalition, ratio).await,
            [
                "/numerator/measure unknown_measure",
                "/denominator/cell/age_group unknown_code"
            ]
        );
        let taken = number(json!({"code": "visits"}));
        let path = coalition.path("/measures");
        let answer = coalition.backbone.post(&path, taken).send().await;
        assert_eq!(answer.expect(409).code(), "code_taken");
        before.assert_same(&app.snapshot(), "refused measures");
    });
}

#[test]
fn whole_numbers_may_end_in_zeros_and_nothing_is_null_by_accident() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/measures");
        let new = number(json!({"decimals": 2.0, "due_days": 30.0}));
        let created = create(&coalition, new).await;
        assert_eq!(
            (&created["decimals"], &created["due_days"]),
            (&json!(2), &json!(30))
        );
        for (changes, issue) in [
            (json!({"decimals": 1.5}), "/decimals wrong_type"),
            (json!({"disclosure": null}), "/disclosure wrong_type"),
        ] {
            let request = coalition.backbone.post(&path, number(changes));
            let answer = request.off_contract("a field is of another type").send().await;
            assert_eq!(answer.expect(400).issues(), [issue]);
        }
    });
}

#[test]
fn reporters_are_codes_outside() {
    run_in_coalition(async |_, coalition| {
        let reporter = coalition.second.organization().to_owned();
        let new = number(json!({"scope": "population", "reporters": [reporter.to_uppercase()]}));
        let made = create(&coalition, new).await;
        assert_eq!(made["reporters"], json!([reporter]));
        assert_eq!(made["performance_type"], Value::Null);
    });
}

#[test]
fn a_due_date_comes_and_goes() {
    run_in_coalition(async |_, coalition| {
        let made = create(&coalition, number(json!({"due_days": 15}))).await;
        assert_eq!(made["due_days"], 15);
        let path = coalition.path("/measures/LOANS");
        for days in [json!(0), Value::Null] {
            let patch = json!({"due_days": days});
            let changed = coalition.backbone.patch(&path, patch).send().await.expect(200);
            assert_eq!(changed.json()["due_days"], days);
        }
    });
}

#[test]
fn every_change_is_a_version() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/measures/PROGRAMS");
        let (backbone, versions) = (&coalition.backbone, format!("{path}/versions"));
        let first = backbone.get(&path).send().await.expect(200);
        app.advance(60);
        let patch = json!({"definition": "Planned events, online ones included.", "break_from": "2021",
            "break_reason": "Online programs count."});
        let changed = backbone
            .patch(&path, patch)
            .if_match(&first.etag())
            .send()
            .await
            .expect(200);
        assert_eq!(changed.json()["version"], 2);
        assert_eq!(
            changed.json()["breaks"],
            json!([{"from": "2021", "reason": "Online programs count."}])
        );
        backbone
            .patch(&path, json!({"name": "Events"}))
            .if_match(&first.etag())
            .send()
            .await
            .expect(412);
        let same = backbone
            .patch(&path, json!({"name": "Library programs"}))
            .send()
            .await
            .expect(200);
        assert_eq!(same.etag(), changed.etag(), "what changes nothing is no version");
        let retired = backbone
            .patch(&path, json!({"retired": true}))
            .send()
            .await
            .expect(200);
        assert_eq!(retired.json()["retired"], true);
        let newest = coalition
            .observer
            .get(&format!("{versions}?limit=2"))
            .send()
            .await
            .expect(200);
        let numbers: Vec<Value> = newest.data().iter().map(|row| row["version"].clone()).collect();
        assert_eq!(numbers, [3, 2]);
        assert_eq!(newest.data()[1]["recorded_at"], "2026-03-02T09:31:00.000000Z");
        let cursor = newest.json()["next_cursor"].as_str().expect("more").to_owned();
        let oldest = coalition
            .observer
            .get(&format!("{versions}?limit=2&cursor={cursor}"))
            .send()
            .await
            .expect(200);
        let mut told = oldest.data()[0].clone();
        told.as_object_mut().expect("a version").remove("recorded_at");
        assert_eq!((oldest.data().len(), told), (1, first.json()));
        let listed = backbone
            .get(&coalition.path("/measures"))
            .send()
            .await
            .expect(200);
        let codes: Vec<Value> = listed.data().iter().map(|row| row["code"].clone()).collect();
        assert_eq!(codes, ["ATT_PER_PROGRAM", "ATTENDANCE", "PROGRAMS", "VISITS"]);
    });
}

#[test]
fn what_stored_figures_mean_stays() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/measures/PROGRAMS");
        let before = app.snapshot();
        for (patch, issue) in [
            (json!({"dimensions": []}), "/dimensions cannot_be_removed"),
            (json!({"break_from": "2021"}), "/break_from definition_unchanged"),
            (
                json!({"definition": "New.", "break_from": "2021-01"}),
                "/break_from wrong_frequency",
            ),
        ] {
            let request = coalition.backbone.patch(&path, patch);
            let answer = request.off_contract("a rule is broken").send().await;
            assert_eq!(answer.expect(422).issues(), [issue]);
        }
        let request = coalition.backbone.patch(&path, json!({"unit": "events"}));
        let answer = request.off_contract("what never changes").send().await;
        assert_eq!(answer.expect(400).issues(), ["/unit unknown_field"]);
        before.assert_same(&app.snapshot(), "refused changes");
        let tighter = json!({"disclosure": "protected"});
        coalition.backbone.patch(&path, tighter).send().await.expect(200);
        let answer = coalition.backbone.patch(&path, json!({"disclosure": "open"}));
        let answer = answer.off_contract("looser").send().await;
        assert_eq!(answer.expect(422).issues(), ["/disclosure cannot_be_loosened"]);
    });
}

#[test]
fn only_the_backbones_editors_change_one() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/measures/PROGRAMS");
        for (client, status) in [
            (&app.anonymous(), 401),
            (&coalition.former, 404),
            (&coalition.partner, 403),
            (&coalition.backbone.viewer().await, 403),
            (&coalition.backbone.editor().await, 200),
        ] {
            let patch = json!({"name": "Programs"});
            client.patch(&path, patch).send().await.expect(status);
        }
        for rest in ["", "/versions", "/targets", "/baselines"] {
            let path = coalition.path(&format!("/measures/NOTHING{rest}"));
            coalition.backbone.get(&path).send().await.expect(404);
        }
        let path = coalition.path("/measures/NOTHING/versions?limit=many");
        let request = coalition.backbone.get(&path).off_contract("no number");
        request.send().await.expect(404);
    });
}
