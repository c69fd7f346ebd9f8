//! The people of an organization.

use serde_json::json;

use crate::support::{Client, run};

const MEMBERS: &str = "/v1/organization/members";

async fn emails(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("{MEMBERS}{query}")).send().await.expect(200);
    let rows = answer.data();
    rows.iter()
        .map(|row| row["email"].as_str().expect("an address").to_owned())
        .collect()
}

#[test]
fn lists_by_address_page_by_page() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        ana.member("zoe", "viewer").await;
        let ben = ana.member("ben", "viewer").await;
        app.organization("elsewhere").await;
        let all = [
            "admin@riverside.example",
            "ben@riverside.example",
            "zoe@riverside.example",
        ];
        assert_eq!(emails(&ben, "").await, all);
        let first = ben.get(&format!("{MEMBERS}?limit=2")).send().await.expect(200);
        let cursor = first.json()["next_cursor"].as_str().expect("a cursor").to_owned();
        let next = format!("<{MEMBERS}?limit=2&cursor={cursor}>; rel=\"next\"");
        assert_eq!(first.header("link"), Some(next.as_str()));
        assert_eq!(emails(&ben, &format!("?limit=2&cursor={cursor}")).await, all[2..]);
    });
}

#[test]
fn refuses_pages_that_cannot_be() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        for (query, status, issue) in [
            ("limit=0", 422, "?limit out_of_range"),
            ("limit=1001", 422, "?limit out_of_range"),
            ("limit=many", 400, "?limit wrong_type"),
            ("cursor=nowhere", 422, "?cursor unknown_cursor"),
            ("password_hash=x", 400, "?password_hash unknown_field"),
            ("sort=role", 400, "?sort unknown_field"),
        ] {
            let answer = ana
                .get(&format!("{MEMBERS}?{query}"))
                .off_contract("a query that cannot be")
                .send()
                .await
                .expect(status);
            assert_eq!(answer.issues(), [issue]);
        }
    });
}

#[test]
fn a_role_holds_from_the_next_request_on() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "viewer").await;
        let rename = || ben.patch("/v1/organization", json!({"name": "Ben's"}));
        rename().send().await.expect(403);
        let path = format!("{MEMBERS}/BEN@riverside.example");
        let made = ana
            .patch(&path, json!({"role": "admin"}))
            .send()
            .await
            .expect(200);
        assert_eq!(made.json()["role"], "admin");
        rename().send().await.expect(200);
        ana.patch(&path, json!({"role": "editor"}))
            .send()
            .await
            .expect(200);
        rename().send().await.expect(403);
    });
}

#[test]
fn the_last_admin_stays() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "editor").await;
        let before = app.snapshot();
        let own = format!("{MEMBERS}/{}", ana.email());
        let demoted = ana.patch(&own, json!({"role": "viewer"})).send().await;
        assert_eq!(demoted.expect(409).code(), "last_admin");
        assert_eq!(ana.delete(&own).send().await.expect(409).code(), "last_admin");
        before.assert_same(&app.snapshot(), "refusing to lose the last admin");
        // The same role again takes nothing away.
        ana.patch(&own, json!({"role": "admin"})).send().await.expect(200);
        // A suspended admin does not count.
        let path = format!("{MEMBERS}/{}", ben.email());
        ana.patch(&path, json!({"role": "admin"}))
            .send()
            .await
            .expect(200);
        let suspend =
            |value: &str| format!("UPDATE accounts SET suspended_at = {value} WHERE email_key LIKE 'ben@%'");
        app.database().connect().execute(&suspend("1"));
        ana.delete(&own).send().await.expect(409);
        app.database().connect().execute(&suspend("NULL"));
        ana.delete(&own).send().await.expect(204);
    });
}

#[test]
fn a_removed_member_is_out_at_once_here_and_only_here() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let zoe = app.organization("youth-club").await;
        let token = |answer: serde_json::Value| answer["token"].as_str().expect("a token").to_owned();
        let invitation = ana
            .post(
                "/v1/organization/invitations",
                json!({"email": zoe.email(), "role": "editor"}),
            )
            .send()
            .await
            .expect(201);
        let body = json!({"token": token(invitation.json()), "password": crate::support::PASSWORD});
        let accepted = app.anonymous().post("/v1/invitations/accept", body).send().await;
        accepted.expect(200);
        let body =
            json!({"email": zoe.email(), "password": crate::support::PASSWORD, "organization": "riverside"});
        let session = app
            .anonymous()
            .post("/v1/sessions", body)
            .send()
            .await
            .expect(200);
        let here = app.anonymous().signed_in(zoe.email(), &session.json());
        here.get("/v1/organization").send().await.expect(200);
        let path = format!("{MEMBERS}/{}", zoe.email());
        ana.delete(&path).send().await.expect(204);
        here.get("/v1/organization").send().await.expect(401);
        let refresh = json!({"refresh_token": here.credentials().refresh_token});
        let refreshed = app.anonymous().post("/v1/sessions/refresh", refresh).send().await;
        refreshed.expect(401);
        zoe.get("/v1/organization").send().await.expect(200);
        ana.delete(&path).send().await.expect(404);
    });
}

#[test]
fn only_admins_and_only_their_own() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let (editor, viewer) = (ana.editor().await, ana.viewer().await);
        let stranger = app.organization("elsewhere").await;
        let key = ana.key(&["schema:read"], None).await;
        let before = app.snapshot();
        let path = format!("{MEMBERS}/{}", viewer.email());
        for (client, status) in [
            (&editor, 403),
            (&viewer, 403),
            (&key, 403),
            (&stranger, 404),
            (&app.anonymous(), 401),
        ] {
            client
                .patch(&path, json!({"role": "admin"}))
                .send()
                .await
                .expect(status);
            client.delete(&path).send().await.expect(status);
        }
        before.assert_same(&app.snapshot(), "what others tried");
    });
}

#[test]
fn knows_three_roles() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let path = format!("{MEMBERS}/{}", ana.email());
        for role in [
            json!("owner"),
            json!("Admin"),
            json!(""),
            json!(null),
            json!(["admin"]),
        ] {
            let body = json!({"role": role});
            let request = ana.patch(&path, body).off_contract("no such role");
            request.send().await.expect(400);
        }
    });
}
