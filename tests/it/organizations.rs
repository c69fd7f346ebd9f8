//! Organizations: registering one, reading and renaming one's own.

use serde_json::json;

use crate::support::{PASSWORD, run};

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
