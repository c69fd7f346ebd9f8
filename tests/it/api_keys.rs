//! API keys, and the access tokens made from them.

use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp, run};

const KEYS: &str = "/v1/organization/api-keys";

async fn create(client: &Client, scopes: &[&str]) -> Answer {
    let body = json!({"name": "nightly export", "scopes": scopes});
    client.post(KEYS, body).send().await.expect(201)
}

fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().expect("a text").to_owned()
}

async fn exchange(app: &TestApp, form: &str) -> Answer {
    let request = app.anonymous().request("POST", "/v1/oauth/token");
    request
        .body("application/x-www-form-urlencoded", form)
        .send()
        .await
}

fn form(key: &Answer) -> String {
    format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        text(key, "id"),
        text(key, "secret")
    )
}

fn basic(name: &str, password: &str) -> String {
    use base64::Engine;
    let pair = format!("{name}:{password}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// A coalition with an organization in a certain state, as other routes would make it.
fn join(app: &TestApp, code: &str, organization: &str, state: &str) {
    app.database().connect().execute(&format!(
        "INSERT INTO coalitions (code, code_key, name, purpose, fiscal_year_start_month, created_at, updated_at)
         VALUES ('{code}', LOWER('{code}'), 'Teens', '', 1, 1, 1);
         INSERT INTO partners (coalition_id, organization_id, role, state, attributes, invited_at)
         SELECT c.id, o.id, 'partner', '{state}', '{{}}', 1 FROM coalitions c, organizations o
         WHERE c.code = '{code}' AND o.code = '{organization}';
         INSERT INTO organization_coalitions (organization_id, coalition_id)
         SELECT o.id, c.id FROM coalitions c, organizations o
         WHERE c.code = '{code}' AND o.code = '{organization}'"
    ));
}

#[test]
fn shows_the_secret_once() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let key = create(&ana, &["observations:write", "schema:read"]).await;
        assert_eq!(key.header("cache-control"), Some("no-store"));
        assert!(text(&key, "secret").starts_with(&text(&key, "prefix")));
        let rows = ana.get(KEYS).send().await.expect(200).data();
        let mut shown = key.json();
        shown.as_object_mut().expect("an object").remove("secret");
        assert_eq!(rows, [shown]);
        assert_eq!(rows[0]["scopes"], json!(["observations:write", "schema:read"]));
        assert_eq!(rows[0]["coalition"], Value::Null);
    });
}

#[test]
fn a_coalition_has_to_be_joined() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        app.organization("elsewhere").await;
        join(&app, "Teens-Thrive", "riverside", "active");
        join(&app, "invited", "riverside", "invited");
        join(&app, "left", "riverside", "left");
        join(&app, "foreign", "elsewhere", "active");
        let with = |code: &str| json!({"name": "n", "scopes": ["schema:read"], "coalition": code});
        let made = ana.post(KEYS, with("teens-thrive")).send().await.expect(201);
        assert_eq!(made.json()["coalition"], "Teens-Thrive");
        let before = app.snapshot();
        for code in ["invited", "left", "foreign", "unknown"] {
            let refused = ana.post(KEYS, with(code)).send().await.expect(422);
            assert_eq!(refused.issues(), ["/coalition unknown_coalition"], "{code}");
        }
        before.assert_same(&app.snapshot(), "refused keys");
    });
}

#[test]
fn names_what_is_wrong() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        for (body, status, issue) in [
            (json!({"name": "n", "scopes": []}), 422, "/scopes required"),
            (
                json!({"name": "n", "scopes": ["schema:read", "schema:read"]}),
                422,
                "/scopes/1 duplicate",
            ),
            (
                json!({"name": " ", "scopes": ["schema:read"]}),
                422,
                "/name invalid_text",
            ),
            (
                json!({"name": "n", "scopes": ["admin"]}),
                400,
                "/scopes/0 unknown_value",
            ),
            (
                json!({"name": "n", "scopes": ["*"]}),
                400,
                "/scopes/0 unknown_value",
            ),
            (
                json!({"name": "n", "scopes": ["schema:read"], "role": "admin"}),
                400,
                "/role unknown_field",
            ),
            (
                json!({"name": "n", "scopes": ["schema:read"], "created_by": 1}),
                400,
                "/created_by unknown_field",
            ),
        ] {
            let request = ana.post(KEYS, body).off_contract("a key that cannot be");
            assert_eq!(request.send().await.expect(status).issues(), [issue]);
        }
        assert!(app.snapshot().table("api_keys").is_empty());
    });
}

#[test]
fn a_revoked_key_is_out_at_once_with_its_tokens() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let key = create(&ana, &["schema:read"]).await;
        let token = exchange(&app, &form(&key)).await.expect(200);
        let nobody = app.anonymous();
        let by_secret = nobody.with_authorization(&format!("Bearer {}", text(&key, "secret")));
        let by_basic = nobody.with_authorization(&basic("anything", &text(&key, "secret")));
        let by_token = nobody.with_authorization(&format!("Bearer {}", text(&token, "access_token")));
        for client in [&by_secret, &by_basic, &by_token] {
            client.get("/v1/organization").send().await.expect(403);
        }
        let path = format!("{KEYS}/{}", text(&key, "id"));
        ana.delete(&path).send().await.expect(204);
        ana.delete(&path).send().await.expect(204);
        for client in [&by_secret, &by_basic, &by_token] {
            client.get("/v1/organization").send().await.expect(401);
        }
        exchange(&app, &form(&key)).await.expect(401);
        let rows = ana.get(KEYS).send().await.expect(200).data();
        assert_eq!(rows[0]["revoked_at"], "2026-03-02T09:30:00.000000Z");
    });
}

#[test]
fn a_key_never_becomes_more_than_a_key() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let key = create(&ana, &["schema:read", "observations:write"]).await;
        let token = exchange(&app, &form(&key)).await.expect(200);
        assert!(token.json().get("refresh_token").is_none());
        let before = app.snapshot();
        for secret in [text(&key, "secret"), text(&token, "access_token")] {
            let program = app.anonymous().with_authorization(&format!("Bearer {secret}"));
            program.get("/v1/account").send().await.expect(403);
            program.get(KEYS).send().await.expect(403);
            program.delete("/v1/sessions").send().await.expect(403);
            let new = json!({"name": "n", "scopes": ["schema:read"]});
            program.post(KEYS, new).send().await.expect(403);
            let invitation = json!({"email": "x@y.example", "role": "admin"});
            let invited = program
                .post("/v1/organization/invitations", invitation)
                .send()
                .await;
            invited.expect(403);
            for body in [
                json!({"email": ana.email(), "password": secret}),
                json!({"email": text(&key, "id"), "password": secret}),
            ] {
                let request = app.anonymous().post("/v1/sessions", body);
                request
                    .off_contract("a key as a password")
                    .send()
                    .await
                    .expect(401);
            }
            let body = json!({"refresh_token": secret});
            let refreshed = app.anonymous().post("/v1/sessions/refresh", body).send().await;
            refreshed.expect(401);
        }
        before.assert_same(&app.snapshot(), "what a key tried");
        assert_eq!(app.snapshot().table("sessions").len(), 1);
    });
}

#[test]
fn exchanges_a_key_for_a_token() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let key = create(&ana, &["aggregates:read", "schema:read"]).await;
        let token = exchange(&app, &form(&key)).await.expect(200);
        assert_eq!(token.header("cache-control"), Some("no-store"));
        assert_eq!(token.json()["scope"], "schema:read aggregates:read");
        assert_eq!(token.json()["expires_in"], 900);
        let narrow = exchange(&app, &format!("{}&scope=schema:read", form(&key))).await;
        assert_eq!(narrow.expect(200).json()["scope"], "schema:read");
        let by_basic = app
            .anonymous()
            .with_authorization(&basic(&text(&key, "id"), &text(&key, "secret")))
            .request("POST", "/v1/oauth/token")
            .body(
                "application/x-www-form-urlencoded",
                "grant_type=client_credentials",
            )
            .send()
            .await;
        by_basic.expect(200);
    });
}

#[test]
fn refuses_to_exchange() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let (key, other) = (
            create(&ana, &["schema:read"]).await,
            create(&ana, &["schema:read"]).await,
        );
        let (id, secret) = (text(&key, "id"), text(&key, "secret"));
        let grant = "grant_type=client_credentials";
        for (form, status) in [
            (format!("{grant}&client_id={id}&client_secret=wrong"), 401),
            (
                format!("{grant}&client_id={}&client_secret={secret}", text(&other, "id")),
                401,
            ),
            (format!("{grant}&client_id={id}"), 401),
            (format!("{grant}&client_secret={secret}"), 401),
            (grant.to_owned(), 401),
            (
                format!("grant_type=password&client_id={id}&client_secret={secret}"),
                400,
            ),
            (
                format!(
                    "grant_type=refresh_token&refresh_token={}",
                    ana.credentials().refresh_token
                ),
                400,
            ),
            (format!("client_id={id}&client_secret={secret}"), 400),
            (format!("{}&organization=elsewhere", form(&key)), 400),
            (format!("{}&client_id={id}", form(&key)), 400),
            (format!("{}&scope=observations:write", form(&key)), 422),
            (format!("{}&scope=schema:read%20admin", form(&key)), 422),
        ] {
            let request = app.anonymous().request("POST", "/v1/oauth/token");
            let request = request.body("application/x-www-form-urlencoded", form.clone());
            let answer = request.off_contract("what cannot be exchanged").send().await;
            assert_eq!(answer.status, status, "{form}: {}", answer.text());
        }
        let body = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
        let request = app.anonymous().post("/v1/oauth/token", body);
        request.off_contract("JSON").send().await.expect(415);
    });
}

#[test]
fn only_admins_and_only_their_own() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let editor = ana.editor().await;
        let stranger = app.organization("elsewhere").await;
        let key = create(&ana, &["schema:read"]).await;
        let path = format!("{KEYS}/{}", text(&key, "id"));
        let before = app.snapshot();
        for (client, status) in [(&editor, 403), (&stranger, 404), (&app.anonymous(), 401)] {
            client.delete(&path).send().await.expect(status);
        }
        editor.get(KEYS).send().await.expect(403);
        let new = json!({"name": "n", "scopes": ["schema:read"]});
        editor.post(KEYS, new).send().await.expect(403);
        assert!(stranger.get(KEYS).send().await.expect(200).data().is_empty());
        before.assert_same(&app.snapshot(), "what others tried");
    });
}
