//! Answers that clients keep: a tag for each state and each question, 304 while it holds, and nothing read for it.

use cairn::config::Registration;
use serde_json::json;

use crate::support::plan::Plan;
use crate::support::{Answer, Cast, Client, Coalition, TestApp, contract, run_in_coalition, run_with_cast};

const AFTER_THE_BASELINE: &str =
    r#"{"items": [{"period": "2029", "cell": {"age_group": "young_adult"}, "value": 700}]}"#;
const QUERY: &str = "/aggregates?measure=PROGRAMS&by=age_group";

async fn ask(client: &Client, path: &str) -> Answer {
    client.get(path).send().await.expect(200)
}

async fn again(client: &Client, path: &str, tag: &str) -> Answer {
    let request = client.get(path).header("If-None-Match", tag);
    request.send().await
}

async fn tag(client: &Client, path: &str) -> String {
    ask(client, path).await.etag()
}

async fn report(coalition: &Coalition, value: i64) {
    let figures = json!({"observations": [{"measure": "PROGRAMS", "period": "2025", "value": value}]});
    let path = coalition.path("/observations");
    coalition.partner.post(&path, figures).send().await.expect(201);
}

#[test]
fn an_answer_is_kept_until_something_is_written() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path(QUERY);
        let client = &coalition.observer;
        let first = ask(client, &path).await;
        assert_eq!(first.header("cache-control"), Some("private, no-cache"));
        assert_eq!(
            first.header("vary"),
            Some("Accept, Accept-Encoding, Authorization")
        );
        let same = again(client, &path, &first.etag()).await.expect(304);
        assert_eq!(
            (same.etag(), same.header("cache-control"), same.header("vary")),
            (first.etag(), first.header("cache-control"), first.header("vary"))
        );
        report(&coalition, 11).await;
        let next = again(client, &path, &first.etag()).await.expect(200);
        assert_ne!(next.etag(), first.etag());
        again(client, &path, &next.etag()).await.expect(304);
    });
}

#[test]
fn the_tag_is_of_the_question_and_of_who_asks() {
    run_in_coalition(async |_, coalition| {
        let client = &coalition.observer;
        let path = |query: &str| coalition.path(&format!("/aggregates?{query}"));
        let one = tag(client, &path("measure=PROGRAMS&period=2025")).await;
        assert_eq!(tag(client, &path("period=2025&measure=PROGRAMS")).await, one);
        assert_eq!(
            tag(&coalition.second, &path("period=2025&measure=PROGRAMS")).await,
            one
        );
        assert_eq!(tag(client, &path("period=2025&measure=%50ROGRAMS")).await, one);
        for other in [
            "measure=PROGRAMS",
            "measure=PROGRAMS&period=2025&format=csv",
            "measure=PROGRAMS&period=2025&as_of=2026-03-02T09:00:00Z",
            "measure=VISITS&period=2025",
        ] {
            assert_ne!(tag(client, &path(other)).await, one, "{other}");
        }
        let of_backbone = tag(&coalition.backbone, &path("measure=PROGRAMS&period=2025")).await;
        assert_ne!(of_backbone, one);
        let csv = client
            .get(&path("measure=PROGRAMS&period=2025"))
            .accept("text/csv");
        assert_ne!(csv.send().await.expect(200).etag(), one);
    });
}

#[test]
fn a_list_of_tags_weak_ones_and_any_match_too() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path(QUERY);
        let tag = tag(&coalition.observer, &path).await;
        for given in [format!("\"x\", W/{tag}"), format!("W/{tag}"), "*".into()] {
            let same = again(&coalition.observer, &path, &given).await.expect(304);
            assert_eq!(same.etag(), tag, "{given}");
        }
        for given in ["", "\"x\"", "nonsense", &tag.replacen('"', "\"0", 1)] {
            again(&coalition.observer, &path, given).await.expect(200);
        }
    });
}

#[test]
fn an_answer_as_of_an_instant_is_kept_too() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/aggregates?measure=PROGRAMS&as_of=2026-03-02T09:30:10Z");
        app.advance(60);
        let tag = tag(&coalition.observer, &path).await;
        again(&coalition.observer, &path, &tag).await.expect(304);
        // That it settled the instant has changed no other answer.
        let other = coalition.path(QUERY);
        let before = ask(&coalition.observer, &other).await.etag();
        let later = coalition.path("/aggregates?as_of=2026-03-02T09:30:40Z");
        ask(&coalition.observer, &later).await;
        again(&coalition.observer, &other, &before).await.expect(304);
    });
}

#[test]
fn progress_is_kept_for_the_day() {
    run_in_coalition(async |app, coalition| {
        let path = coalition.path("/goals/teens-belong/progress");
        let tag = tag(&coalition.observer, &path).await;
        again(&coalition.observer, &path, &tag).await.expect(304);
        let key = coalition
            .backbone
            .key(&["aggregates:read"], Some(&coalition.code))
            .await;
        let of_backbone = ask(&key, &path).await.etag();
        again(&key, &path, &of_backbone).await.expect(304);
        app.advance(24 * 60 * 60);
        assert_ne!(
            again(&key, &path, &of_backbone).await.expect(200).etag(),
            of_backbone
        );
    });
}

#[test]
fn nothing_but_the_clock_is_read_for_a_304() {
    run_in_coalition(async |app, coalition| {
        let paths = [
            coalition.path(QUERY),
            coalition.path("/goals/teens-belong/progress"),
        ];
        let mut tags = Vec::new();
        for path in &paths {
            tags.push(tag(&coalition.observer, path).await);
        }
        let mut database = app.database().connect();
        for table in ["observations", "rollup", "coverage", "measures", "goals", "cells"] {
            database.execute(&format!("ALTER TABLE {table} RENAME TO {table}_elsewhere"));
        }
        for (path, tag) in paths.iter().zip(&tags) {
            again(&coalition.observer, path, tag).await.expect(304);
            let fault = coalition.observer.get(path).try_send().await.err();
            assert!(
                fault.is_some_and(|fault| fault.contains("answered 500")),
                "{path}"
            );
        }
    });
}

#[test]
fn pages_that_dashboards_open_often_are_kept_too() {
    run_in_coalition(async |app, coalition| {
        // Keys, since a day is longer than a session.
        let reads = ["aggregates:read", "observations:read"];
        let key = coalition.partner.key(&reads, Some(&coalition.code)).await;
        let rows = format!("/odata/{}/Aggregates", coalition.code);
        let overview = coalition.path("/overview");
        let completeness = coalition.path("/completeness?limit=1");
        let mut kept = Vec::new();
        for path in [&overview, &completeness, &rows] {
            let first = tag(&key, path).await;
            again(&key, path, &first).await.expect(304);
            report(&coalition, 12 + kept.len() as i64).await;
            let next = again(&key, path, &first).await.expect(200).etag();
            assert_ne!(next, first, "{path}");
            kept.push(next);
        }
        let paths = [&overview, &completeness, &rows];
        for (path, kept) in paths.iter().zip(&mut kept) {
            *kept = tag(&key, path).await;
            again(&key, path, kept).await.expect(304);
        }
        let of_another = tag(&coalition.second, &completeness).await;
        assert_ne!(kept[1], of_another, "completeness is of its own reports");
        let smaller = key.get(&rows).header("Prefer", "odata.maxpagesize=1");
        assert_ne!(smaller.send().await.expect(200).etag(), kept[2]);
        app.advance(24 * 60 * 60);
        for ((path, kept), status) in paths.iter().zip(&kept).zip([200, 200, 304]) {
            again(&key, path, kept).await.expect(status);
        }
    });
}

#[test]
fn who_may_not_ask_gets_no_304() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path(QUERY);
        let key = coalition.partner.key(&["aggregates:read"], None).await;
        let lacking = coalition.partner.key(&["schema:read"], None).await;
        let tag = tag(&key, &path).await;
        again(&lacking, &path, &tag).await.expect(403);
        again(&coalition.invited, &path, &tag).await.expect(403);
        again(&coalition.former, &path, &tag).await.expect(404);
        let colour = format!("{path}&colour=red");
        let request = key.get(&colour).header("If-None-Match", &tag);
        request
            .off_contract("an unknown parameter")
            .send()
            .await
            .expect(400);
        coalition.answer(&coalition.partner, "leave").await;
        again(&key, &path, "*").await.expect(404);
    });
}

#[test]
fn a_restored_backup_is_another_state() {
    run_in_coalition(async |app, coalition| {
        let (backup, recorded) = (app.database().template(), coalition.recorded());
        let mut answers = Vec::new();
        for seconds in [0, 60] {
            let app = TestApp::open(backup.copy(), Registration::Open).await;
            app.advance(seconds);
            let coalition = recorded.played(&app);
            report(&coalition, 11 + seconds).await;
            answers.push(ask(&coalition.observer, &coalition.path(QUERY)).await);
        }
        let revision = |answer: &Answer| answer.json()["meta"]["revision"].clone();
        assert_eq!(revision(&answers[0]), revision(&answers[1]), "counted anew");
        assert_ne!(answers[0].etag(), answers[1].etag());
    });
}

#[test]
fn renaming_an_organization_is_a_new_state_of_its_coalitions() {
    run_with_cast(async |_, cast| {
        let (home, other) = (cast.home.path(QUERY), cast.other.path(QUERY));
        let before = (
            tag(&cast.home.observer, &home).await,
            tag(&cast.other.observer, &other).await,
        );
        // It has left: its name still stands with the figures of the time before.
        let name = json!({"name": "Another name"});
        let former = &cast.home.former;
        former
            .patch("/v1/organization", name.clone())
            .send()
            .await
            .expect(200);
        let after = tag(&cast.home.observer, &home).await;
        assert_ne!(after, before.0);
        assert_eq!(
            tag(&cast.other.observer, &other).await,
            before.1,
            "it was never there"
        );
        cast.home.answer(&cast.home.invited, "decline").await;
        let declined = tag(&cast.home.observer, &home).await;
        let invited = &cast.home.invited;
        invited.patch("/v1/organization", name).send().await.expect(200);
        assert_ne!(tag(&cast.home.observer, &home).await, declined);
        let listed = invited.get("/v1/coalitions").send().await.expect(200).data();
        assert!(listed.is_empty(), "{listed:?}");
    });
}

/// Whoever may do all that an operation asks for, first.
fn able<'c>(cast: &'c Cast, operation: &str) -> [&'c Client; 4] {
    let home = &cast.home;
    match operation {
        "accept_partner" | "decline_partner" => [&home.invited, &home.backbone, &home.partner, &home.second],
        "leave_partner" | "delete_submission" => {
            [&home.partner, &home.second, &home.backbone, &home.observer]
        }
        _ => [&home.backbone, &home.partner, &home.second, &home.observer],
    }
}

#[test]
fn whatever_is_written_in_a_coalition_is_a_new_state() {
    let writes = contract()
        .operations()
        .iter()
        .filter(|operation| operation.method != "GET" && operation.access.place != "none");
    let (mut written, mut wrong) = (Vec::new(), Vec::new());
    for operation in writes {
        run_with_cast(async |app, cast| {
            let path = cast.home.path(QUERY);
            let [client, ..] = able(&cast, &operation.id);
            let mut values = cast.values.clone();
            if operation.path.contains("/{organization}/") {
                values.insert("organization", client.organization().to_owned());
            }
            for mut plan in Plan::of(operation, &values) {
                if operation.id == "replace_targets" {
                    plan.body = Some(("application/json".into(), AFTER_THE_BASELINE.into()));
                }
                let (rows, before) = (app.snapshot(), tag(&cast.home.observer, &path).await);
                let answer = plan.request(client).send().await;
                let has_written = !rows.changes(&app.snapshot()).is_empty();
                let is_new = tag(&cast.home.observer, &path).await != before;
                if has_written {
                    written.push(operation.id.clone());
                }
                if has_written != is_new {
                    wrong.push(format!(
                        "{}: {} written: {has_written}, new: {is_new}",
                        operation.id, answer.status
                    ));
                }
            }
        });
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    written.dedup();
    for operation in [
        "create_submission",
        "update_measure",
        "update_dimension",
        "update_partner",
        "accept_partner",
        "leave_partner",
        "replace_targets",
        "replace_baselines",
        "update_goal",
        "update_coalition",
        "replace_review",
    ] {
        assert!(
            written.contains(&operation.to_owned()),
            "{operation}: {written:?}"
        );
    }
}
