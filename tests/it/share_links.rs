//! Share links as the backbone keeps them: made, listed, revoked; the secret told once.

use serde_json::{Value, json};

use crate::support::{Coalition, run_in_coalition};

async fn issues(coalition: &Coalition, new: Value) -> Vec<String> {
    let request = coalition.backbone.post(&coalition.path("/share-links"), new);
    let request = request.off_contract("something is wrong with it");
    request.send().await.expect(422).issues()
}

#[test]
fn a_link_is_made_and_its_secret_told_once() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/share-links");
        let new = json!({"name": "Town website", "audience": "public", "measures": ["visits", "PROGRAMS"],
            "expires_at": "2027-01-01T00:00:00Z"});
        let answer = coalition.backbone.post(&path, new).send().await.expect(201);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let mut made = answer.json();
        let (id, secret) = (made["id"].clone(), made["secret"].clone());
        let (id, secret) = (id.as_str().unwrap(), secret.as_str().unwrap());
        assert!(
            secret.starts_with("cairn_share_") && secret.len() == 55,
            "{secret}"
        );
        assert_eq!(made["address"], format!("/v1/shared/{secret}"));
        assert_eq!(answer.header("location"), Some(format!("{path}/{id}").as_str()));
        assert_eq!(
            made["created_by"],
            json!({"name": "Admin of riverside-library", "email": "admin@riverside-library.example", "api_key": null})
        );
        assert_eq!(made["measures"], json!(["PROGRAMS", "VISITS"]));
        assert_eq!(made["expires_at"], "2027-01-01T00:00:00.000000Z");
        assert_eq!(made["prefix"], secret[..16]);

        let fields = made.as_object_mut().unwrap();
        fields.retain(|name, _| name != "secret" && name != "address");
        let found = coalition.backbone.get(&format!("{path}/{id}")).send().await;
        assert_eq!(found.expect(200).json(), made);
        assert_eq!(
            coalition.backbone.get(&path).send().await.expect(200).data(),
            [made]
        );
    });
}

#[test]
fn unless_told_otherwise_it_ends_after_a_year() {
    run_in_coalition(async |_, coalition| {
        let made = coalition
            .share(json!({"name": "Board", "audience": "partners"}))
            .await;
        assert_eq!(made["expires_at"], "2027-03-02T09:30:00.000000Z");
        assert_eq!(
            (&made["measures"], &made["revoked_at"]),
            (&Value::Null, &Value::Null)
        );
    });
}

#[test]
fn what_is_wrong_is_told() {
    run_in_coalition(async |_, coalition| {
        let with = |name: &str, value: Value| {
            let mut new = json!({"name": "Town website", "audience": "public"});
            new[name] = value;
            new
        };
        for (new, expected) in [
            (with("name", json!(" ")), "/name invalid_text"),
            (with("measures", json!([])), "/measures wrong_number"),
            (
                with("measures", json!(["NOTHING"])),
                "/measures/0 unknown_measure",
            ),
            (
                with("measures", json!(["VISITS", "visits"])),
                "/measures/1 duplicate",
            ),
            (with("expires_at", json!("tomorrow")), "/expires_at invalid_time"),
            (
                with("expires_at", json!("2026-03-02T09:30:00Z")),
                "/expires_at out_of_range",
            ),
            (
                with("expires_at", json!("2032-01-01T00:00:00Z")),
                "/expires_at out_of_range",
            ),
        ] {
            assert_eq!(issues(&coalition, new).await, [expected]);
        }
        for new in [
            with("audience", json!("everybody")),
            with("colour", json!("red")),
            with("measures", json!(null)),
            json!({"name": "Town website"}),
        ] {
            let request = coalition.backbone.post(&coalition.path("/share-links"), new);
            request.off_contract("not a link").send().await.expect(400);
        }
    });
}

#[test]
fn pages_are_newest_first() {
    run_in_coalition(async |app, coalition| {
        for name in ["one", "two", "three"] {
            coalition
                .share(json!({"name": name, "audience": "partners"}))
                .await;
            app.advance(1);
        }
        let path = coalition.path("/share-links?limit=2");
        let first = coalition.backbone.get(&path).send().await.expect(200);
        let names = |rows: Vec<Value>| {
            let names: Vec<String> = rows.iter().map(|row| row["name"].to_string()).collect();
            names.join(" ")
        };
        assert_eq!(names(first.data()), r#""three" "two""#);
        let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
        let rest = coalition.backbone.get(&format!("{path}&cursor={cursor}"));
        assert_eq!(names(rest.send().await.expect(200).data()), r#""one""#);
    });
}

#[test]
fn a_revoked_link_stays_in_the_list() {
    run_in_coalition(async |app, coalition| {
        let link = coalition
            .share(json!({"name": "Board", "audience": "partners"}))
            .await;
        let path = coalition.path(&format!("/share-links/{}", link["id"].as_str().unwrap()));
        app.advance(60);
        for _ in 0..2 {
            coalition.backbone.delete(&path).send().await.expect(204);
            app.advance(60);
        }
        let found = coalition.backbone.get(&path).send().await.expect(200).json();
        assert_eq!(found["revoked_at"], "2026-03-02T09:31:00.000000Z");
        let other = coalition.path("/share-links/0198f2a4-0000-7000-8000-000000000000");
        coalition.backbone.delete(&other).send().await.expect(404);
        coalition.backbone.get(&other).send().await.expect(404);
    });
}
