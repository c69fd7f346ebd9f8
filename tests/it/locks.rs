//! Locked periods: figures that are to stay as they are.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Coalition, run_in_coalition};

async fn lock(coalition: &Coalition, through: Value) -> Answer {
    let patch = json!({"locked_through": through});
    coalition.backbone.patch(&coalition.path(""), patch).send().await
}

async fn submit(client: &Client, coalition: &Coalition, query: &str, rows: Value) -> Answer {
    let path = coalition.path(&format!("/observations{query}"));
    client.post(&path, json!({"observations": rows})).send().await
}

fn visits(year: u32, value: Value) -> Value {
    json!({"measure": "VISITS", "period": year.to_string(), "value": value})
}

#[test]
fn figures_of_a_locked_period_stay() {
    run_in_coalition(async |app, coalition| {
        let (partner, backbone) = (&coalition.partner, &coalition.backbone);
        let both = json!([
            visits(2023, json!(5)),
            visits(2024, json!(6)),
            visits(2026, json!(7))
        ]);
        submit(partner, &coalition, "", both.clone()).await.expect(201);
        let locked = lock(&coalition, json!("2024-12-31")).await.expect(200);
        assert_eq!(locked.json()["locked_through"], "2024-12-31");
        let found = partner.get(&coalition.path("")).send().await.expect(200);
        assert_eq!(
            found.json()["locked_through"],
            "2024-12-31",
            "its partners see it"
        );
        let before = app.snapshot();
        let of_partner = |mut row: Value| {
            row["organization"] = json!(partner.organization());
            row
        };
        let noted = json!({"measure": "VISITS", "period": "2024", "value": 6, "note": "counted anew"});
        let of_children =
            json!({"measure": "VISITS", "period": "2024", "cell": {"age_group": "children"}, "value": 1});
        for (client, row) in [
            (partner, visits(2024, json!(8))),
            (partner, visits(2024, Value::Null)),
            (partner, visits(2022, json!(4))),
            (partner, noted),
            (partner, of_children),
            (backbone, of_partner(visits(2024, json!(8)))),
            (backbone, visits(2024, json!(8))),
        ] {
            let refused = submit(client, &coalition, "", json!([row])).await.expect(422);
            assert_eq!(
                refused.issues(),
                ["/observations/0/period period_locked"],
                "{row}"
            );
            let rehearsed = submit(client, &coalition, "?dry_run=true", json!([row]))
                .await
                .expect(200);
            assert_eq!(rehearsed.json()["errors"][0]["code"], "period_locked", "{row}");
        }
        before.assert_same(&app.snapshot(), "what was refused");
        let refused = submit(partner, &coalition, "", json!([visits(2024, json!(8))])).await;
        assert_eq!(
            refused.problem()["errors"][0]["detail"],
            "2024 is locked: the coalition's figures of periods that end by 2024-12-31 take no changes; if this one has \
             to change, ask the backbone to open the period again"
        );
        // What is there already may be sent again, and what is not locked may change.
        let again = submit(partner, &coalition, "", both).await.expect(201).json();
        assert_eq!(again["counts"]["unchanged"], 3);
        let rows = json!([
            visits(2023, json!(5)),
            visits(2024, json!(8)),
            visits(2026, json!(9))
        ]);
        let told = submit(partner, &coalition, "?mode=partial", rows)
            .await
            .expect(200)
            .json();
        let expected =
            json!({"received": 3, "created": 0, "updated": 1, "unchanged": 1, "withdrawn": 0, "rejected": 1});
        assert_eq!(told["counts"], expected);
        assert_eq!(told["errors"][0]["row"], 2);
        // Nothing was there to take back.
        let told = submit(partner, &coalition, "", json!([visits(2021, Value::Null)]))
            .await
            .expect(201);
        assert_eq!(told.json()["counts"]["unchanged"], 1);
        app.assert_totals().await;
    });
}

#[test]
fn a_period_can_be_opened_again() {
    run_in_coalition(async |_, coalition| {
        let (partner, row) = (&coalition.partner, json!([visits(2024, json!(8))]));
        lock(&coalition, json!("2024-12-31")).await.expect(200);
        submit(partner, &coalition, "", row.clone()).await.expect(422);
        lock(&coalition, json!("2023-12-31")).await.expect(200);
        submit(partner, &coalition, "", row).await.expect(201);
        submit(partner, &coalition, "", json!([visits(2023, json!(8))]))
            .await
            .expect(422);
        let opened = lock(&coalition, Value::Null).await.expect(200);
        assert_eq!(opened.json()["locked_through"], Value::Null);
        submit(partner, &coalition, "", json!([visits(2023, json!(8))]))
            .await
            .expect(201);
        let told = coalition
            .backbone
            .get(&coalition.path("/audit"))
            .send()
            .await
            .expect(200)
            .data();
        let days: Vec<Value> = told
            .iter()
            .filter(|row| row["action"] == "coalition.updated")
            .map(|row| row["details"]["locked_through"].clone())
            .collect();
        assert_eq!(
            days,
            [
                json!({"from": "2023-12-31", "to": null}),
                json!({"from": "2024-12-31", "to": "2023-12-31"}),
                json!({"from": null, "to": "2024-12-31"}),
            ]
        );
    });
}

#[test]
fn a_period_is_locked_when_all_of_it_is() {
    run_in_coalition(async |_, coalition| {
        for (code, frequency) in [("ENROLLED", "fiscal_year"), ("LOANS", "month")] {
            let new = json!({"code": code, "name": code, "unit": "people", "kind": "number", "decimals": 0,
                "aggregation": "sum", "direction": "up", "frequency": frequency});
            coalition
                .backbone
                .post(&coalition.path("/measures"), new)
                .send()
                .await
                .expect(201);
        }
        lock(&coalition, json!("2025-06-30")).await.expect(200);
        // The coalition's fiscal year begins in July.
        for (measure, period, status) in [
            ("ENROLLED", "FY2025", 422),
            ("ENROLLED", "FY2026", 201),
            ("LOANS", "2025-06", 422),
            ("LOANS", "2025-07", 201),
            ("VISITS", "2024", 422),
            ("VISITS", "2025", 201),
        ] {
            let row = json!([{"measure": measure, "period": period, "value": 1}]);
            let answer = submit(&coalition.partner, &coalition, "", row).await;
            assert_eq!(answer.status, status, "{measure} {period}");
        }
    });
}

#[test]
fn only_an_admin_of_the_backbone_locks_and_only_what_has_ended() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("");
        let patch = json!({"locked_through": "2025-12-31"});
        for client in [
            &coalition.partner,
            &coalition.observer,
            &coalition.backbone.editor().await,
        ] {
            client.patch(&path, patch.clone()).send().await.expect(403);
        }
        for (day, code) in [
            ("2026-03-02", "in_the_future"),
            ("2206-12-31", "in_the_future"),
            ("2025-02-29", "invalid_date"),
            ("2025", "invalid_date"),
        ] {
            let patch = json!({"locked_through": day});
            let request = coalition.backbone.patch(&path, patch);
            let answer = request
                .off_contract("no day that can be locked")
                .send()
                .await
                .expect(422);
            assert_eq!(answer.issues(), [format!("/locked_through {code}")], "{day}");
        }
        let yesterday = lock(&coalition, json!("2026-03-01")).await.expect(200);
        let tag = yesterday.etag();
        lock(&coalition, Value::Null).await.expect(200);
        let late = coalition.backbone.patch(&path, patch).header("If-Match", &tag);
        late.send().await.expect(412);
        // Another name leaves the lock as it is.
        lock(&coalition, json!("2025-12-31")).await.expect(200);
        let named = coalition.backbone.patch(&path, json!({"name": "Teens"}));
        assert_eq!(
            named.send().await.expect(200).json()["locked_through"],
            "2025-12-31"
        );
    });
}
