//! Dimensions: made by the backbone's editors, read by everybody inside.

use serde_json::json;

use crate::support::{Coalition, run_in_coalition};

fn sex() -> serde_json::Value {
    json!({"code": "sex", "name": "Sex", "codes": [{"code": "f", "name": "Female"}, {"code": "m"}]})
}

fn path(coalition: &Coalition, rest: &str) -> String {
    coalition.path(&format!("/dimensions{rest}"))
}

#[test]
fn makes_one_and_everybody_inside_reads_it() {
    run_in_coalition(async |_, coalition| {
        let made = coalition
            .backbone
            .editor()
            .await
            .post(&path(&coalition, ""), sex())
            .send()
            .await
            .expect(201);
        let expected = json!({"code": "sex", "name": "Sex", "overlapping": false, "codes": [
            {"code": "f", "name": "Female", "retired": false}, {"code": "m", "name": "m", "retired": false}]});
        assert_eq!(made.json(), expected);
        assert_eq!(made.header("location"), Some(path(&coalition, "/sex").as_str()));
        let found = coalition
            .observer
            .get(&path(&coalition, "/sex"))
            .send()
            .await
            .expect(200);
        assert_eq!((found.json(), found.etag()), (expected, made.etag()));
    });
}

#[test]
fn lists_by_code_in_pages() {
    run_in_coalition(async |_, coalition| {
        coalition
            .backbone
            .post(&path(&coalition, ""), sex())
            .send()
            .await
            .expect(201);
        let key = coalition.partner.key(&["schema:read"], None).await;
        let first = key.get(&path(&coalition, "?limit=1")).send().await.expect(200);
        assert_eq!(first.data()[0]["code"], "age_group");
        let cursor = first.json()["next_cursor"].as_str().expect("more").to_owned();
        assert!(first.header("link").expect("a link").contains(&cursor));
        let second = key
            .get(&path(&coalition, &format!("?limit=1&cursor={cursor}")))
            .send()
            .await
            .expect(200);
        assert_eq!(second.data()[0]["code"], "sex");
        assert!(second.json()["next_cursor"].is_null());
        let refused = key
            .get(&path(&coalition, "?limit=0"))
            .off_contract("no rows at all")
            .send()
            .await
            .expect(422);
        assert_eq!(refused.issues(), ["?limit out_of_range"]);
        let refused = key
            .get(&path(&coalition, "?sort=code"))
            .off_contract("an unknown parameter")
            .send()
            .await
            .expect(400);
        assert_eq!(refused.issues(), ["?sort unknown_field"]);
    });
}

#[test]
fn adds_renames_and_retires_codes() {
    run_in_coalition(async |_, coalition| {
        let path = path(&coalition, "/age_group");
        let before = coalition.backbone.get(&path).send().await.expect(200);
        let patch = json!({"name": "Age", "codes": [{"code": "adult", "name": "Adults"},
            {"code": "CHILDREN", "retired": true}]});
        let after = coalition
            .backbone
            .patch(&path, patch.clone())
            .if_match(&before.etag())
            .send()
            .await
            .expect(200);
        assert_eq!(
            after.json(),
            json!({"code": "age_group", "name": "Age", "overlapping": false, "codes": [
                {"code": "children", "name": "Children (0 to 11)", "retired": true},
                {"code": "young_adult", "name": "Young adults (12 to 18)", "retired": false},
                {"code": "adult", "name": "Adults", "retired": false}]})
        );
        let again = coalition.backbone.get(&path).send().await.expect(200);
        assert_eq!(again.etag(), after.etag());
        coalition
            .backbone
            .patch(&path, patch)
            .if_match(&before.etag())
            .send()
            .await
            .expect(412);
    });
}

#[test]
fn names_what_is_wrong_and_changes_nothing() {
    run_in_coalition(async |app, coalition| {
        let (backbone, before) = (&coalition.backbone, app.snapshot());
        for (new, issue) in [
            (json!({"code": "value", "name": "Value"}), "/code reserved_name"),
            (json!({"code": "Age", "name": "Age"}), "/code invalid_column_name"),
            (json!({"code": "sex", "name": " "}), "/name required"),
            (json!({"code": "sex", "name": "Se\u{7}x"}), "/name invalid_text"),
            (
                json!({"code": "sex", "name": "Sex", "codes": [{"code": "f"}, {"code": "F"}]}),
                "/codes/1/code repeated_code",
            ),
        ] {
            let refused = backbone
                .post(&path(&coalition, ""), new)
                .off_contract("a rule is broken")
                .send()
                .await
                .expect(422);
            assert_eq!(refused.issues(), [issue]);
        }
        let refused = backbone
            .post(&path(&coalition, ""), json!({"code": "age_group", "name": "Age"}))
            .send()
            .await
            .expect(409);
        assert_eq!(refused.code(), "code_taken");
        let refused = backbone
            .post(
                &path(&coalition, ""),
                json!({"code": "sex", "name": "Sex", "id": 7}),
            )
            .off_contract("a field of the server's own")
            .send()
            .await
            .expect(400);
        assert_eq!(refused.issues(), ["/id unknown_field"]);
        before.assert_same(&app.snapshot(), "refused dimensions");
    });
}

#[test]
fn is_for_the_backbones_editors_and_a_stranger_learns_nothing() {
    run_in_coalition(async |app, coalition| {
        let stranger = app.organization("elsewhere").await;
        let create = path(&coalition, "");
        for (client, status) in [
            (&app.anonymous(), 401),
            (&stranger, 404),
            (&coalition.former, 404),
            (&coalition.invited, 403),
            (&coalition.observer, 403),
            (&coalition.partner, 403),
            (&coalition.backbone.viewer().await, 403),
            (&coalition.backbone.key(&["schema:read"], None).await, 403),
        ] {
            client
                .request("POST", &create)
                .body("application/json", "{")
                .off_contract("a body that cannot be read, which only those who may write get to hear of")
                .send()
                .await
                .expect(status);
        }
        coalition
            .invited
            .get(&path(&coalition, ""))
            .send()
            .await
            .expect(403);
        coalition
            .backbone
            .request("PATCH", &path(&coalition, "/shoe_size"))
            .body("application/json", "{")
            .off_contract("a body that cannot be read, for what is not there")
            .send()
            .await
            .expect(404);
    });
}
