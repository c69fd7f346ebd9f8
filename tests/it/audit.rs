//! The audit log, as admins and the backbone read it.

use cairn::store::Purpose;
use cairn::store::audit_verification;
use serde_json::{Value, json};

use crate::support::database::is_postgres;
use crate::support::{Client, cairn, cairn_as_owner, run, run_in_coalition};

const LOG: &str = "/v1/organization/audit";

async fn rows(client: &Client, path: &str) -> Vec<Value> {
    client.get(path).send().await.expect(200).data()
}

fn column<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str().unwrap()).collect()
}

#[test]
fn an_admin_reads_what_concerns_the_organization() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        app.organization("elsewhere").await;
        let ben = ana.member("ben", "viewer").await;
        app.advance(60);
        let path = format!("/v1/organization/members/{}", ben.email());
        ana.patch(&path, json!({"role": "editor"}))
            .send()
            .await
            .expect(200);
        ana.patch(&path, json!({"role": "editor"}))
            .send()
            .await
            .expect(200);
        ana.delete(&path).send().await.expect(204);
        let found = rows(&ana, LOG).await;
        assert_eq!(
            column(&found, "action"),
            [
                "member.removed",
                "member.updated",
                "member.joined",
                "invitation.created",
                "organization.created"
            ],
            "newest first, and nothing where nothing changed"
        );
        let sequences: Vec<i64> = found
            .iter()
            .map(|row| row["sequence"].as_i64().unwrap())
            .collect();
        assert_eq!(sequences, [5, 4, 3, 2, 1]);
        let updated = &found[1];
        assert_eq!(
            updated["details"],
            json!({"role": {"from": "viewer", "to": "editor"}})
        );
        assert_eq!(updated["recorded_at"], "2026-03-02T09:31:00.000000Z");
        assert_eq!(updated["actor"]["name"], "Admin of riverside");
        assert_eq!(updated["actor"]["email"], ana.email());
        assert_eq!(updated["subject"], found[2]["actor"]["id"]);
        assert_eq!(
            (&found[2]["actor"]["name"], &found[2]["actor"]["email"]),
            (&json!("ben"), &Value::Null),
            "who is no member any more has no address here"
        );
        ben.get(LOG).send().await.expect(401);
    });
}

#[test]
fn a_viewer_does_not_read_it() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        ana.viewer().await.get(LOG).send().await.expect(403);
        ana.editor().await.get(LOG).send().await.expect(403);
    });
}

#[test]
fn rows_are_found_by_actor_action_and_time_page_by_page() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        app.advance(60);
        let ben = ana.member("ben", "admin").await;
        app.advance(60);
        ben.key(&["schema:read"], None).await;
        let all = rows(&ana, LOG).await;
        let actor = all[0]["actor"]["id"].as_str().unwrap();
        for (query, actions) in [
            (format!("actor={actor}"), vec!["api_key.created", "member.joined"]),
            (
                format!("actor={actor}&action=member.joined"),
                vec!["member.joined"],
            ),
            ("since=2026-03-02T09:32:00Z".into(), vec!["api_key.created"]),
            ("until=2026-03-02T09:31:00Z".into(), vec!["organization.created"]),
            (
                "since=2026-03-02T09:31:00Z&until=2026-03-02T09:32:00Z&limit=1".into(),
                vec!["member.joined"],
            ),
            ("actor=operator".into(), vec![]),
        ] {
            let found = rows(&ana, &format!("{LOG}?{query}")).await;
            assert_eq!(column(&found, "action"), actions, "{query}");
        }
        let mut walked = Vec::new();
        let mut path = format!("{LOG}?limit=1");
        loop {
            let page = ana.get(&path).send().await.expect(200);
            walked.extend(page.data());
            let Some(cursor) = page.json()["next_cursor"].as_str().map(str::to_owned) else {
                break;
            };
            path = format!("{LOG}?limit=1&cursor={cursor}");
        }
        assert_eq!(walked, all);
        for (query, status, issue) in [
            ("actor=ana", 422, "?actor unknown_actor"),
            ("action=member.eaten", 422, "?action unknown_action"),
            ("since=yesterday", 422, "?since invalid_time"),
            ("until=2026", 422, "?until invalid_time"),
            ("subject=x", 400, "?subject unknown_field"),
        ] {
            let request = ana
                .get(&format!("{LOG}?{query}"))
                .off_contract("a query that cannot be");
            assert_eq!(request.send().await.expect(status).issues(), [issue]);
        }
    });
}

#[test]
fn the_backbone_reads_what_concerns_the_coalition() {
    run_in_coalition(async |_, coalition| {
        let log = coalition.path("/audit");
        let found = rows(&coalition.backbone, &log).await;
        let actions = column(&found, "action");
        for action in [
            "coalition.created",
            "partner.invited",
            "partner.accepted",
            "partner.left",
            "dimension.created",
            "measure.created",
            "goal.created",
            "baselines.replaced",
            "targets.replaced",
        ] {
            assert!(actions.contains(&action), "{action}: {actions:?}");
        }
        let proposed = found
            .iter()
            .find(|row| row["subject"] == "goal:quiet-rooms")
            .unwrap();
        assert_eq!(
            proposed["details"]["statement"],
            "Every teen has a quiet place to study"
        );
        assert!(proposed["actor"]["name"].is_string());
        assert_eq!(proposed["actor"]["email"], Value::Null, "of another organization");
        coalition
            .backbone
            .editor()
            .await
            .get(&log)
            .send()
            .await
            .expect(403);
        coalition.partner.get(&log).send().await.expect(403);
        coalition.former.get(&log).send().await.expect(404);

        let own = rows(&coalition.partner, LOG).await;
        let subject = format!("coalition:{}", coalition.code);
        let places: Vec<&Value> = own
            .iter()
            .filter(|row| row["subject"] == subject.as_str())
            .collect();
        assert_eq!(places.len(), 2, "{own:#?}");
        assert_eq!(places[0]["action"], "partner.accepted");
        assert_eq!(
            places[0]["details"]["state"],
            json!({"from": "invited", "to": "active"})
        );
        assert_eq!(places[1]["action"], "partner.invited");
        assert_eq!(places[1]["actor"]["email"], Value::Null);
    });
}

#[test]
fn a_row_says_what_was_and_what_is() {
    run_in_coalition(async |_, coalition| {
        let patch = json!({"name": "All visits", "definition": "x".repeat(1_500)});
        let path = coalition.path("/measures/VISITS");
        coalition.backbone.patch(&path, patch).send().await.expect(200);
        let path = coalition.path("/audit?action=measure.updated");
        let found = rows(&coalition.backbone, &path).await;
        let details = &found[0]["details"];
        assert_eq!(details["name"], json!({"from": "Visits", "to": "All visits"}));
        assert_eq!(details["version"], json!({"from": 1, "to": 2}));
        assert_eq!(details["definition"]["to"]["bytes"], 1_502);
        assert_eq!(details.as_object().unwrap().len(), 3, "{details}");
    });
}

#[test]
fn those_who_write_at_once_leave_one_chain() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let requests: Vec<_> = (0..24)
            .map(|number| {
                let new = json!({"email": format!("new{number}@riverside.example"), "role": "viewer"});
                actix_web::rt::spawn(ana.post("/v1/organization/invitations", new).send())
            })
            .chain((0..8).map(|number| {
                let new = json!({"code": format!("c{number}"), "name": "New"});
                actix_web::rt::spawn(ana.post("/v1/coalitions", new).send())
            }))
            .collect();
        for request in requests {
            request.await.unwrap().expect(201);
        }
        let report = app
            .app()
            .db
            .system(Purpose::Audit, |tx| audit_verification::verify(tx, &[]));
        let report = report.await.unwrap();
        assert_eq!(report.faults, [""; 0]);
        assert_eq!((report.rows, report.chains), (1 + 24 + 8 + 8, 1 + 8));
    });
}

#[test]
fn what_the_command_line_does_is_the_operators() {
    run_in_coalition(async |app, coalition| {
        let done = cairn(app.database(), &["keys", "rotate"]);
        assert!(done.status.success(), "{done:?}");
        let mut expected = vec!["0 operator signing_key.rotated"];
        if is_postgres() {
            for command in ["grant", "revoke"] {
                let done = cairn_as_owner(
                    app.database(),
                    &["reporting", command, "--coalition", &coalition.code],
                );
                assert!(done.status.success(), "{done:?}");
            }
            expected.extend(["1 operator reporting.granted", "1 operator reporting.revoked"]);
        }
        let query = "SELECT coalition_id || ' ' || actor || ' ' || action AS text FROM audit_log \
            WHERE actor = 'operator' ORDER BY coalition_id, sequence";
        assert_eq!(app.database().connect().texts(query), expected);
    });
}
