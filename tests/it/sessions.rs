//! Signing in, staying signed in, signing out.

use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, TestApp, run};

async fn sign_in(app: &TestApp, body: Value) -> Answer {
    app.anonymous().post("/v1/sessions", body).send().await
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    let body = json!({"refresh_token": token});
    app.anonymous().post("/v1/sessions/refresh", body).send().await
}

async fn is_signed_in(client: &Client) -> bool {
    client.get("/v1/account").send().await.status == 200
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().expect("a text").to_owned()
}

/// Registers a further organization for an account that exists.
async fn further(app: &TestApp, code: &str, email: &str) -> Answer {
    let admin = json!({"email": email, "name": "Ana", "password": PASSWORD});
    let body = json!({"code": code, "name": code, "admin": admin});
    app.anonymous().post("/v1/organizations", body).send().await
}

#[test]
fn signs_in_whatever_the_case_of_the_address() {
    run(async |app| {
        app.organization("riverside").await;
        let answer = sign_in(
            &app,
            json!({"email": "ADMIN@riverside.example", "password": PASSWORD}),
        )
        .await
        .expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let session = answer.json();
        assert_eq!(session["expires_in"], 900);
        assert_eq!(session["token_type"], "Bearer");
        assert_eq!(session["role"], "admin");
        assert_eq!(
            session["organization"],
            json!({"code": "riverside", "name": "The riverside"})
        );
    });
}

#[test]
fn an_unknown_address_and_a_wrong_password_get_the_same_answer() {
    run(async |app| {
        app.organization("riverside").await;
        let before = app.snapshot();
        let known = json!({"email": "admin@riverside.example", "password": "wrong"});
        let unknown = json!({"email": "nobody@riverside.example", "password": "wrong"});
        let named =
            json!({"email": "nobody@riverside.example", "password": "wrong", "organization": "riverside"});
        let no_address = json!({"email": "' OR 1=1 --", "password": PASSWORD});
        let known = sign_in(&app, known).await.expect(401).text();
        assert_eq!(sign_in(&app, unknown).await.expect(401).text(), known);
        assert_eq!(sign_in(&app, named).await.expect(401).text(), known);
        let no_address = app.anonymous().post("/v1/sessions", no_address);
        let no_address = no_address.off_contract("no address at all").send().await;
        assert_eq!(no_address.expect(401).text(), known);
        before.assert_same(&app.snapshot(), "a refused sign-in");
    });
}

#[test]
fn a_text_with_a_nul_in_it_is_refused_everywhere() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let body = json!({"email": "admin\u{0}@riverside.example", "password": PASSWORD});
        let request = app.anonymous().post("/v1/sessions", body);
        let answer = request.off_contract("a NUL in the body").send().await.expect(400);
        assert_eq!(answer.issues(), [" nul_character"]);
        let members = "/v1/organization/members";
        let gone = ana.delete(&format!("{members}/a%00@b.example"));
        gone.off_contract("a NUL in the path").send().await.expect(404);
        // The cursor "\u0000", and a NUL as it is.
        for (query, status) in [("cursor=Ilx1MDAwMCI", 422), ("cursor=%00", 400)] {
            let list = ana.get(&format!("{members}?{query}"));
            list.off_contract("a NUL in the query")
                .send()
                .await
                .expect(status);
        }
    });
}

#[test]
fn whoever_is_in_several_organizations_names_one() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        further(&app, "youth-club", ana.email()).await.expect(201);
        let with = |organization: Option<&str>, password: &str| {
            let mut body = json!({"email": "admin@riverside.example", "password": password});
            if let Some(organization) = organization {
                body["organization"] = organization.into();
            }
            body
        };
        let choose = sign_in(&app, with(None, PASSWORD)).await.expect(422);
        assert_eq!(choose.issues(), ["/organization choose_organization"]);
        assert!(choose.text().contains("riverside, youth-club"));
        let unknown = sign_in(&app, with(Some("elsewhere"), PASSWORD)).await.expect(422);
        assert_eq!(unknown.text(), choose.text());
        let session = sign_in(&app, with(Some("Youth-Club"), PASSWORD))
            .await
            .expect(200);
        assert_eq!(session.json()["organization"]["code"], "youth-club");
        // Nothing of it is told before the password was right.
        let wrong = sign_in(&app, with(None, "wrong")).await.expect(401).text();
        assert_eq!(
            sign_in(&app, with(Some("elsewhere"), "wrong"))
                .await
                .expect(401)
                .text(),
            wrong
        );
    });
}

#[test]
fn a_null_organization_is_refused_by_name() {
    run(async |app| {
        let body = json!({"email": "a@b.example", "password": "x", "organization": null, "admin": true});
        let answer = app
            .anonymous()
            .post("/v1/sessions", body)
            .off_contract("a null and an unknown field")
            .send()
            .await
            .expect(400);
        assert_eq!(answer.code(), "malformed");
    });
}

#[test]
fn a_refresh_token_works_once() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        app.advance(600);
        let first = ana.credentials().refresh_token.clone();
        let renewed = refresh(&app, &first).await.expect(200).json();
        assert_ne!(text(&renewed, "refresh_token"), first);
        let later = app.anonymous().signed_in(ana.email(), &renewed);
        app.advance(600);
        assert!(is_signed_in(&later).await && !is_signed_in(&ana).await);
        refresh(&app, &text(&renewed, "refresh_token")).await.expect(200);
    });
}

#[test]
fn a_used_refresh_token_ends_the_whole_family() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let elsewhere = app.sign_in(ana.email()).await;
        let first = ana.credentials().refresh_token.clone();
        let second = refresh(&app, &first).await.expect(200).json();
        let third = refresh(&app, &text(&second, "refresh_token"))
            .await
            .expect(200)
            .json();
        let newest = app.anonymous().signed_in(ana.email(), &third);
        assert!(is_signed_in(&newest).await);
        let reused = refresh(&app, &first).await.expect(401).text();
        assert!(!is_signed_in(&newest).await && !is_signed_in(&ana).await);
        let ended = refresh(&app, &text(&third, "refresh_token")).await.expect(401);
        assert_eq!(ended.text(), reused);
        assert_eq!(refresh(&app, "cairn_refresh_x").await.expect(401).text(), reused);
        // Another sign-in of the same person is another family.
        assert!(is_signed_in(&elsewhere).await);
    });
}

#[test]
fn signing_out_ends_this_session_only() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let elsewhere = app.sign_in(ana.email()).await;
        ana.delete("/v1/sessions").send().await.expect(204);
        assert!(!is_signed_in(&ana).await && is_signed_in(&elsewhere).await);
        refresh(&app, &ana.credentials().refresh_token).await.expect(401);
        ana.delete("/v1/sessions").send().await.expect(401);
    });
}

#[test]
fn a_session_ends_thirty_days_after_the_sign_in_however_often_it_was_renewed() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let mut token = ana.credentials().refresh_token.clone();
        for _ in 0..29 {
            app.advance(24 * 3600);
            token = text(&refresh(&app, &token).await.expect(200).json(), "refresh_token");
        }
        app.advance(24 * 3600 - 60);
        let last = refresh(&app, &token).await.expect(200).json();
        assert_eq!(last["expires_in"], 60);
        let last_client = app.anonymous().signed_in(ana.email(), &last);
        assert!(is_signed_in(&last_client).await);
        app.advance(60);
        assert!(!is_signed_in(&last_client).await);
        refresh(&app, &text(&last, "refresh_token")).await.expect(401);
        // What is over is forgotten at the next sign-in.
        app.sign_in(ana.email()).await;
        assert_eq!(app.snapshot().table("sessions").len(), 1);
        assert_eq!(app.snapshot().table("refresh_tokens").len(), 1);
    });
}

#[test]
fn an_access_token_holds_fifteen_minutes() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        app.advance(899);
        assert!(is_signed_in(&ana).await);
        app.advance(7);
        assert!(!is_signed_in(&ana).await);
    });
}

#[test]
fn suspension_holds_at_the_next_request_and_looks_like_a_wrong_password() {
    for table in ["accounts", "organizations"] {
        run(async |app| {
            let ana = app.organization("riverside").await;
            let right = json!({"email": ana.email(), "password": PASSWORD});
            let wrong = json!({"email": ana.email(), "password": "wrong"});
            app.database()
                .connect()
                .execute(&format!("UPDATE {table} SET suspended_at = 1"));
            assert!(!is_signed_in(&ana).await);
            refresh(&app, &ana.credentials().refresh_token).await.expect(401);
            let refused = sign_in(&app, right.clone()).await.expect(401).text();
            assert_eq!(sign_in(&app, wrong).await.expect(401).text(), refused);
            let mut named = right;
            named["organization"] = "riverside".into();
            assert_eq!(sign_in(&app, named).await.expect(401).text(), refused);
        });
    }
}

#[test]
fn no_secret_is_stored_as_it_is() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let key = ana.key(&["schema:read"], None).await;
        let dump: Vec<String> = ["sessions", "refresh_tokens", "api_keys", "accounts"]
            .iter()
            .flat_map(|table| app.snapshot().table(table).clone())
            .collect();
        for secret in [&ana.credentials().refresh_token, key.token(), PASSWORD] {
            assert!(dump.iter().all(|row| !row.contains(secret)));
        }
    });
}

#[test]
fn two_that_come_with_one_refresh_token_do_not_both_go_on() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let token = &ana.credentials().refresh_token;
        let pair = futures(refresh(&app, token), refresh(&app, token)).await;
        let mut statuses = [pair.0.status, pair.1.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        assert!(!is_signed_in(&ana).await);
    });
}

/// Both at the same time.
async fn futures<A, B>(one: impl Future<Output = A>, two: impl Future<Output = B>) -> (A, B) {
    use std::pin::pin;
    use std::task::Poll;
    let (mut one, mut two) = (pin!(one), pin!(two));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |context| {
        if first.is_none()
            && let Poll::Ready(done) = one.as_mut().poll(context)
        {
            first = Some(done);
        }
        if second.is_none()
            && let Poll::Ready(done) = two.as_mut().poll(context)
        {
            second = Some(done);
        }
        match (first.take(), second.take()) {
            (Some(one), Some(two)) => Poll::Ready((one, two)),
            (one, two) => {
                (first, second) = (one, two);
                Poll::Pending
            }
        }
    })
    .await
}
