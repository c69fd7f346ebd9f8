//! Targets and baselines: exact, in order, and replaced as a whole.

use serde_json::{Value, json};

use crate::support::{Coalition, run_in_coalition};

fn path(coalition: &Coalition, measure: &str, kind: &str) -> String {
    coalition.path(&format!("/measures/{measure}/{kind}"))
}

async fn refused(coalition: &Coalition, kind: &str, items: Value) -> Vec<String> {
    let body = json!({"items": items});
    let request = coalition.backbone.put(&path(coalition, "PROGRAMS", kind), body);
    let answer = request.off_contract("a rule is broken").send().await;
    answer.expect(422).issues()
}

#[test]
fn replaces_them_all() {
    run_in_coalition(async |_, coalition| {
        let (backbone, path) = (&coalition.backbone, path(&coalition, "PROGRAMS", "targets"));
        let before = backbone.get(&path).send().await.expect(200);
        let teens = json!({"age_group": "young_adult"});
        assert_eq!(
            before.json(),
            json!({"data": [{"period": "2028", "cell": teens, "value": 600}]})
        );
        let items = json!({"items": [{"period": "2030", "cell": teens, "value": 800},
            {"period": "2029", "cell": teens, "value": 700}, {"period": "2027", "value": 9007199254740991_i64}]});
        let after = backbone
            .put(&path, items.clone())
            .if_match(&before.etag())
            .send()
            .await
            .expect(200);
        assert_eq!(
            after.json(),
            json!({"data": [{"period": "2027", "cell": {}, "value": 9007199254740991_i64},
                {"period": "2029", "cell": teens, "value": 700}, {"period": "2030", "cell": teens, "value": 800}]})
        );
        let read = coalition.observer.get(&path).send().await.expect(200);
        assert_eq!(read.etag(), after.etag());
        let late = backbone.put(&path, items).if_match(&before.etag()).send().await;
        late.expect(412);
        let none = backbone.put(&path, json!({"items": []})).send().await;
        assert_eq!(none.expect(200).json(), json!({"data": []}));
    });
}

#[test]
fn keeps_every_digit() {
    run_in_coalition(async |_, coalition| {
        let path = path(&coalition, "ATT_PER_PROGRAM", "baselines");
        let request = coalition.backbone.request("PUT", &path);
        let body = r#"{"items": [{"period": "2020", "value": 90071992547409.90}, {"period": "2019", "value": 0.07}]}"#;
        let answer = request.body("application/json", body).send().await.expect(200);
        assert!(answer.text().contains(r#""value":0.07"#), "{}", answer.text());
        assert!(
            answer.text().contains(r#""value":90071992547409.9}"#),
            "{}",
            answer.text()
        );
        let request = coalition.backbone.request("PUT", &path);
        let body = r#"{"items": [{"period": "2020", "value": 0.071}, {"period": "2021", "value": 1e2}]}"#;
        let answer = request.body("application/json", body).send().await.expect(422);
        assert_eq!(
            answer.issues(),
            ["/items/0/value too_many_decimals", "/items/1/value invalid_value"]
        );
    });
}

#[test]
fn names_what_is_wrong_and_changes_nothing() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let teens = json!({"age_group": "young_adult"});
        for (kind, items, issues) in [
            (
                "targets",
                json!([{"period": "2023", "cell": teens, "value": 5}]),
                vec!["/items/0/period target_not_after_baseline"],
            ),
            (
                "baselines",
                json!([{"period": "2028", "cell": teens, "value": 5}]),
                vec!["/items/0/period target_not_after_baseline"],
            ),
            (
                "targets",
                json!([{"period": "FY2029", "value": 5}]),
                vec!["/items/0/period does_not_fit"],
            ),
            (
                "targets",
                json!([{"period": "2029-01", "value": 5}]),
                vec!["/items/0/period does_not_fit"],
            ),
            (
                "targets",
                json!([{"period": "later", "value": -5}]),
                vec!["/items/0/period invalid_period", "/items/0/value negative_value"],
            ),
            (
                "targets",
                json!([{"period": "2029", "cell": {"shoe": "left"}, "value": 5}]),
                vec!["/items/0/cell/shoe unknown_dimension"],
            ),
            (
                "targets",
                json!([{"period": "2029", "value": 5}, {"period": "2029", "value": 6}]),
                vec!["/items/1/period duplicate"],
            ),
        ] {
            assert_eq!(refused(&coalition, kind, items).await, issues);
        }
        before.assert_same(&app.snapshot(), "refused targets");
    });
}

#[test]
fn a_cell_is_one_of_the_measures_and_keeps_one_type_of_period() {
    run_in_coalition(async |_, coalition| {
        let loans = json!({"code": "LOANS", "name": "Loans", "unit": "loans", "kind": "number", "decimals": 0,
            "aggregation": "sum", "direction": "up", "frequency": "month"});
        let measures = coalition.path("/measures");
        coalition.backbone.post(&measures, loans).send().await.expect(201);
        let put = async |kind: &str, items: Value| {
            let path = path(&coalition, "LOANS", kind);
            coalition
                .backbone
                .put(&path, json!({"items": items}))
                .send()
                .await
        };
        put("baselines", json!([{"period": "2024-Q1", "value": 5}]))
            .await
            .expect(200);
        let mixed = put("targets", json!([{"period": "2026", "value": 5}])).await;
        assert_eq!(mixed.expect(422).issues(), ["/items/0/period mixed_periods"]);
        put("targets", json!([{"period": "2026-Q3", "value": 5}]))
            .await
            .expect(200);
        let stranger = put(
            "targets",
            json!([{"period": "2026-Q3", "cell": {"age_group": "children"}, "value": 5}]),
        );
        assert_eq!(
            stranger.await.expect(422).issues(),
            ["/items/0/cell/age_group dimension_not_in_measure"]
        );
    });
}

#[test]
fn only_the_backbones_editors_set_them() {
    run_in_coalition(async |app, coalition| {
        let path = path(&coalition, "PROGRAMS", "targets");
        for (client, status) in [
            (&app.anonymous(), 401),
            (&coalition.former, 404),
            (&coalition.partner, 403),
            (&coalition.observer, 403),
            (&coalition.backbone.viewer().await, 403),
            (&coalition.backbone.editor().await, 200),
        ] {
            client
                .put(&path, json!({"items": []}))
                .send()
                .await
                .expect(status);
        }
        coalition.invited.get(&path).send().await.expect(403);
    });
}
