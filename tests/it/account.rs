//! The person behind a session.

use serde_json::json;

use crate::support::{PASSWORD, run};

const NEW: &str = "amber-ferry-window-31";

#[test]
fn finds_oneself() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let answer = ana.get("/v1/account").send().await.expect(200);
        assert_eq!(
            answer.json(),
            json!({"email": "admin@riverside.example", "name": "Admin of riverside",
                   "created_at": "2026-03-02T09:30:00.000000Z", "second_factor": null})
        );
    });
}

#[test]
fn renames_oneself_unless_it_changed_meanwhile() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let tag = ana.get("/v1/account").send().await.etag();
        let patch = || ana.patch("/v1/account", json!({"name": "Ana"}));
        let renamed = patch().if_match(&tag).send().await.expect(200);
        assert_eq!(renamed.json()["name"], "Ana");
        patch().if_match(&tag).send().await.expect(412);
        patch().if_match(&renamed.etag()).send().await.expect(200);
    });
}

#[test]
fn a_new_password_ends_every_session_of_the_account() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let elsewhere = app.sign_in(ana.email()).await;
        let other = ana.member("ben", "viewer").await;
        let body = json!({"password": NEW, "current_password": PASSWORD});
        ana.patch("/v1/account", body).send().await.expect(200);
        for client in [&ana, &elsewhere] {
            client.get("/v1/account").send().await.expect(401);
            let token = json!({"refresh_token": client.credentials().refresh_token});
            let refreshed = app.anonymous().post("/v1/sessions/refresh", token).send().await;
            refreshed.expect(401);
        }
        other.get("/v1/account").send().await.expect(200);
        let sign_in = async |password: &str| {
            let body = json!({"email": ana.email(), "password": password});
            app.anonymous().post("/v1/sessions", body).send().await.status
        };
        assert_eq!(sign_in(PASSWORD).await, 401);
        assert_eq!(sign_in(NEW).await, 200);
    });
}

#[test]
fn a_new_password_needs_the_current_one() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let before = app.snapshot();
        let alone = ana
            .patch("/v1/account", json!({"password": NEW}))
            .off_contract("without the current password")
            .send()
            .await
            .expect(422);
        assert_eq!(alone.issues(), ["/current_password required"]);
        let wrong = json!({"name": "Mallory", "password": NEW, "current_password": "wrong"});
        let wrong = ana.patch("/v1/account", wrong).send().await.expect(422);
        assert_eq!(wrong.issues(), ["/current_password wrong_password"]);
        let short = json!({"password": "short", "current_password": PASSWORD});
        let short = ana
            .patch("/v1/account", short)
            .off_contract("a password too short")
            .send()
            .await
            .expect(422);
        assert_eq!(short.issues(), ["/password weak_password"]);
        before.assert_same(&app.snapshot(), "a refused change of the password");
    });
}

#[test]
fn what_the_server_owns_cannot_be_set() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let before = app.snapshot();
        for field in [
            "email",
            "role",
            "suspended_at",
            "password_hash",
            "id",
            "created_at",
        ] {
            let mut body = json!({"name": "Ana"});
            body[field] = "x".into();
            let refused = ana
                .patch("/v1/account", body)
                .off_contract("a field of the server's own")
                .send()
                .await
                .expect(400);
            assert_eq!(refused.issues(), [format!("/{field} unknown_field")]);
        }
        before.assert_same(&app.snapshot(), "refused fields");
    });
}
