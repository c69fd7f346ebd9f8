//! Activities: entered by partners, found by everybody inside, changed by those who lead them.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Coalition, run_in_coalition};

fn activity(title: &str, day: &str) -> Value {
    json!({"title": title, "starts_on": day})
}

async fn create(client: &Client, coalition: &Coalition, new: Value) -> Value {
    client
        .post(&coalition.path("/activities"), new)
        .send()
        .await
        .expect(201)
        .json()
}

fn titles(answer: &Answer) -> Vec<Value> {
    answer.data().iter().map(|row| row["title"].clone()).collect()
}

#[test]
fn who_enters_one_leads_it() {
    run_in_coalition(async |_, coalition| {
        let new = json!({"title": "Open stage", "starts_on": "2026-04-01", "goals": ["TEENS-belong", "quiet-rooms"],
            "measures": ["visits"], "attendance": 0, "contributions": [
                {"organization": "riverside-clinic", "role": "mentor"},
                {"organization": "Riverside-Youth-Club", "role": "host"},
                {"organization": "riverside-youth-club", "role": "staff"}]});
        let request = coalition
            .partner
            .editor()
            .await
            .post(&coalition.path("/activities"), new);
        let made = request.send().await.expect(201);
        let told = made.json();
        assert_eq!(
            told,
            json!({"id": told["id"], "title": "Open stage", "description": "", "starts_on": "2026-04-01",
                "ends_on": "2026-04-01", "place": "", "goals": ["quiet-rooms", "teens-belong"],
                "measures": ["VISITS"], "attendance": 0, "organization": "riverside-high",
                "contributions": [
                    {"organization": "riverside-high", "name": "The riverside-high", "role": "lead"},
                    {"organization": "riverside-youth-club", "name": "The riverside-youth-club", "role": "host"},
                    {"organization": "riverside-youth-club", "name": "The riverside-youth-club", "role": "staff"},
                    {"organization": "riverside-clinic", "name": "The riverside-clinic", "role": "mentor"}],
                "created_at": told["created_at"], "updated_at": told["created_at"]})
        );
        let path = coalition.path(&format!("/activities/{}", told["id"].as_str().expect("an id")));
        assert_eq!(made.header("location"), Some(path.as_str()));
        let found = coalition.observer.get(&path).send().await.expect(200);
        assert_eq!((found.json(), found.etag()), (told, made.etag()));
    });
}

#[test]
fn finds_by_goal_organization_and_days() {
    run_in_coalition(async |_, coalition| {
        let path = |rest: &str| coalition.path(&format!("/activities{rest}"));
        let mut camp = activity("Camp", "2026-02-27");
        camp["ends_on"] = "2026-03-05".into();
        create(&coalition.second, &coalition, camp).await;
        create(&coalition.second, &coalition, activity("Walk", "2026-03-05")).await;
        create(&coalition.partner, &coalition, activity("Run", "2026-03-05")).await;
        let reader = coalition.observer.key(&["activities:read"], None).await;
        for (query, expected) in [
            ("", vec!["Camp", "Maker night", "Walk", "Run"]),
            ("?goal=teens-belong", vec!["Maker night"]),
            (
                "?organization=riverside-youth-club",
                vec!["Camp", "Maker night", "Walk"],
            ),
            ("?organization=riverside-youth-club&goal=quiet-rooms", vec![]),
            ("?from=2026-03-01&to=2026-03-04", vec!["Camp"]),
            ("?from=2026-03-06", vec![]),
            ("?to=2026-02-27", vec!["Camp"]),
        ] {
            let answer = reader.get(&path(query)).send().await.expect(200);
            assert_eq!(titles(&answer), expected, "{query}");
        }
        let mut seen = Vec::new();
        let mut next = path("?limit=1&from=2026-03-01");
        loop {
            let answer = reader.get(&next).send().await.expect(200);
            seen.extend(titles(&answer));
            let told = answer.json();
            let Some(cursor) = told["next_cursor"].as_str() else {
                break;
            };
            next = path(&format!("?limit=1&from=2026-03-01&cursor={cursor}"));
            assert!(answer.header("link").expect("a link").contains(&next));
        }
        assert_eq!(seen, ["Camp", "Maker night", "Walk", "Run"]);
        let request = reader.get(&path("?goal=nothing&organization=riverside-museum&from=soon"));
        let answer = request.off_contract("nothing like that").send().await.expect(422);
        assert_eq!(
            answer.issues(),
            [
                "?goal unknown_goal",
                "?organization unknown_organization",
                "?from invalid_date"
            ]
        );
        let request = reader
            .get(&path("?title=Walk"))
            .off_contract("an unknown parameter");
        assert_eq!(
            request.send().await.expect(400).issues(),
            ["?title unknown_field"]
        );
    });
}

#[test]
fn leads_and_the_backbone_change_one() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path(&format!("/activities/{}", coalition.activity));
        let before = coalition.partner.get(&path).send().await.expect(200);
        app.advance(60);
        let patch = json!({"attendance": null, "goals": [], "contributions": [
            {"organization": "riverside-youth-club", "role": "lead"}]});
        let request = coalition.partner.patch(&path, patch).if_match(&before.etag());
        let changed = request.send().await.expect(200).json();
        assert_eq!(changed["attendance"], Value::Null);
        assert_eq!(
            (&changed["goals"], &changed["measures"]),
            (&json!([]), &json!(["PROGRAMS"]))
        );
        assert_eq!(changed["contributions"].as_array().map(Vec::len), Some(1));
        assert_eq!(changed["organization"], "riverside-high");
        assert_eq!(changed["updated_at"], "2026-03-02T09:31:00.000000Z");
        coalition
            .partner
            .patch(&path, json!({}))
            .if_match(&before.etag())
            .send()
            .await
            .expect(412);
        coalition
            .second
            .patch(&path, json!({"ends_on": "2026-03-06"}))
            .send()
            .await
            .expect(200);
        let writer = coalition.partner.key(&["activities:write"], None).await;
        writer
            .patch(&path, json!({"attendance": 57}))
            .send()
            .await
            .expect(200);
        coalition
            .backbone
            .patch(&path, json!({"place": "Town hall"}))
            .send()
            .await
            .expect(200);
        let none = coalition
            .backbone
            .patch(&path, json!({"contributions": []}))
            .send()
            .await
            .expect(200);
        assert_eq!(none.json()["contributions"][0]["organization"], "riverside-high");
        let other = coalition
            .second
            .request("PATCH", &path)
            .body("application/json", "{");
        other
            .off_contract("unreadable, and not theirs")
            .send()
            .await
            .expect(403);
        for (client, status) in [
            (&app.anonymous(), 401),
            (&coalition.former, 404),
            (&coalition.observer, 403),
            (&coalition.partner.viewer().await, 403),
            (&coalition.partner.key(&["activities:read"], None).await, 403),
        ] {
            client
                .patch(&path, json!({"place": "x"}))
                .send()
                .await
                .expect(status);
            client.delete(&path).send().await.expect(status);
        }
    });
}

#[test]
fn is_deleted_with_all_its_parts() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path(&format!("/activities/{}", coalition.activity));
        let tag = coalition.partner.get(&path).send().await.expect(200).etag();
        coalition
            .partner
            .delete(&path)
            .if_match("\"other\"")
            .send()
            .await
            .expect(412);
        coalition.second.delete(&path).send().await.expect(403);
        coalition
            .partner
            .delete(&path)
            .if_match(&tag)
            .send()
            .await
            .expect(204);
        coalition.partner.get(&path).send().await.expect(404);
        coalition.backbone.delete(&path).send().await.expect(404);
        let listed = coalition
            .observer
            .get(&coalition.path("/activities"))
            .send()
            .await
            .expect(200);
        assert_eq!(listed.data(), Vec::<Value>::new());
    });
}

#[test]
fn names_what_is_wrong_and_changes_nothing() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let new = json!({"title": "", "starts_on": "2026-02-29", "goals": ["nothing", "quiet-rooms", "Quiet-Rooms"],
            "measures": ["NOTHING"], "attendance": -1, "contributions": [
                {"organization": "riverside-museum", "role": "host"}, {"organization": "elsewhere", "role": "host"}]});
        let path = coalition.path("/activities");
        let request = coalition
            .partner
            .post(&path, new)
            .off_contract("nearly everything");
        assert_eq!(
            request.send().await.expect(422).issues(),
            [
                "/starts_on invalid_date",
                "/attendance out_of_range",
                "/goals/0 unknown_goal",
                "/goals/2 repeated",
                "/measures/0 unknown_measure",
                "/contributions/0/organization unknown_organization",
                "/contributions/1/organization unknown_organization",
                "/title invalid_text"
            ]
        );
        let mut backwards = activity("Walk", "2026-03-05");
        backwards["ends_on"] = "2026-03-04".into();
        let answer = coalition.partner.post(&path, backwards).send().await;
        assert_eq!(answer.expect(422).issues(), ["/ends_on ends_before_start"]);
        let mut wrong = activity("Walk", "2026-03-05");
        wrong["contributions"] = json!([{"organization": "riverside-high", "role": "boss"}]);
        let request = coalition.partner.post(&path, wrong).off_contract("no such role");
        assert_eq!(
            request.send().await.expect(400).issues(),
            ["/contributions/0/role unknown_value"]
        );
        let one = coalition.path(&format!("/activities/{}", coalition.activity));
        let request = coalition.partner.patch(&one, json!({"starts_on": "2026-03-07"}));
        assert_eq!(
            request.send().await.expect(422).issues(),
            ["/ends_on ends_before_start"]
        );
        coalition
            .partner
            .get(&coalition.path("/activities/nothing"))
            .off_contract("no id")
            .send()
            .await
            .expect(404);
        before.assert_same(&app.snapshot(), "refused activities");
    });
}
