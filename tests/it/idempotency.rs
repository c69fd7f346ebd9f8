//! `Idempotency-Key`: the same request sent again has one effect and gets its first answer.

use serde_json::json;

use crate::support::{Answer, Client, Coalition, Request, run_in_coalition};

fn submission(client: &Client, coalition: &Coalition, key: &str, value: i64) -> Request {
    let body = json!({"observations": [{"measure": "VISITS", "period": "2024", "value": value}]});
    client
        .post(&coalition.path("/observations"), body)
        .header("Idempotency-Key", key)
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed").is_some()
}

async fn submissions(coalition: &Coalition) -> usize {
    let path = coalition.path("/submissions?limit=1000");
    coalition.partner.get(&path).send().await.expect(200).data().len()
}

#[test]
fn the_same_request_gets_its_first_answer() {
    run_in_coalition(async |app, coalition| {
        let partner = &coalition.partner;
        let first = submission(partner, &coalition, "spring-1", 5)
            .send()
            .await
            .expect(201);
        assert!(!is_replayed(&first));
        submission(partner, &coalition, "spring-2", 6)
            .send()
            .await
            .expect(201);
        app.advance(24 * 3600 - 60);
        let partner = &app.sign_in(partner.email()).await;
        let before = app.snapshot().table("observations").clone();
        let again = submission(partner, &coalition, "spring-1", 5)
            .send()
            .await
            .expect(201);
        assert!(is_replayed(&again));
        assert_eq!(
            (&again.body, again.header("location")),
            (&first.body, first.header("location"))
        );
        assert_eq!(
            &before,
            app.snapshot().table("observations"),
            "the later figure stands"
        );
        // A colleague, and a program, speak for the same organization.
        let editor = partner.editor().await;
        let by_editor = submission(&editor, &coalition, "spring-1", 5)
            .send()
            .await
            .expect(201);
        assert_eq!(by_editor.body, first.body);
        // After a day, the key is free.
        app.advance(120);
        let partner = &app.sign_in(partner.email()).await;
        let anew = submission(partner, &coalition, "spring-1", 5)
            .send()
            .await
            .expect(201);
        assert!(!is_replayed(&anew));
        assert_eq!(anew.json()["counts"]["updated"], 1);
        assert_eq!(
            app.snapshot().table("idempotency_keys").len(),
            1,
            "old keys are removed"
        );
    });
}

#[test]
fn a_long_submission_is_kept_too() {
    run_in_coalition(async |_, coalition| {
        let rows: Vec<_> = (1000..2500)
            .map(|year| json!({"measure": "VISITS", "period": year.to_string(), "value": year}))
            .collect();
        let body = json!({"observations": rows});
        let path = coalition.path("/observations");
        let request = || {
            coalition
                .partner
                .post(&path, body.clone())
                .header("Idempotency-Key", "long")
        };
        let first = request().send().await.expect(201);
        assert_eq!(first.json()["counts"]["created"], 1_499);
        let again = request().send().await.expect(201);
        assert_eq!((is_replayed(&again), &again.body), (true, &first.body));
        let answers = all_at_once(
            (0..5)
                .map(|_| request().header("Idempotency-Key", "other"))
                .collect(),
        )
        .await;
        assert_one_effect(&answers);
    });
}

#[test]
fn a_partial_receipt_is_an_answer_too() {
    run_in_coalition(async |_, coalition| {
        let body = json!({"observations": [{"measure": "VISITS", "period": "2024", "value": 5},
                                           {"measure": "NOTHING", "period": "2024", "value": 5}]});
        let path = coalition.path("/observations?mode=partial");
        let send = async || {
            let request = coalition
                .partner
                .post(&path, body.clone())
                .header("Idempotency-Key", "k");
            request.send().await.expect(200)
        };
        let (first, again) = (send().await, send().await);
        assert_eq!((is_replayed(&first), is_replayed(&again)), (false, true));
        assert_eq!(first.body, again.body);
    });
}

#[test]
fn a_key_stands_for_one_request() {
    run_in_coalition(async |app, coalition| {
        let partner = &coalition.partner;
        submission(partner, &coalition, "k", 5).send().await.expect(201);
        let before = app.snapshot().table("observations").clone();
        let path = coalition.path("/observations");
        let csv = partner.post_csv(&path, "measure,period,value\nVISITS,2024,5\n");
        let body = json!({"observations": [{"measure": "VISITS", "period": "2024", "value": 5}]});
        let query = partner.post(&format!("{path}?mode=partial"), body);
        for other in [submission(partner, &coalition, "k", 6), csv, query] {
            let answer = other.header("Idempotency-Key", "k").send().await.expect(422);
            assert_eq!(answer.code(), "idempotency_key_reused");
        }
        assert_eq!(&before, app.snapshot().table("observations"));
        // Another organization's key is another key.
        let second = submission(&coalition.second, &coalition, "k", 6)
            .send()
            .await
            .expect(201);
        assert!(!is_replayed(&second));
    });
}

#[test]
fn a_request_that_fails_keeps_nothing() {
    run_in_coalition(async |app, coalition| {
        let partner = &coalition.partner;
        let before = app.snapshot();
        let refused = submission(partner, &coalition, "k", -5).send().await.expect(422);
        assert_eq!(refused.code(), "invalid");
        before.assert_same(&app.snapshot(), "a refused submission");
        let corrected = submission(partner, &coalition, "k", 5).send().await.expect(201);
        assert!(!is_replayed(&corrected));
    });
}

#[test]
fn a_dry_run_takes_no_notice() {
    run_in_coalition(async |app, coalition| {
        submission(&coalition.partner, &coalition, "k", 5)
            .send()
            .await
            .expect(201);
        let before = app.snapshot();
        let body = json!({"observations": [{"measure": "VISITS", "period": "2024", "value": 7}]});
        let path = coalition.path("/observations?dry_run=true");
        let request = coalition.partner.post(&path, body).header("Idempotency-Key", "k");
        assert_eq!(request.send().await.expect(200).json()["counts"]["updated"], 1);
        before.assert_same(&app.snapshot(), "a dry run");
    });
}

#[test]
fn a_key_is_short_and_visible() {
    run_in_coalition(async |_, coalition| {
        for (key, is_good) in [
            ("!", true),
            (&*"~".repeat(255), true),
            ("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", true),
            ("", false),
            (&*"~".repeat(256), false),
            ("two words", false),
            ("schlüssel", false),
        ] {
            let request = submission(&coalition.partner, &coalition, key, 5);
            let answer = request.off_contract("some are not keys").send().await;
            if is_good {
                answer.expect(201);
            } else {
                assert_eq!(
                    answer.expect(400).issues(),
                    ["Idempotency-Key invalid_idempotency_key"],
                    "{key}"
                );
            }
        }
    });
}

/// Sends them all at once.
async fn all_at_once(requests: Vec<Request>) -> Vec<Answer> {
    let tasks: Vec<_> = requests
        .into_iter()
        .map(|request| actix_web::rt::spawn(request.send()))
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("an answer"));
    }
    answers
}

/// One answer was the first, others are the same, and what came too early is told to come again.
fn assert_one_effect(answers: &[Answer]) {
    let (taken, early): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    let first: Vec<_> = taken.iter().filter(|answer| !is_replayed(answer)).collect();
    assert_eq!(first.len(), 1);
    assert!(taken.iter().all(|answer| answer.body == first[0].body));
    for answer in early {
        assert_eq!(
            (answer.status, answer.code()),
            (409, "idempotency_key_in_use".into())
        );
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
}

#[test]
fn a_hundred_at_once_have_one_effect() {
    run_in_coalition(async |_, coalition| {
        let before = submissions(&coalition).await;
        let request = || submission(&coalition.partner, &coalition, "k", 5);
        let answers = all_at_once((0..100).map(|_| request()).collect()).await;
        assert_one_effect(&answers);
        let again = request().send().await.expect(201);
        assert!(is_replayed(&again));
        assert_eq!(submissions(&coalition).await, before + 1);
    });
}

#[test]
fn a_hundred_at_two_processes_have_one_effect() {
    run_in_coalition(async |app, coalition| {
        let before = submissions(&coalition).await;
        let credentials = Some(coalition.partner.credentials().clone());
        let twin = Client::new(app.twin().await, credentials);
        let clients = [&coalition.partner, &twin];
        // One by one in each process, so that none is refused for being early: the database alone keeps them apart.
        let each = clients.map(|client| {
            let requests: Vec<Request> = (0..50).map(|_| submission(client, &coalition, "k", 5)).collect();
            actix_web::rt::spawn(async {
                let mut answers = Vec::new();
                for request in requests {
                    answers.push(request.send().await.expect(201));
                }
                answers
            })
        });
        let mut answers = Vec::new();
        for task in each {
            answers.extend(task.await.expect("answers"));
        }
        assert_eq!(answers.len(), 100);
        assert_one_effect(&answers);
        assert_eq!(submissions(&coalition).await, before + 1);
    });
}

#[test]
fn who_comes_while_the_first_is_under_way_comes_again() {
    run_in_coalition(async |app, coalition| {
        let request = |key: &str, value| submission(&coalition.partner, &coalition, key, value);
        app.held_up(async |let_go| {
            let (answered, mut answers) = tokio::sync::mpsc::unbounded_channel();
            for request in [request("k", 5), request("k", 5)] {
                let answered = answered.clone();
                actix_web::rt::spawn(async move { answered.send(request.send().await) });
            }
            let early = answers.recv().await.expect("an answer").expect(409);
            assert_eq!(early.code(), "idempotency_key_in_use");
            assert_eq!(
                request("k", 6).send().await.expect(409).code(),
                "idempotency_key_in_use"
            );
            let other = actix_web::rt::spawn(request("another", 7).send());
            let_go();
            let first = answers.recv().await.expect("an answer").expect(201);
            other.await.expect("an answer").expect(201);
            let again = request("k", 5).send().await.expect(201);
            assert_eq!((is_replayed(&first), is_replayed(&again)), (false, true));
            assert_eq!(again.body, first.body);
        })
        .await;
    });
}
