//! Goals: set by the backbone, proposed by partners, adopted, changed and retired.

use serde_json::{Value, json};

use crate::support::run_in_coalition;

fn goal(code: &str) -> Value {
    json!({"code": code, "statement": "Every teen can get home safely", "target_date": "2030-12-31",
        "measures": [{"measure": "visits", "headline": true}, {"measure": "ATT_PER_PROGRAM",
            "cell": {"age_group": "children"}}]})
}

#[test]
fn the_backbones_goals_are_adopted_and_a_partners_proposed() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/goals");
        let made = coalition
            .backbone
            .post(&path, goal("safe-ways"))
            .send()
            .await
            .expect(201);
        assert_eq!(
            made.json(),
            json!({"code": "safe-ways", "statement": "Every teen can get home safely", "population": "", "place": "",
                "target_date": "2030-12-31", "state": "adopted", "organization": "riverside-library",
                "measures": [{"measure": "VISITS", "cell": {}, "headline": true},
                    {"measure": "ATT_PER_PROGRAM", "cell": {"age_group": "children"}, "headline": false}],
                "created_at": made.json()["created_at"], "updated_at": made.json()["created_at"]})
        );
        assert_eq!(
            made.header("location"),
            Some(format!("{path}/safe-ways").as_str())
        );
        let editor = coalition.second.editor().await;
        let proposed = editor.post(&path, goal("late-buses")).send().await.expect(201);
        assert_eq!(proposed.json()["state"], "proposed");
        assert_eq!(proposed.json()["organization"], "riverside-youth-club");
        let found = coalition
            .observer
            .get(&format!("{path}/LATE-buses"))
            .send()
            .await
            .expect(200);
        assert_eq!((found.json(), found.etag()), (proposed.json(), proposed.etag()));
        let listed = coalition
            .observer
            .get(&format!("{path}?limit=3"))
            .send()
            .await
            .expect(200);
        let codes: Vec<Value> = listed.data().iter().map(|goal| goal["code"].clone()).collect();
        assert_eq!(codes, ["late-buses", "quiet-rooms", "safe-ways"]);
        let cursor = listed.json()["next_cursor"].as_str().expect("more").to_owned();
        let rest = coalition
            .observer
            .get(&format!("{path}?limit=3&cursor={cursor}"))
            .send()
            .await
            .expect(200);
        assert_eq!(rest.data()[0]["code"], "teens-belong");
    });
}

#[test]
fn the_backbone_adopts() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/goals/quiet-rooms");
        app.advance(60);
        let adopted = coalition
            .backbone
            .post(&format!("{path}/adopt"), json!({}))
            .send()
            .await
            .expect(200);
        assert_eq!(adopted.json()["state"], "adopted");
        assert_eq!(adopted.json()["updated_at"], "2026-03-02T09:31:00.000000Z");
        let again = coalition
            .backbone
            .request("POST", &format!("{path}/adopt"))
            .send()
            .await
            .expect(200);
        assert_eq!(again.etag(), adopted.etag());
        coalition
            .backbone
            .patch(&path, json!({"state": "retired"}))
            .send()
            .await
            .expect(200);
        let late = coalition
            .backbone
            .post(&format!("{path}/adopt"), json!({}))
            .send()
            .await
            .expect(409);
        assert_eq!(late.code(), "goal_retired");
        for (client, status) in [
            (&app.anonymous(), 401),
            (&coalition.former, 404),
            (&coalition.partner, 403),
        ] {
            client
                .post(&format!("{path}/adopt"), json!({}))
                .send()
                .await
                .expect(status);
        }
        let nothing = coalition.path("/goals/nothing/adopt");
        let request = coalition
            .backbone
            .post(&nothing, json!({"now": true}))
            .off_contract("a field too many");
        request.send().await.expect(404);
    });
}

#[test]
fn the_proposer_and_the_backbone_change_one() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/goals/quiet-rooms");
        let before = coalition.partner.get(&path).send().await.expect(200);
        let patch = json!({"population": "students", "target_date": "2031-06-30",
            "measures": [{"measure": "PROGRAMS"}]});
        app.advance(60);
        let changed = coalition
            .partner
            .patch(&path, patch)
            .if_match(&before.etag())
            .send()
            .await
            .expect(200)
            .json();
        assert_eq!(changed["population"], "students");
        assert_eq!(changed["statement"], before.json()["statement"]);
        assert_eq!(
            changed["measures"],
            json!([{"measure": "PROGRAMS", "cell": {}, "headline": false}])
        );
        assert_eq!(changed["created_at"], before.json()["created_at"]);
        assert_eq!(changed["updated_at"], "2026-03-02T09:31:00.000000Z");
        let stale = coalition
            .partner
            .patch(&path, json!({"place": "Town"}))
            .if_match(&before.etag());
        stale.send().await.expect(412);
        let backbone = &coalition.backbone;
        let emptied = backbone
            .patch(&path, json!({"target_date": null}))
            .send()
            .await
            .expect(200);
        assert_eq!(emptied.json()["target_date"], Value::Null);
        let other = coalition
            .second
            .request("PATCH", &path)
            .body("application/json", "{");
        other
            .off_contract("unreadable, and not theirs")
            .send()
            .await
            .expect(403);
        coalition
            .observer
            .patch(&path, json!({"place": "Town"}))
            .send()
            .await
            .expect(403);
        let retired = coalition
            .partner
            .patch(&path, json!({"state": "retired"}))
            .send()
            .await
            .expect(200);
        assert_eq!(retired.json()["state"], "retired");
        let late = backbone
            .patch(&path, json!({"place": "Town"}))
            .send()
            .await
            .expect(409);
        assert_eq!(late.code(), "goal_retired");
        let listed = coalition
            .observer
            .get(&coalition.path("/goals"))
            .send()
            .await
            .expect(200);
        assert_eq!(listed.data()[0]["state"], "retired");
    });
}

#[test]
fn names_what_is_wrong_and_changes_nothing() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let new = json!({"code": "x", "statement": " ", "place": "a\u{7}", "target_date": "2030-02-30", "measures": [
            {"measure": "NOTHING"}, {"measure": "VISITS", "cell": {"age_group": "old"}}, {"measure": "VISITS"},
            {"measure": "visits"}]});
        let request = coalition.backbone.post(&coalition.path("/goals"), new);
        let answer = request.off_contract("nearly everything").send().await.expect(422);
        assert_eq!(
            answer.issues(),
            [
                "/statement invalid_text",
                "/place invalid_text",
                "/target_date invalid_date",
                "/measures/0/measure unknown_measure",
                "/measures/1/cell/age_group unknown_code",
                "/measures/3 repeated_measure"
            ]
        );
        let taken = coalition
            .partner
            .post(&coalition.path("/goals"), goal("Teens-Belong"))
            .send()
            .await;
        assert_eq!(taken.expect(409).code(), "code_taken");
        for (patch, issue) in [
            (json!({"state": "adopted"}), "/state unknown_value"),
            (json!({"statement": null}), "/statement wrong_type"),
            (
                json!({"organization": "riverside-high"}),
                "/organization unknown_field",
            ),
        ] {
            let request = coalition
                .backbone
                .patch(&coalition.path("/goals/teens-belong"), patch);
            let answer = request.off_contract("not to be changed like this").send().await;
            assert_eq!(answer.expect(400).issues(), [issue]);
        }
        before.assert_same(&app.snapshot(), "refused goals");
    });
}

#[test]
fn a_new_one_takes_an_editor_of_a_partner() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/goals");
        for (client, status) in [
            (&app.anonymous(), 401),
            (&coalition.former, 404),
            (&coalition.invited, 403),
            (&coalition.observer, 403),
            (&coalition.partner.viewer().await, 403),
            (&coalition.partner.key(&["schema:read"], None).await, 403),
        ] {
            client.post(&path, goal("safe-ways")).send().await.expect(status);
        }
    });
}
