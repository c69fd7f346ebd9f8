//! The second factor: turned on, asked for wherever the password signs in, and lost.

use cairn::config::Registration;
use serde_json::{Value, json};

use crate::support::{Answer, Authenticator, Client, PASSWORD, TestApp, cairn, run};

const NEW: &str = "amber-ferry-window-31";
const FACTOR: &str = "/v1/account/second-factor";

async fn sign_in(app: &TestApp, email: &str, code: Option<&str>) -> Answer {
    sign_in_with(app, email, PASSWORD, code).await
}

async fn sign_in_with(app: &TestApp, email: &str, password: &str, code: Option<&str>) -> Answer {
    let mut body = json!({"email": email, "password": password});
    if let Some(code) = code {
        body["code"] = code.into();
    }
    app.anonymous().post("/v1/sessions", body).send().await
}

fn proof(code: &str) -> Value {
    json!({"current_password": PASSWORD, "code": code})
}

async fn state(person: &Client) -> Value {
    person.get("/v1/account").send().await.expect(200).json()["second_factor"].clone()
}

#[test]
fn is_turned_on_by_a_code_and_ends_the_other_sessions() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let elsewhere = app.sign_in(ana.email()).await;
        let begun = ana.post(FACTOR, json!({"current_password": PASSWORD}));
        let begun = begun.send().await.expect(201);
        assert_eq!(begun.header("cache-control"), Some("no-store"));
        let begun = begun.json();
        let uri = begun["uri"].as_str().expect("an address");
        let secret = begun["secret"].as_str().expect("a secret");
        assert!(uri.contains(secret) && uri.contains("issuer=Cairn"), "{uri}");
        // Until it is confirmed nothing is different.
        assert_eq!(state(&ana).await, Value::Null);
        sign_in(&app, ana.email(), None).await.expect(200);

        let own = Authenticator::with(&begun["secret"]);
        let confirm = async |code: String| {
            let confirmation = json!({"code": code});
            ana.post(&format!("{FACTOR}/confirm"), confirmation).send().await
        };
        let wrong = confirm(own.wrong_code(&app)).await.expect(422);
        assert_eq!(wrong.issues(), ["/code wrong_code"]);
        let confirmed = confirm(own.code(&app)).await.expect(200);
        assert_eq!(confirmed.header("cache-control"), Some("no-store"));
        let codes: Vec<String> = serde_json::from_value(confirmed.json()["recovery_codes"].clone()).unwrap();
        elsewhere.get("/v1/account").send().await.expect(401);
        let refresh = json!({"refresh_token": elsewhere.credentials().refresh_token});
        let refresh = app.anonymous().post("/v1/sessions/refresh", refresh);
        refresh.send().await.expect(401);
        let expected = json!({"enabled_at": "2026-03-02T09:30:00.000000Z", "recovery_codes_left": 10});
        assert_eq!(state(&ana).await, expected);
        let snapshot = app.snapshot();
        for code in &codes {
            let plain = code.replace('-', "");
            let is_kept = |row: &String| row.contains(code) || row.contains(&plain);
            assert!(!snapshot.table("recovery_codes").iter().any(is_kept));
        }
        let again = confirm(own.code(&app)).await.expect(409);
        assert_eq!(again.code(), "second_factor_on");
        let anew = ana.post(FACTOR, json!({"current_password": PASSWORD}));
        assert_eq!(anew.send().await.expect(409).code(), "second_factor_on");
        // The code that turned it on has been used.
        let replayed = sign_in(&app, ana.email(), Some(&own.code(&app)))
            .await
            .expect(401);
        assert_eq!(replayed.code(), "second_factor_refused");
    });
}

#[test]
fn begins_with_the_password_and_the_newest_secret() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let before = app.snapshot();
        let wrong = ana.post(FACTOR, json!({"current_password": NEW}));
        let wrong = wrong.send().await.expect(422);
        assert_eq!(wrong.issues(), ["/current_password wrong_password"]);
        let nothing = ana.post(&format!("{FACTOR}/confirm"), json!({"code": "123456"}));
        assert_eq!(nothing.send().await.expect(409).code(), "no_second_factor_begun");
        for last in ["remove", "recovery-codes"] {
            let off = ana.post(&format!("{FACTOR}/{last}"), proof("123456"));
            assert_eq!(off.send().await.expect(409).code(), "no_second_factor");
        }
        before.assert_same(&app.snapshot(), "refused");
        let replaced = Authenticator::begun(&ana).await;
        let own = Authenticator::begun(&ana).await;
        for (code, status) in [(replaced.code(&app), 422), (own.code(&app), 200)] {
            let confirm = ana.post(&format!("{FACTOR}/confirm"), json!({"code": code}));
            confirm.send().await.expect(status);
        }
        let key = ana.key(&["schema:read"], None).await;
        key.post(FACTOR, proof("123456")).send().await.expect(403);
    });
}

#[test]
fn signing_in_needs_a_code_that_was_not_used() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let (own, _) = Authenticator::on(&ana).await;
        let missing = sign_in(&app, ana.email(), None).await.expect(401);
        assert_eq!(missing.code(), "second_factor_required");
        assert!(missing.text().contains("authenticator app"), "{}", missing.text());
        // Whoever does not know the password learns nothing of it.
        for code in [None, Some("123456")] {
            let stranger = sign_in_with(&app, ana.email(), NEW, code).await.expect(401);
            assert_eq!(stranger.code(), "unauthenticated");
        }
        app.advance(3601);
        let before = app.snapshot();
        for wrong in [&own.wrong_code(&app), "", "abc", "aaaa-bbbb-cccc-dddd"] {
            sign_in(&app, ana.email(), Some(wrong)).await.expect(401);
        }
        before.assert_same(&app.snapshot(), "wrong codes");
        app.advance(3601);
        let code = own.code(&app);
        let typed = format!("{} {}", &code[..3], &code[3..]);
        sign_in(&app, ana.email(), Some(&typed)).await.expect(200);
        let used = sign_in(&app, ana.email(), Some(&code)).await.expect(401);
        assert_eq!(used.code(), "second_factor_refused");
        // A step early is taken, and then nothing older is.
        let early = own.code_at(app.seconds() + 30);
        sign_in(&app, ana.email(), Some(&early)).await.expect(200);
        for old in [code, early, own.code_at(app.seconds() - 30)] {
            sign_in(&app, ana.email(), Some(&old)).await.expect(401);
        }
        app.advance(90);
        let late = own.code_at(app.seconds() - 30);
        sign_in(&app, ana.email(), Some(&late)).await.expect(200);
        app.advance(90);
        let too_late = own.code_at(app.seconds() - 60);
        sign_in(&app, ana.email(), Some(&too_late)).await.expect(401);
    });
}

#[test]
fn of_several_with_one_code_one_gets_in() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let (own, codes) = Authenticator::on(&ana).await;
        for code in [own.code(&app), codes[0].clone()] {
            let tries = (0..4).map(|_| {
                let (app, email, code) = (app.clone(), ana.email().to_owned(), code.clone());
                actix_web::rt::spawn(async move { sign_in(&app, &email, Some(&code)).await.status })
            });
            let tries: Vec<_> = tries.collect();
            let mut statuses = Vec::new();
            for one in tries {
                statuses.push(one.await.expect("an answer"));
            }
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 401, 401, 401]);
        }
    });
}

#[test]
fn a_recovery_code_stands_in_once() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let (own, codes) = Authenticator::on(&ana).await;
        let typed = codes[0].to_uppercase().replace('-', " ");
        sign_in(&app, ana.email(), Some(&typed)).await.expect(200);
        let used = sign_in(&app, ana.email(), Some(&codes[0])).await.expect(401);
        assert_eq!(used.code(), "second_factor_refused");
        assert_eq!(state(&ana).await["recovery_codes_left"], 9);
        // Somebody else's are not one's own.
        let ben = ana.member("ben", "viewer").await;
        let (_, bens) = Authenticator::on(&ben).await;
        sign_in(&app, ana.email(), Some(&bens[0])).await.expect(401);

        let anew = ana.post(&format!("{FACTOR}/recovery-codes"), proof(&own.code(&app)));
        let anew = anew.send().await.expect(200).json();
        sign_in(&app, ana.email(), Some(&codes[1])).await.expect(401);
        let new = anew["recovery_codes"][0].as_str().expect("a code");
        sign_in(&app, ana.email(), Some(new)).await.expect(200);
        let without = ana.post(
            &format!("{FACTOR}/recovery-codes"),
            json!({"current_password": PASSWORD}),
        );
        assert_eq!(without.send().await.expect(422).issues(), ["/code required"]);
    });
}

#[test]
fn the_question_which_organization_does_not_use_a_code_up() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let (own, _) = Authenticator::on(&ana).await;
        let admin = json!({"email": ana.email(), "name": "Ana", "password": PASSWORD});
        let mut new = json!({"code": "club", "name": "Club", "admin": admin});
        let register = async |new: &Value| {
            let request = app.anonymous().post("/v1/organizations", new.clone());
            request.send().await
        };
        let missing = register(&new).await.expect(401);
        assert_eq!(missing.code(), "second_factor_required");
        new["admin"]["code"] = own.wrong_code(&app).into();
        assert_eq!(register(&new).await.expect(401).code(), "second_factor_refused");
        new["admin"]["code"] = own.code(&app).into();
        // What does not succeed uses no code up.
        new["code"] = "riverside".into();
        register(&new).await.expect(409);
        new["code"] = "club".into();
        register(&new).await.expect(201);
        new["code"] = "club-2".into();
        assert_eq!(register(&new).await.expect(401).code(), "second_factor_refused");

        app.advance(30);
        let code = own.code(&app);
        let asked = sign_in(&app, ana.email(), Some(&code)).await.expect(422);
        assert_eq!(asked.issues(), ["/organization choose_organization"]);
        // Only whoever has a code is asked.
        sign_in(&app, ana.email(), None).await.expect(401);
        let body = json!({"email": ana.email(), "password": PASSWORD, "code": code, "organization": "club"});
        for status in [200, 401] {
            let request = app.anonymous().post("/v1/sessions", body.clone());
            request.send().await.expect(status);
        }
    });
}

#[test]
fn joining_another_organization_needs_a_code() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let (own, _) = Authenticator::on(&ana).await;
        let club = app.organization("club").await;
        let invitation = json!({"email": ana.email(), "role": "viewer"});
        let invitation = club.post("/v1/organization/invitations", invitation);
        let token = invitation.send().await.expect(201).json()["token"].clone();
        let mut accept = json!({"token": token, "password": PASSWORD});
        let before = app.snapshot();
        let refused = app.anonymous().post("/v1/invitations/accept", accept.clone());
        assert_eq!(refused.send().await.expect(401).code(), "second_factor_required");
        accept["code"] = own.wrong_code(&app).into();
        let refused = app.anonymous().post("/v1/invitations/accept", accept.clone());
        assert_eq!(refused.send().await.expect(401).code(), "second_factor_refused");
        before.assert_same(&app.snapshot(), "without a code");
        accept["code"] = own.code(&app).into();
        let accepted = app.anonymous().post("/v1/invitations/accept", accept);
        accepted.send().await.expect(200);
    });
}

#[test]
fn what_the_owner_decides_needs_a_code() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "editor").await;
        let (own, codes) = Authenticator::on(&ben).await;
        let before = app.snapshot();
        let change = json!({"password": NEW, "current_password": PASSWORD});
        for (code, issue) in [(None, "/code required"), (Some("000000"), "/code wrong_code")] {
            let with = |mut body: Value| {
                body["code"] = code.map_or(Value::Null, Value::from);
                if code.is_none() {
                    body.as_object_mut().expect("an object").remove("code");
                }
                body
            };
            assert_ne!(own.code(&app), "000000");
            let password = json!({"current_password": PASSWORD});
            let removal = ben.post(&format!("{FACTOR}/remove"), with(password.clone()));
            assert_eq!(removal.send().await.expect(422).issues(), [issue]);
            let changed = ben.patch("/v1/account", with(change.clone()));
            assert_eq!(changed.send().await.expect(422).issues(), [issue]);
            let erased = ben.post("/v1/account/erase", with(password));
            assert_eq!(erased.send().await.expect(422).issues(), [issue]);
        }
        before.assert_same(&app.snapshot(), "without a code");
        app.advance(3601);
        let ben = ben.signed_in(
            ben.email(),
            &sign_in(&app, ben.email(), Some(&codes[0])).await.json(),
        );
        ben.patch("/v1/account", json!({"name": "Benjamin"}))
            .send()
            .await
            .expect(200);
        let mut changed = change;
        changed["code"] = own.code(&app).into();
        ben.patch("/v1/account", changed).send().await.expect(200);
        let session = sign_in_with(&app, ben.email(), NEW, Some(&codes[1]))
            .await
            .expect(200);
        let ben = ben.signed_in(ben.email(), &session.json());
        let erasure = json!({"current_password": NEW, "code": codes[2]});
        ben.post("/v1/account/erase", erasure).send().await.expect(204);
        let after = app.snapshot();
        assert!(after.table("second_factors").is_empty() && after.table("recovery_codes").is_empty());
    });
}

#[test]
fn is_turned_off_by_its_owner_with_the_app_or_without() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        for with_app in [true, false] {
            let (own, codes) = Authenticator::on(&ana).await;
            let code = if with_app {
                own.code(&app)
            } else {
                codes[3].clone()
            };
            let removed = ana.post(&format!("{FACTOR}/remove"), proof(&code));
            removed.send().await.expect(204);
            assert_eq!(state(&ana).await, Value::Null);
            sign_in(&app, ana.email(), None).await.expect(200);
            // A code beside a password that is enough does no harm.
            sign_in(&app, ana.email(), Some(&codes[4])).await.expect(200);
        }
    });
}

#[test]
fn a_password_reset_leaves_it_on() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let ben = ana.member("ben", "editor").await;
        let (own, _) = Authenticator::on(&ben).await;
        let path = format!("/v1/organization/members/{}/password-reset", ben.email());
        let token = ana.post(&path, json!({})).send().await.expect(201).json()["token"].clone();
        let accept = json!({"token": token, "password": NEW});
        let accept = app.anonymous().post("/v1/password-resets/accept", accept);
        accept.send().await.expect(204);
        let stolen = sign_in_with(&app, ben.email(), NEW, None).await.expect(401);
        assert_eq!(stolen.code(), "second_factor_required");
        let code = own.code(&app);
        sign_in_with(&app, ben.email(), NEW, Some(&code))
            .await
            .expect(200);
    });
}

#[test]
fn codes_cannot_be_tried_quickly() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let (own, codes) = Authenticator::on(&ana).await;
        let guess = async |from: &str, code: Option<&str>| {
            let mut body = json!({"email": ana.email(), "password": PASSWORD});
            if let Some(code) = code {
                body["code"] = code.into();
            }
            app.anonymous()
                .post("/v1/sessions", body)
                .at_address(from)
                .send()
                .await
        };
        guess("192.0.2.7", Some(&own.code(&app))).await.expect(200);
        app.advance(30);
        let wrong = own.wrong_code(&app);
        for code in [None, Some("abc"), None, Some(&wrong), None, Some(&wrong)] {
            guess("198.51.100.1", code).await.expect(401);
        }
        // The right code is not looked at either.
        let waiting = guess("198.51.100.1", Some(&own.code(&app))).await.expect(429);
        assert_eq!(waiting.header("retry-after"), Some("1"));
        // From ever new addresses codes wait too, while the owner does not.
        let mut tried = 3;
        while guess(&format!("203.0.113.{tried}"), Some(&wrong)).await.status == 401 {
            tried += 1;
        }
        assert_eq!(tried, 11);
        let elsewhere = guess("203.0.113.200", Some(&own.code(&app))).await.expect(429);
        assert_eq!(elsewhere.code(), "too_many_attempts");
        guess("192.0.2.7", Some(&own.code(&app))).await.expect(200);
        app.advance(2);
        guess("203.0.113.201", Some(&codes[0])).await.expect(200);

        app.advance(3601);
        let session = guess("192.0.2.7", Some(&codes[1])).await.expect(200).json();
        let ana = ana.signed_in(ana.email(), &session);
        let remove = async |code: &str| {
            let request = ana.post(&format!("{FACTOR}/remove"), proof(code));
            request.at_address("192.0.2.9").send().await
        };
        for status in [422, 422, 422, 422, 422, 422, 429] {
            remove(&own.wrong_code(&app)).await.expect(status);
        }
    });
}

#[test]
fn the_code_that_turns_it_on_cannot_be_tried_quickly_either() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let own = Authenticator::begun(&ana).await;
        let confirm = async |code: String| {
            let request = ana.post(&format!("{FACTOR}/confirm"), json!({"code": code}));
            request.at_address("192.0.2.9").send().await
        };
        for status in [422, 422, 422, 422, 422, 422, 429] {
            confirm(own.wrong_code(&app)).await.expect(status);
        }
        confirm(own.code(&app)).await.expect(429);
        app.advance(1);
        confirm(own.code(&app)).await.expect(200);
    });
}

#[test]
fn only_the_operator_removes_it_for_somebody() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let email = ana.email().to_owned();
        Authenticator::on(&ana).await;
        drop(ana);
        let database = app.into_database();
        let reset = |options: &[&str]| {
            let made = cairn(&database, &[&["account", "reset", &email], options].concat());
            assert!(made.status.success(), "{made:?}");
            String::from_utf8(made.stdout).expect("UTF-8")
        };
        let plain = reset(&[]);
        assert!(!plain.contains("second factor"), "{plain}");
        let printed = reset(&["--remove-second-factor"]);
        assert!(printed.contains("The second factor of"), "{printed}");
        assert!(reset(&["--remove-second-factor"]).contains("had no second factor"));
        let app = TestApp::open(database, Registration::Open).await;
        sign_in(&app, &email, None).await.expect(200);
        let log = "SELECT actor || ' ' || action AS text FROM audit_log WHERE action LIKE 'account.second%' ORDER BY sequence";
        let log = app.database().connect().texts(log);
        assert_eq!(log.len(), 2);
        assert_eq!(log[1], "operator account.second_factor_removed");
    });
}
