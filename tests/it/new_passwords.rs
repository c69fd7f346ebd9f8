//! Which passwords are taken wherever one is set: none that would soon be guessed.

use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, TestApp, run};

const NEW: &str = "amber-ferry-window-31";

/// What anybody may guess, and what whoever knows the admin of `riverside` may.
const GUESSABLE: [&str; 6] = [
    "password1234",
    "qwertyuiop123",
    "123456789012",
    "aaaabbbbaaaabbbb",
    "riverside1234",
    "admin@riverside.example",
];

fn assert_refused(answer: Answer, issue: &str) {
    let answer = answer.expect(422);
    assert_eq!(answer.issues(), [issue]);
    assert!(answer.text().contains("too easy to guess"), "{}", answer.text());
}

async fn register(app: &TestApp, code: &str, password: &str) -> Answer {
    let admin = json!({"email": "admin@riverside.example", "name": "Ana", "password": password});
    let new = json!({"code": code, "name": format!("The {code}"), "admin": admin});
    app.anonymous().post("/v1/organizations", new).send().await
}

async fn invited(admin: &Client, email: &str) -> Value {
    let invitation = json!({"email": email, "role": "viewer"});
    let invitation = admin.post("/v1/organization/invitations", invitation);
    invitation.send().await.expect(201).json()["token"].clone()
}

#[test]
fn none_that_is_guessed_first_is_taken_anywhere() {
    run(async |app| {
        let before = app.snapshot();
        for password in GUESSABLE {
            assert_refused(
                register(&app, "riverside", password).await,
                "/admin/password weak_password",
            );
        }
        before.assert_same(&app.snapshot(), "refused registrations");
        let ana = app.organization("riverside").await;
        let token = invited(&ana, "ben@riverside.example").await;
        let accept = async |password: &str| {
            let body = json!({"token": token, "name": "Benjamin", "password": password});
            app.anonymous().post("/v1/invitations/accept", body).send().await
        };
        let path = format!("/v1/organization/members/{}/password-reset", ana.email());
        let reset = ana.post(&path, json!({})).send().await.expect(201).json()["token"].clone();
        let before = app.snapshot();
        let of_ben = ["benjamin1234", "ben@riverside.example"];
        for password in GUESSABLE[..5].iter().chain(&of_ben) {
            assert_refused(accept(password).await, "/password weak_password");
        }
        // Choosing one is no attempt to sign in, so that nobody waits for it.
        for password in GUESSABLE {
            let change = json!({"password": password, "current_password": PASSWORD});
            let changed = ana.patch("/v1/account", change).send().await;
            assert_refused(changed, "/password weak_password");
            let body = json!({"token": reset, "password": password});
            let accepted = app.anonymous().post("/v1/password-resets/accept", body);
            assert_refused(accepted.send().await, "/password weak_password");
        }
        before.assert_same(&app.snapshot(), "refused passwords");
        // What was refused has used no token up.
        accept(NEW).await.expect(200);
        let body = json!({"token": reset, "password": NEW});
        let accepted = app.anonymous().post("/v1/password-resets/accept", body);
        accepted.send().await.expect(204);
    });
}

#[test]
fn whoever_has_one_already_signs_in_with_it() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let hash = app
            .app()
            .passwords
            .hash("password1234".into())
            .await
            .expect("a hash");
        let change = format!("UPDATE accounts SET password_hash = '{hash}'");
        app.database().connect().execute(&change);
        let body = json!({"email": ana.email(), "password": "password1234"});
        let signed_in = app.anonymous().post("/v1/sessions", body);
        signed_in.send().await.expect(200);
        // Not into a further organization.
        assert_refused(
            register(&app, "club", "password1234").await,
            "/admin/password weak_password",
        );
    });
}
