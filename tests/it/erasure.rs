//! Erasing an account: what goes, what stays, and who has to stay.

use cairn::store::Purpose;
use cairn::store::audit_verification;
use serde_json::{Value, json};

use crate::support::snapshot::{columns, tables};
use crate::support::{Client, PASSWORD, TestApp, run, run_in_coalition};

const ERASE: &str = "/v1/account/erase";

fn confirmed() -> Value {
    json!({"current_password": PASSWORD})
}

/// The tables in which a word stands anywhere.
fn tables_with(app: &TestApp, word: &str) -> Vec<String> {
    let mut connection = app.database().connect();
    let mut found = Vec::new();
    for table in tables(&mut connection) {
        for column in columns(&mut connection, &table) {
            let query = format!(
                "SELECT '{table}' AS text FROM \"{table}\" WHERE LOWER(CAST(\"{column}\" AS TEXT)) LIKE '%{word}%' LIMIT 1"
            );
            found.extend(connection.texts(&query));
        }
    }
    found.dedup();
    found
}

async fn erased(client: &Client) {
    client.post(ERASE, confirmed()).send().await.expect(204);
}

#[test]
fn nothing_tells_of_the_person_any_more() {
    run_in_coalition(async |app, coalition| {
        let ben = coalition.partner.member("Bartholomew", "admin").await;
        let key = ben.key(&["observations:read"], None).await;
        let rows = json!({"observations": [{"measure": "VISITS", "period": "2024", "value": 7}]});
        let path = coalition.path("/observations");
        let receipt = ben.post(&path, rows).send().await.expect(201).json();
        let invited = json!({"email": ben.email().to_uppercase(), "role": "viewer"});
        let invitation = coalition.second.post("/v1/organization/invitations", invited);
        let token = invitation.send().await.expect(201).json()["token"].clone();
        assert_eq!(tables_with(&app, "bartholomew"), ["accounts", "invitations"]);

        erased(&ben).await;
        assert_eq!(tables_with(&app, "bartholomew"), [""; 0]);
        ben.get("/v1/account").send().await.expect(401);
        let again = json!({"email": ben.email(), "password": PASSWORD});
        app.anonymous()
            .post("/v1/sessions", again)
            .send()
            .await
            .expect(401);
        let refresh = json!({"refresh_token": ben.credentials().refresh_token});
        let refresh = app.anonymous().post("/v1/sessions/refresh", refresh);
        refresh.send().await.expect(401);
        let accepted = json!({"token": token, "name": "Somebody", "password": PASSWORD});
        let accepted = app.anonymous().post("/v1/invitations/accept", accepted);
        assert_eq!(
            accepted.send().await.expect(422).issues(),
            ["/token invalid_token"]
        );

        key.get(&path).send().await.expect(200);
        let path = coalition.path(&format!(
            "/submissions/{}",
            receipt["submission"].as_str().unwrap()
        ));
        let receipt = coalition.partner.get(&path).send().await.expect(200).json();
        assert_eq!(receipt["submitted_by"]["name"], "Erased account", "{receipt}");
        assert_eq!(receipt["submitted_by"]["email"], Value::Null);
        let log = coalition
            .partner
            .get("/v1/organization/audit")
            .send()
            .await
            .expect(200)
            .data();
        assert_eq!(log[0]["action"], "account.erased");
        assert_eq!(
            (&log[0]["actor"]["name"], &log[0]["actor"]["email"]),
            (&json!("Erased account"), &Value::Null)
        );
        let report = app
            .app()
            .db
            .system(Purpose::Audit, |tx| audit_verification::verify(tx, &[]));
        assert_eq!(report.await.unwrap().faults, [""; 0]);
    });
}

#[test]
fn the_last_admin_of_any_organization_stays() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "admin").await;
        let new = json!({"code": "bens-own", "name": "Ben's", "admin":
            {"email": ben.email(), "name": "ben", "password": PASSWORD}});
        app.anonymous()
            .post("/v1/organizations", new)
            .send()
            .await
            .expect(201);
        let before = app.snapshot();
        let refused = ben.post(ERASE, confirmed()).send().await.expect(409);
        assert_eq!(refused.json()["code"], "last_admin");
        assert!(refused.text().contains("bens-own"), "{}", refused.text());
        before.assert_same(&app.snapshot(), "the last admin");
        erased(&ana).await;
        ben.get("/v1/organization/members").send().await.expect(200);
        assert_eq!(
            ben.post(ERASE, confirmed()).send().await.expect(409).json()["code"],
            "last_admin"
        );
    });
}

#[test]
fn the_password_is_asked_for_once_more() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "viewer").await;
        let before = app.snapshot();
        let wrong = ben.post(ERASE, json!({"current_password": "amber-ferry-window-31"}));
        assert_eq!(
            wrong.send().await.expect(422).issues(),
            ["/current_password wrong_password"]
        );
        let without = ben.post(ERASE, json!({})).off_contract("no password");
        without.send().await.expect(400);
        before.assert_same(&app.snapshot(), "no password");
        let key = ana.key(&["schema:read"], None).await;
        key.post(ERASE, confirmed()).send().await.expect(403);
    });
}

#[test]
fn the_address_may_come_back_as_somebody_else() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "editor").await;
        let before = ana.get("/v1/organization/audit").send().await.expect(200).data();
        erased(&ben).await;
        let members = ana
            .get("/v1/organization/members")
            .send()
            .await
            .expect(200)
            .data();
        assert_eq!(members.len(), 1);
        let anew = ana.member("ben", "viewer").await;
        erased(&anew).await;
        ana.member("ben", "viewer").await;
        let after = ana.get("/v1/organization/audit").send().await.expect(200).data();
        let joined: Vec<&Value> = after
            .iter()
            .filter(|row| row["action"] == "member.joined")
            .map(|row| &row["subject"])
            .collect();
        assert_eq!(joined.len(), 3, "three accounts");
        assert!(joined[0] != joined[1] && joined[1] != joined[2]);
        assert_eq!(after[after.len() - before.len()..].len(), before.len());
        let nobody = json!({"email": "erased-2@erased.invalid", "password": PASSWORD});
        app.anonymous()
            .post("/v1/sessions", nobody)
            .send()
            .await
            .expect(401);
    });
}
