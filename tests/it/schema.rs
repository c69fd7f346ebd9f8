//! The shared schema as JSON Schema.

use serde_json::json;

use crate::support::run_in_coalition;

#[test]
fn accepts_what_the_service_accepts() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/schema");
        let answer = coalition.observer.get(&path).send().await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/schema+json"));
        let schema = jsonschema::validator_for(&answer.json()).expect("a JSON Schema");
        for (figure, is_valid) in [
            (
                json!({"measure": "PROGRAMS", "period": "2025", "cell": {"age_group": "children"}, "value": 3}),
                true,
            ),
            (
                json!({"measure": "PROGRAMS", "period": "2025", "missing": "not_available"}),
                true,
            ),
            (
                json!({"measure": "PROGRAMS", "period": "2025-01", "value": 3}),
                false,
            ),
            (
                json!({"measure": "PROGRAMS", "period": "2025", "value": 3.5}),
                false,
            ),
            (
                json!({"measure": "PROGRAMS", "period": "2025", "cell": {"age_group": "old"}, "value": 3}),
                false,
            ),
            (
                json!({"measure": "ATT_PER_PROGRAM", "period": "2025", "value": 3}),
                false,
            ),
        ] {
            let submission = json!({"observations": [figure]});
            assert_eq!(schema.is_valid(&submission), is_valid, "{submission}");
            let sent = format!("{}?dry_run=true", coalition.path("/observations"));
            let sent = coalition.partner.post(&sent, submission).send().await;
            assert_eq!(sent.status, if is_valid { 200 } else { 422 }, "{}", sent.text());
        }
    });
}

#[test]
fn its_tag_changes_with_the_schema_only() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/schema");
        let key = coalition
            .partner
            .key(&["schema:read"], Some(&coalition.code))
            .await;
        let before = key.get(&path).send().await.expect(200);
        let figure = json!({"observations": [{"measure": "VISITS", "period": "2024", "value": 3}]});
        let observations = coalition.path("/observations");
        coalition
            .partner
            .post(&observations, figure)
            .send()
            .await
            .expect(201);
        assert_eq!(key.get(&path).send().await.expect(200).etag(), before.etag());
        let measure = coalition.path("/measures/VISITS");
        let patch = json!({"retired": true});
        coalition.backbone.patch(&measure, patch).send().await.expect(200);
        let after = key.get(&path).send().await.expect(200);
        assert_ne!(after.etag(), before.etag());
        let version = |answer: &crate::support::Answer| answer.json()["x-schema-version"].as_i64();
        assert_eq!(version(&after), version(&before).map(|version| version + 1));
    });
}

#[test]
fn is_for_those_inside() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/schema");
        let wrong_key = coalition.partner.key(&["aggregates:read"], None).await;
        for (client, status) in [
            (&app.anonymous(), 401),
            (&coalition.former, 404),
            (&coalition.invited, 403),
            (&wrong_key, 403),
            (&coalition.partner.viewer().await, 200),
        ] {
            client.get(&path).send().await.expect(status);
        }
    });
}
