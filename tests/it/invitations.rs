//! Invitations into an organization.

use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, TestApp, run};

const INVITATIONS: &str = "/v1/organization/invitations";
const WEEK: i64 = 7 * 24 * 3600;

async fn invite(client: &Client, email: &str, role: &str) -> Answer {
    let body = json!({"email": email, "role": role});
    client.post(INVITATIONS, body).send().await
}

async fn accept(app: &TestApp, body: Value) -> Answer {
    app.anonymous().post("/v1/invitations/accept", body).send().await
}

fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().expect("a text").to_owned()
}

async fn states(client: &Client) -> Vec<String> {
    let rows = client.get(INVITATIONS).send().await.expect(200).data();
    assert!(rows.iter().all(|row| row.get("token").is_none()));
    rows.iter()
        .map(|row| row["state"].as_str().expect("a state").to_owned())
        .collect()
}

#[test]
fn somebody_new_joins_in_the_role_invited_to() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let invitation = invite(&ana, "ben@riverside.example", "editor").await.expect(201);
        assert_eq!(invitation.header("cache-control"), Some("no-store"));
        assert_eq!(invitation.json()["expires_at"], "2026-03-09T09:30:00.000000Z");
        let body = json!({"token": text(&invitation, "token"), "name": "Ben", "password": PASSWORD,
                          "email": "not-used@elsewhere.example"});
        let accepted = accept(&app, body).await.expect(200);
        assert_eq!(
            accepted.json(),
            json!({"organization": {"code": "riverside", "name": "The riverside"},
                   "email": "ben@riverside.example", "role": "editor"})
        );
        app.sign_in("ben@riverside.example").await;
        assert_eq!(states(&ana).await, ["accepted"]);
    });
}

#[test]
fn tokens_that_open_nothing_get_one_answer_and_change_nothing() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let used = invite(&ana, "ben@riverside.example", "viewer").await.expect(201);
        let withdrawn = invite(&ana, "cleo@riverside.example", "viewer").await.expect(201);
        let path = format!("{INVITATIONS}/{}", text(&withdrawn, "id"));
        ana.delete(&path).send().await.expect(204);
        let body = |token: String| json!({"token": token, "name": "Somebody", "password": PASSWORD});
        accept(&app, body(text(&used, "token"))).await.expect(200);
        let expired = invite(&ana, "dora@riverside.example", "viewer").await.expect(201);
        app.advance(WEEK);
        let before = app.snapshot();
        let unknown = accept(&app, body("cairn_invitation_x".into())).await.expect(422);
        assert_eq!(unknown.issues(), ["/token invalid_token"]);
        for answer in [&used, &withdrawn, &expired] {
            let refused = accept(&app, body(text(answer, "token"))).await.expect(422);
            assert_eq!(refused.text(), unknown.text());
        }
        before.assert_same(&app.snapshot(), "tokens that open nothing");
        let ana = app.sign_in(ana.email()).await;
        let mut states = states(&ana).await;
        states.sort();
        assert_eq!(states, ["accepted", "expired", "revoked"]);
    });
}

#[test]
fn an_invitation_holds_to_the_last_second() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let invitation = invite(&ana, "ben@riverside.example", "viewer").await.expect(201);
        app.advance(WEEK - 1);
        let body = json!({"token": text(&invitation, "token"), "name": "Ben", "password": PASSWORD});
        accept(&app, body).await.expect(200);
    });
}

#[test]
fn an_existing_account_gives_its_own_password() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let zoe = app.organization("youth-club").await;
        let invitation = invite(&ana, "Admin@Youth-Club.example", "viewer")
            .await
            .expect(201);
        let token = text(&invitation, "token");
        let before = app.snapshot();
        let other = json!({"token": token, "name": "Mallory", "password": "another-long-password"});
        accept(&app, other).await.expect(401);
        before.assert_same(&app.snapshot(), "a wrong password");
        let own = json!({"token": token, "password": PASSWORD});
        let accepted = accept(&app, own).await.expect(200);
        assert_eq!(accepted.json()["email"], zoe.email());
        assert_eq!(accepted.json()["role"], "viewer");
        let account = zoe.get("/v1/account").send().await.expect(200);
        assert_eq!(account.json()["name"], "Admin of youth-club");
    });
}

#[test]
fn names_what_a_new_person_has_to_say() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let invitation = invite(&ana, "ben@riverside.example", "viewer").await.expect(201);
        let token = text(&invitation, "token");
        let before = app.snapshot();
        let nameless = accept(&app, json!({"token": token, "password": PASSWORD})).await;
        assert_eq!(nameless.expect(422).issues(), ["/name required"]);
        let weak = app
            .anonymous()
            .post(
                "/v1/invitations/accept",
                json!({"token": token, "name": "Ben", "password": "short"}),
            )
            .off_contract("a password too short")
            .send()
            .await;
        assert_eq!(weak.expect(422).issues(), ["/password weak_password"]);
        for field in ["role", "organization"] {
            let mut body = json!({"token": token, "name": "Ben", "password": PASSWORD});
            body[field] = "admin".into();
            let request = app.anonymous().post("/v1/invitations/accept", body);
            let refused = request.off_contract("a field of the server's own").send().await;
            assert_eq!(refused.expect(400).issues(), [format!("/{field} unknown_field")]);
        }
        before.assert_same(&app.snapshot(), "what could not be accepted");
    });
}

#[test]
fn a_claim_needs_an_address_and_makes_an_admin() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let invitation = invite(&ana, "x@riverside.example", "admin").await.expect(201);
        app.database()
            .connect()
            .execute("UPDATE invitations SET email = NULL");
        let token = text(&invitation, "token");
        let nobody = json!({"token": token, "name": "Ben", "password": PASSWORD});
        assert_eq!(
            accept(&app, nobody.clone()).await.expect(422).issues(),
            ["/email required"]
        );
        let mut named = nobody;
        named["email"] = "ben@riverside.example".into();
        let accepted = accept(&app, named).await.expect(200);
        assert_eq!(accepted.json()["email"], "ben@riverside.example");
        assert_eq!(accepted.json()["role"], "admin");
        app.sign_in("ben@riverside.example").await;
    });
}

#[test]
fn nobody_is_invited_twice() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let member = invite(&ana, "ADMIN@riverside.example", "viewer").await;
        assert_eq!(member.expect(409).code(), "already_member");
        let first = invite(&ana, "ben@riverside.example", "viewer").await.expect(201);
        let again = invite(&ana, "Ben@riverside.example", "admin").await;
        assert_eq!(again.expect(409).code(), "already_invited");
        let path = format!("{INVITATIONS}/{}", text(&first, "id"));
        ana.delete(&path).send().await.expect(204);
        ana.delete(&path).send().await.expect(204);
        invite(&ana, "ben@riverside.example", "viewer").await.expect(201);
    });
}

#[test]
fn an_accepted_invitation_cannot_be_withdrawn() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let invitation = invite(&ana, "ben@riverside.example", "viewer").await.expect(201);
        let body = json!({"token": text(&invitation, "token"), "name": "Ben", "password": PASSWORD});
        accept(&app, body).await.expect(200);
        let path = format!("{INVITATIONS}/{}", text(&invitation, "id"));
        assert_eq!(
            ana.delete(&path).send().await.expect(409).code(),
            "already_accepted"
        );
    });
}

#[test]
fn only_admins_and_only_their_own() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let (editor, viewer) = (ana.editor().await, ana.viewer().await);
        let stranger = app.organization("elsewhere").await;
        let invitation = invite(&ana, "ben@riverside.example", "viewer").await.expect(201);
        let path = format!("{INVITATIONS}/{}", text(&invitation, "id"));
        let before = app.snapshot();
        for (client, status) in [
            (&editor, 403),
            (&viewer, 403),
            (&stranger, 404),
            (&app.anonymous(), 401),
        ] {
            client.delete(&path).send().await.expect(status);
        }
        for client in [&editor, &viewer] {
            client.get(INVITATIONS).send().await.expect(403);
            invite(client, "cleo@riverside.example", "admin")
                .await
                .expect(403);
        }
        before.assert_same(&app.snapshot(), "what others tried");
        assert!(states(&stranger).await.is_empty());
    });
}

#[test]
fn lists_newest_first_page_by_page() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        for name in ["a", "b", "c"] {
            invite(&ana, &format!("{name}@riverside.example"), "viewer")
                .await
                .expect(201);
        }
        let first = ana
            .get(&format!("{INVITATIONS}?limit=2"))
            .send()
            .await
            .expect(200);
        assert_eq!(first.data()[0]["email"], "c@riverside.example");
        assert_eq!(first.data()[1]["email"], "b@riverside.example");
        let cursor = text(&first, "next_cursor");
        let second = ana
            .get(&format!("{INVITATIONS}?limit=2&cursor={cursor}"))
            .send()
            .await
            .expect(200);
        assert_eq!(second.data().len(), 1);
        assert_eq!(second.json()["next_cursor"], Value::Null);
    });
}
