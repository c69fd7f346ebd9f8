//! Organizations: registering one, reading and renaming one's own.

use cairn::config::Registration;
use serde_json::json;

use crate::support::{PASSWORD, TestApp, run, run_in_coalition};

fn registration(code: &str) -> serde_json::Value {
    json!({"code": code, "name": "Riverside Public Library",
           "admin": {"email": "ana@riverside.example", "name": "Ana", "password": PASSWORD}})
}

#[test]
fn registers() {
    run(async |app| {
        let answer = app
            .anonymous()
            .post("/v1/organizations", registration("riverside-library"))
            .send()
            .await
            .expect(201);
        assert_eq!(
            answer.json(),
            json!({"code": "riverside-library", "name": "Riverside Public Library",
                   "created_at": "2026-03-02T09:30:00.000000Z"})
        );
    });
}

#[test]
fn refuses_a_taken_code_whatever_its_case_and_changes_nothing() {
    run(async |app| {
        let nobody = app.anonymous();
        nobody
            .post("/v1/organizations", registration("riverside"))
            .send()
            .await
            .expect(201);
        let before = app.snapshot();
        let answer = nobody
            .post("/v1/organizations", registration("Riverside"))
            .send()
            .await;
        assert_eq!(answer.expect(409).code(), "code_taken");
        before.assert_same(&app.snapshot(), "a refused registration");
    });
}

#[test]
fn names_what_is_wrong() {
    run(async |app| {
        let mut wrong = registration("riverside");
        wrong["admin"]["password"] = "short".into();
        wrong["name"] = "".into();
        let answer = app
            .anonymous()
            .post("/v1/organizations", wrong)
            .off_contract("a password too short, and no name")
            .send()
            .await
            .expect(422);
        assert_eq!(
            answer.issues(),
            ["/admin/password weak_password", "/name invalid_text"]
        );
    });
}

#[test]
fn somebody_with_an_account_registers_a_further_one_with_the_same_password() {
    run(async |app| {
        let nobody = app.anonymous();
        let register = |code: &str, password: &str| {
            let admin = json!({"email": "ANA@riverside.example", "name": "Another", "password": password});
            nobody.post(
                "/v1/organizations",
                json!({"code": code, "name": code, "admin": admin}),
            )
        };
        nobody
            .post("/v1/organizations", registration("riverside"))
            .send()
            .await
            .expect(201);
        let before = app.snapshot();
        register("youth-club", "another-long-password")
            .send()
            .await
            .expect(401);
        before.assert_same(&app.snapshot(), "a wrong password");
        register("youth-club", PASSWORD).send().await.expect(201);
        assert_eq!(app.snapshot().table("accounts"), before.table("accounts"));
        let body =
            json!({"email": "ana@riverside.example", "password": PASSWORD, "organization": "youth-club"});
        let session = nobody.post("/v1/sessions", body).send().await.expect(200);
        let ana = nobody.signed_in("ana@riverside.example", &session.json());
        let account = ana.get("/v1/account").send().await.expect(200);
        assert_eq!(account.json()["name"], "Ana");
        let members = ana.get("/v1/organization/members").send().await.expect(200);
        assert_eq!(members.data()[0]["role"], "admin");
    });
}

#[test]
fn registration_may_be_closed() {
    actix_web::rt::System::new().block_on(async {
        let database = crate::support::Template::migrated().copy();
        let app = crate::support::TestApp::open(database, cairn::config::Registration::Invite).await;
        let request = app
            .anonymous()
            .post("/v1/organizations", registration("riverside"));
        request.send().await.expect(403);
        assert!(app.snapshot().table("organizations").is_empty());
    });
}

#[test]
fn a_rename_without_a_name_changes_nothing() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let before = app.snapshot();
        let answer = ana.patch("/v1/organization", json!({})).send().await.expect(200);
        assert_eq!(answer.json()["name"], "The riverside");
        let null = ana.patch("/v1/organization", json!({"name": null}));
        null.off_contract("a null name").send().await.expect(400);
        before.assert_same(&app.snapshot(), "a rename without a name");
    });
}

#[test]
fn a_policy_says_who_may_register() {
    run_in_coalition(async |app, coalition| {
        let recorded = coalition.recorded();
        drop(coalition);
        let mut database = app.into_database();
        for (policy, brought_in) in [(Registration::Invite, 201), (Registration::Closed, 403)] {
            let app = TestApp::open(database, policy).await;
            let nobody = app.anonymous();
            let refused = nobody
                .post("/v1/organizations", registration("newcomer"))
                .send()
                .await;
            assert_eq!(refused.expect(403).code(), "forbidden");
            let coalition = recorded.played(&app);
            let newcomer =
                json!({"new_organization": {"code": format!("new-{brought_in}"), "name": "Newcomer"}});
            let path = coalition.path("/partners");
            coalition
                .backbone
                .post(&path, newcomer)
                .send()
                .await
                .expect(brought_in);
            drop((nobody, coalition));
            database = app.into_database();
        }
    });
}
