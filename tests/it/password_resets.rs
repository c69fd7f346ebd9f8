//! New passwords for those who have forgotten theirs.

use cairn::config::Registration;
use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, TestApp, cairn, run};

const NEW: &str = "amber-ferry-window-31";

async fn token(admin: &Client, email: &str) -> String {
    let path = format!("/v1/organization/members/{email}/password-reset");
    let made = admin.post(&path, json!({})).send().await.expect(201);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    made.json()["token"].as_str().expect("a token").to_owned()
}

async fn accept(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    app.anonymous()
        .post("/v1/password-resets/accept", body)
        .send()
        .await
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> u16 {
    let body = json!({"email": email, "password": password});
    app.anonymous().post("/v1/sessions", body).send().await.status
}

/// A further organization, which an account that exists looks after.
async fn further(app: &TestApp, code: &str, email: &str) {
    let admin = json!({"email": email, "name": "Ben", "password": PASSWORD});
    let body = json!({"code": code, "name": code, "admin": admin});
    app.anonymous()
        .post("/v1/organizations", body)
        .send()
        .await
        .expect(201);
}

#[test]
fn sets_the_password_and_ends_every_session() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "editor").await;
        let elsewhere = app.sign_in(ben.email()).await;
        let token = token(&ana, ben.email()).await;
        assert!(
            ben.get("/v1/account").send().await.status == 200,
            "a token alone changes nothing"
        );
        accept(&app, &token, NEW).await.expect(204);
        for client in [&ben, &elsewhere] {
            client.get("/v1/account").send().await.expect(401);
            let refresh = json!({"refresh_token": client.credentials().refresh_token});
            app.anonymous()
                .post("/v1/sessions/refresh", refresh)
                .send()
                .await
                .expect(401);
        }
        ana.get("/v1/account").send().await.expect(200);
        assert_eq!(sign_in(&app, ben.email(), PASSWORD).await, 401);
        assert_eq!(sign_in(&app, ben.email(), NEW).await, 200);
    });
}

#[test]
fn a_token_works_once_for_a_day_and_only_the_newest() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "viewer").await;
        let replaced = token(&ana, ben.email()).await;
        let late = token(&ana, ben.email()).await;
        let unknown = accept(&app, "cairn_reset_x", NEW).await.expect(422);
        assert_eq!(unknown.issues(), ["/token invalid_token"]);
        let same = |answer: Answer| assert_eq!(answer.expect(422).text(), unknown.text());
        same(accept(&app, &replaced, NEW).await);
        app.advance(24 * 3600);
        same(accept(&app, &late, NEW).await);
        let ana = app.sign_in(ana.email()).await;
        let good = token(&ana, ben.email()).await;
        assert!(
            app.snapshot()
                .table("password_resets")
                .iter()
                .all(|row| !row.contains(&good))
        );
        let weak = json!({"token": good, "password": "short"});
        let weak = app.anonymous().post("/v1/password-resets/accept", weak);
        let weak = weak.off_contract("a password too short").send().await.expect(422);
        assert_eq!(weak.issues(), ["/password weak_password"]);
        accept(&app, &good, NEW).await.expect(204);
        same(accept(&app, &good, "quiet-meadow-lantern-92").await);
        assert_eq!(sign_in(&app, ben.email(), NEW).await, 200);
    });
}

#[test]
fn of_several_at_the_same_time_one_gets_through() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "viewer").await;
        let token = token(&ana, ben.email()).await;
        let tries = (0..4).map(|i| {
            let (app, token) = (app.clone(), token.clone());
            actix_web::rt::spawn(async move { accept(&app, &token, &format!("{NEW}-{i}")).await.status })
        });
        let tries: Vec<_> = tries.collect();
        let mut statuses = Vec::new();
        for one in tries {
            statuses.push(one.await.expect("an answer"));
        }
        let winner = statuses
            .iter()
            .position(|status| *status == 204)
            .expect("one gets through");
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 422, 422, 422]);
        assert_eq!(sign_in(&app, ben.email(), &format!("{NEW}-{winner}")).await, 200);
    });
}

#[test]
fn nobody_reaches_another_organization_by_it() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "viewer").await;
        let early = token(&ana, ben.email()).await;
        further(&app, "youth-club", ben.email()).await;
        let before = app.snapshot();
        // Ben looks after another organization now: neither a new token nor the one from before.
        let path = format!("/v1/organization/members/{}/password-reset", ben.email());
        let refused = ana.post(&path, json!({})).send().await.expect(409);
        assert_eq!(refused.code(), "member_elsewhere");
        accept(&app, &early, NEW).await.expect(422);
        let stranger = app.organization("elsewhere").await;
        let before_stranger = app.snapshot();
        stranger.post(&path, json!({})).send().await.expect(404);
        before_stranger.assert_same(&app.snapshot(), "a stranger's reset");
        let tables = |snapshot: &crate::support::Snapshot| snapshot.table("password_resets").clone();
        assert_eq!(tables(&before), tables(&app.snapshot()));
        assert_eq!(sign_in(&app, ben.email(), NEW).await, 401);
    });
}

#[test]
fn whoever_was_removed_or_suspended_gets_nothing_by_it() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "viewer").await;
        let eva = ana.member("eva", "viewer").await;
        let tokens = [token(&ana, ben.email()).await, token(&ana, eva.email()).await];
        let member = format!("/v1/organization/members/{}", ben.email());
        ana.delete(&member).send().await.expect(204);
        let suspend = "UPDATE accounts SET suspended_at = 1 WHERE email_key LIKE 'eva%'";
        app.database().connect().execute(suspend);
        for token in tokens {
            accept(&app, &token, NEW).await.expect(422);
        }
    });
}

#[test]
fn the_operator_makes_one_for_any_account() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let email = ana.email().to_owned();
        further(&app, "youth-club", &email).await;
        drop(ana);
        let database = app.into_database();
        let unknown = cairn(&database, &["account", "reset", "nobody@b.example"]);
        assert!(!unknown.status.success());
        let made = cairn(&database, &["account", "reset", &email.to_uppercase()]);
        assert!(made.status.success(), "{made:?}");
        let printed = String::from_utf8(made.stdout).expect("UTF-8");
        let token = printed.lines().next().expect("a token").to_owned();
        let app = TestApp::open(database, Registration::Open).await;
        accept(&app, &token, NEW).await.expect(204);
        let body: Value = json!({"email": email, "password": NEW, "organization": "riverside"});
        app.anonymous()
            .post("/v1/sessions", body)
            .send()
            .await
            .expect(200);
    });
}
