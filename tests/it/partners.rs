//! Partners: inviting and bringing in, answering, changing and leaving.

use serde_json::{Value, json};

use crate::support::{Client, Coalition, TestApp, run, run_in_coalition};

/// The path of a client's own place in the coalition.
fn place(coalition: &Coalition, client: &Client, rest: &str) -> String {
    coalition.path(&format!("/partners/{}{rest}", client.organization()))
}

async fn invite(coalition: &Coalition, new: Value) -> crate::support::Answer {
    coalition
        .backbone
        .post(&coalition.path("/partners"), new)
        .send()
        .await
}

/// What a partner is expected to report.
mod expected_measures {
    use super::*;

    async fn expect(coalition: &Coalition, measures: Value) -> crate::support::Answer {
        let path = place(coalition, &coalition.second, "");
        let patch = json!({"expected_measures": measures});
        let request = coalition.backbone.patch(&path, patch);
        request.off_contract("perhaps wrong").send().await
    }

    /// Of each measure, who contributes, who is expected and the status in 2025, by whichever way it is answered.
    async fn coverage(app: &TestApp, coalition: &Coalition) -> Vec<(String, u64, u64, String)> {
        let mut answers = Vec::new();
        app.advance(1);
        for more in ["", "&as_of=2026-03-02T09:30:00.999999Z", "&at=year"] {
            let path = coalition.path(&format!("/aggregates?period=2025{more}"));
            let rows = coalition.backbone.get(&path).send().await.expect(200).data();
            let told = rows.iter().map(|row| {
                let text = |name: &str| row[name].as_str().expect("a text").to_owned();
                let count = |name: &str| row[name].as_u64().expect("a count");
                (
                    text("measure"),
                    count("contributors"),
                    count("expected"),
                    text("status"),
                )
            });
            answers.push(told.collect::<Vec<_>>());
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
        answers.remove(0)
    }

    fn told(rows: &[(&str, u64, u64, &str)]) -> Vec<(String, u64, u64, String)> {
        let owned = |row: &(&str, u64, u64, &str)| (row.0.into(), row.1, row.2, row.3.into());
        rows.iter().map(owned).collect()
    }

    #[test]
    fn are_chosen_and_left_to_what_is_usual() {
        run_in_coalition(async |app, coalition| {
            let chosen = expect(&coalition, json!(["visits", "PROGRAMS"]))
                .await
                .expect(200);
            assert_eq!(chosen.json()["expected_measures"], json!(["PROGRAMS", "VISITS"]));
            let seen = coalition
                .observer
                .get(&place(&coalition, &coalition.second, ""))
                .send()
                .await
                .expect(200);
            assert_eq!((seen.json(), seen.etag()), (chosen.json(), chosen.etag()));
            // Three are eligible: two that are active, and one that left this year.
            let expected = [
                ("PROGRAMS", 2, 3, "provisional"),
                ("ATTENDANCE", 2, 3, "provisional"),
                ("VISITS", 2, 3, "provisional"),
                ("ATT_PER_PROGRAM", 2, 3, "provisional"),
            ];
            assert_eq!(
                coverage(&app, &coalition).await,
                told(&expected),
                "who reports is expected"
            );
            let former = place(&coalition, &coalition.former, "");
            let patch = json!({"expected_measures": ["ATTENDANCE"]});
            coalition.backbone.patch(&former, patch).send().await.expect(200);
            let expected = [
                ("PROGRAMS", 2, 2, "final"),
                ("ATTENDANCE", 2, 3, "provisional"),
                ("VISITS", 2, 2, "final"),
                ("ATT_PER_PROGRAM", 2, 2, "final"),
            ];
            assert_eq!(coverage(&app, &coalition).await, told(&expected));
            let nothing = expect(&coalition, json!([])).await.expect(200);
            assert_eq!(nothing.json()["expected_measures"], json!([]));
            assert_eq!(coverage(&app, &coalition).await, told(&expected));
            let usual = expect(&coalition, Value::Null).await.expect(200);
            assert_eq!(usual.json()["expected_measures"], Value::Null);
        });
    }

    #[test]
    fn are_usually_those_that_are_required() {
        run_in_coalition(async |app, coalition| {
            let require = async |measure: &str, required: bool| {
                let path = coalition.path(&format!("/measures/{measure}"));
                let patch = json!({"required": required});
                coalition.backbone.patch(&path, patch).send().await.expect(200);
            };
            require("VISITS", true).await;
            let expected = [
                ("PROGRAMS", 2, 2, "final"),
                ("ATTENDANCE", 2, 2, "final"),
                ("VISITS", 2, 3, "provisional"),
                ("ATT_PER_PROGRAM", 2, 2, "final"),
            ];
            assert_eq!(coverage(&app, &coalition).await, told(&expected));
            require("ATT_PER_PROGRAM", true).await;
            require("VISITS", false).await;
            let expected = [
                ("PROGRAMS", 2, 3, "provisional"),
                ("ATTENDANCE", 2, 3, "provisional"),
                ("VISITS", 2, 2, "final"),
                ("ATT_PER_PROGRAM", 2, 3, "provisional"),
            ];
            assert_eq!(coverage(&app, &coalition).await, told(&expected));
            require("ATT_PER_PROGRAM", false).await;
            assert!(coverage(&app, &coalition).await.iter().all(|row| row.2 == 3));
        });
    }

    #[test]
    fn are_measures_that_partners_report() {
        run_in_coalition(async |app: TestApp, coalition| {
            let residents = json!({"code": "RESIDENTS", "name": "Residents", "unit": "people", "kind": "number",
                "decimals": 0, "aggregation": "none", "direction": "neutral", "frequency": "year", "scope": "population"});
            let path = coalition.path("/measures");
            coalition.backbone.post(&path, residents).send().await.expect(201);
            let before = app.snapshot();
            let wrong = json!(["NOTHING", "ATT_PER_PROGRAM", "RESIDENTS", "VISITS", "visits"]);
            assert_eq!(
                expect(&coalition, wrong).await.expect(422).issues(),
                [
                    "/expected_measures/0 unknown_measure",
                    "/expected_measures/1 not_reported",
                    "/expected_measures/2 not_in_this_scope",
                    "/expected_measures/4 repeated_measure",
                ]
            );
            for client in [&coalition.observer, &coalition.backbone] {
                let patch = json!({"expected_measures": ["VISITS"]});
                let request = coalition.backbone.patch(&place(&coalition, client, ""), patch);
                assert_eq!(
                    request.send().await.expect(422).issues(),
                    ["/expected_measures not_a_partner"]
                );
            }
            before.assert_same(&app.snapshot(), "refused choices");
        });
    }

    #[test]
    fn are_chosen_with_the_invitation_and_asked_for_by_the_template() {
        run_in_coalition(async |app: TestApp, coalition| {
            let pool = app.organization("riverside-pool").await;
            let new = json!({"organization": "riverside-pool", "expected_measures": ["VISITS"]});
            let made = invite(&coalition, new).await.expect(201);
            assert_eq!(made.json()["expected_measures"], json!(["VISITS"]));
            coalition.answer(&pool, "accept").await;
            let template = coalition.path("/template.csv?period=2025");
            let text = pool.get(&template).send().await.expect(200).text();
            assert!(text.contains("VISITS") && !text.contains("PROGRAMS"), "{text}");
        });
    }
}

mod create {
    use super::*;

    #[test]
    fn invites_a_registered_organization() {
        run_in_coalition(async |app: TestApp, coalition| {
            let ben = app.organization("Riverside-Pool").await;
            let answer = invite(
                &coalition,
                json!({"organization": "riverside-pool", "role": "observer", "engagement_level": "networking",
                       "member_from": "2025-07-01", "attributes": {"region": "east"}}),
            )
            .await
            .expect(201);
            let location = "/v1/coalitions/teens-thrive/partners/Riverside-Pool";
            assert_eq!(answer.header("location"), Some(location));
            assert_eq!(
                answer.json(),
                json!({"organization": "Riverside-Pool", "name": "The Riverside-Pool", "role": "observer",
                       "state": "invited", "engagement_level": "networking", "engagement_since": "2026-03-02",
                       "member_from": "2025-07-01", "member_until": null, "expected_measures": null,
                       "attributes": {"region": "east"},
                       "invited_at": answer.json()["invited_at"], "joined_at": null, "left_at": null})
            );
            let found = coalition.backbone.get(location).send().await.expect(200);
            assert_eq!(found.etag(), answer.etag());
            ben.get(&coalition.path("/partners")).send().await.expect(403);
        });
    }

    #[test]
    fn brings_in_an_organization_that_is_claimed_later() {
        run_in_coalition(async |app: TestApp, coalition| {
            let new = json!({"new_organization": {"code": "youth-choir", "name": "Youth Choir"}});
            let answer = invite(&coalition, new.clone()).await.expect(201);
            let mut made = answer.json();
            let token = made
                .as_object_mut()
                .and_then(|fields| fields.remove("claim_token"))
                .expect("a claim token");
            assert_eq!(
                (&made["state"], &made["role"]),
                (&json!("active"), &json!("partner"))
            );
            let found = coalition
                .backbone
                .get(&coalition.path("/partners/youth-choir"))
                .send()
                .await
                .expect(200);
            assert_eq!((found.json(), found.etag()), (made, answer.etag()));
            assert_eq!(invite(&coalition, new).await.expect(409).code(), "code_taken");

            app.advance(89 * 24 * 3_600);
            let claim = json!({"token": token, "name": "Cleo", "email": "cleo@choir.example",
                               "password": crate::support::PASSWORD});
            app.anonymous()
                .post("/v1/invitations/accept", claim.clone())
                .send()
                .await
                .expect(200);
            let cleo = app.sign_in("cleo@choir.example").await;
            let mine = cleo.get("/v1/coalitions").send().await.expect(200).data();
            assert_eq!(mine[0]["state"], "active");
            let again = app.anonymous().post("/v1/invitations/accept", claim).send().await;
            assert!(again.status >= 400, "a claim serves once");
        });
    }

    #[test]
    fn refuses_who_is_unknown_or_there_already() {
        run_in_coalition(async |app: TestApp, coalition| {
            let before = app.snapshot();
            let answer = invite(&coalition, json!({"organization": "nobody"}))
                .await
                .expect(422);
            assert_eq!(answer.issues(), ["/organization unknown_organization"]);
            for (client, code) in [
                (&coalition.partner, "already_active"),
                (&coalition.backbone, "already_active"),
                (&coalition.invited, "already_invited"),
            ] {
                let new = json!({"organization": client.organization()});
                assert_eq!(invite(&coalition, new).await.expect(409).code(), code);
            }
            before.assert_same(&app.snapshot(), "refused invitations");
        });
    }

    #[test]
    fn names_what_is_wrong() {
        run_in_coalition(async |app: TestApp, coalition| {
            app.organization("riverside-pool").await;
            let wrong = async |more: Value| {
                let mut new = json!({"organization": "riverside-pool"});
                new.as_object_mut()
                    .expect("an object")
                    .extend(more.as_object().expect("an object").clone());
                let path = coalition.path("/partners");
                coalition
                    .backbone
                    .post(&path, new)
                    .off_contract("wrong on purpose")
                    .send()
                    .await
            };
            let both = wrong(json!({"new_organization": {"code": "x", "name": "X"}})).await;
            assert_eq!(both.expect(422).issues(), [" required"]);
            let role = wrong(json!({"role": "backbone"})).await;
            assert_eq!(role.expect(422).issues(), ["/role backbone_role"]);
            let role = wrong(json!({"role": "emperor"})).await;
            assert_eq!(role.expect(400).issues(), ["/role unknown_value"]);
            let since = wrong(json!({"engagement_since": "2026-02-30"})).await;
            assert_eq!(
                since.expect(422).issues(),
                ["/engagement_level required", "/engagement_since invalid_date"]
            );
            let dates = wrong(json!({"member_from": "2026-01-02", "member_until": "2026-01-01"})).await;
            assert_eq!(dates.expect(422).issues(), ["/member_until dates_out_of_order"]);
            let attributes = wrong(json!({"attributes": {"Region": "x", "value": "y", "zone": ""}})).await;
            assert_eq!(
                attributes.expect(422).issues(),
                [
                    "/attributes/Region invalid_column_name",
                    "/attributes/value reserved_name",
                    "/attributes/zone invalid_text"
                ]
            );
        });
    }

    #[test]
    fn takes_an_admin_of_the_backbone() {
        run_in_coalition(async |app: TestApp, coalition| {
            app.organization("riverside-pool").await;
            let (path, new) = (
                coalition.path("/partners"),
                json!({"organization": "riverside-pool"}),
            );
            let editor = coalition.backbone.editor().await;
            for client in [
                &coalition.partner,
                &coalition.observer,
                &coalition.invited,
                &editor,
            ] {
                client.post(&path, new.clone()).send().await.expect(403);
            }
            coalition.former.post(&path, new).send().await.expect(404);
        });
    }
}

mod list {
    use super::*;

    async fn codes(client: &Client, path: &str) -> Vec<String> {
        let data = client.get(path).send().await.expect(200).data();
        data.iter()
            .map(|row| format!("{} {}", row["organization"], row["state"]).replace('"', ""))
            .collect()
    }

    #[test]
    fn shows_the_backbone_everybody_and_others_who_is_active() {
        run_in_coalition(async |_, coalition| {
            let active = [
                "riverside-college active",
                "riverside-high active",
                "riverside-library active",
                "riverside-youth-club active",
            ];
            let path = coalition.path("/partners");
            assert_eq!(codes(&coalition.observer, &path).await, active);
            assert_eq!(
                codes(&coalition.backbone, &format!("{path}?state=active")).await,
                active
            );
            assert_eq!(codes(&coalition.backbone, &path).await.len(), 6);
            assert_eq!(
                codes(&coalition.backbone, &format!("{path}?state=left")).await,
                ["riverside-clinic left"]
            );
            assert!(
                codes(&coalition.partner, &format!("{path}?state=invited"))
                    .await
                    .is_empty()
            );
            let museum = place(&coalition, &coalition.invited, "");
            coalition.partner.get(&museum).send().await.expect(404);
            coalition.backbone.get(&museum).send().await.expect(200);
            coalition.invited.get(&path).send().await.expect(403);
            coalition.former.get(&path).send().await.expect(404);
        });
    }

    #[test]
    fn pages_in_either_format() {
        run_in_coalition(async |_, coalition| {
            let path = coalition.path("/partners?limit=3");
            let first = coalition.backbone.get(&path).send().await.expect(200);
            let cursor = first.json()["next_cursor"]
                .as_str()
                .expect("a next page")
                .to_owned();
            let second = codes(&coalition.backbone, &format!("{path}&cursor={cursor}")).await;
            assert_eq!(second.len(), 3);
            let csv = coalition
                .backbone
                .get(&format!("{path}&format=csv"))
                .send()
                .await
                .expect(200);
            let link = csv.header("link").expect("a link to the next page").to_owned();
            assert!(link.contains("format=csv") && link.contains(&cursor), "{link}");
        });
    }

    #[test]
    fn writes_attributes_as_columns() {
        run_in_coalition(async |_, coalition| {
            let patch = json!({"attributes": {"region": "north", "sector": "=SUM(A1)"}});
            coalition
                .backbone
                .patch(&place(&coalition, &coalition.partner, ""), patch)
                .send()
                .await
                .expect(200);
            let path = coalition.path("/partners");
            let answer = coalition
                .partner
                .get(&path)
                .accept("text/csv")
                .send()
                .await
                .expect(200);
            assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
            let text = answer.text();
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(
                lines[0],
                "organization,name,role,state,engagement_level,engagement_since,member_from,member_until,\
                 invited_at,joined_at,left_at,partner_region,partner_sector"
            );
            assert!(
                lines[2].starts_with(
                    "riverside-high,The riverside-high,partner,active,cooperating,2026-03-02,,,"
                )
            );
            assert!(lines[2].ends_with(",north,'=SUM(A1)"), "{}", lines[2]);
            assert!(lines[3].ends_with(",_,_"), "{}", lines[3]);
            coalition
                .partner
                .get(&path)
                .accept("image/png")
                .send()
                .await
                .expect(406);
        });
    }
}

mod update {
    use super::*;

    #[test]
    fn keeps_the_levels_with_their_dates() {
        run_in_coalition(async |app: TestApp, coalition| {
            let path = place(&coalition, &coalition.partner, "");
            let change = async |level: &str, since: Option<&str>| {
                let mut patch = json!({"engagement_level": level});
                if let Some(since) = since {
                    patch["engagement_since"] = since.into();
                }
                coalition
                    .backbone
                    .patch(&path, patch)
                    .send()
                    .await
                    .expect(200)
                    .json()
            };
            change("networking", Some("2024-09-01")).await;
            let today = change("embedded", None).await;
            assert_eq!(
                (&today["engagement_level"], &today["engagement_since"]),
                (&json!("embedded"), &json!("2026-03-02"))
            );
            let later = change("informing", Some("2026-04-01")).await;
            assert_eq!(later["engagement_level"], "embedded");
            let levels = coalition
                .observer
                .get(&format!("{path}/levels"))
                .send()
                .await
                .expect(200)
                .data();
            assert_eq!(
                levels,
                [
                    json!({"level": "networking", "starts_on": "2024-09-01"}),
                    json!({"level": "embedded", "starts_on": "2026-03-02"}),
                    json!({"level": "informing", "starts_on": "2026-04-01"}),
                ]
            );
            app.advance(30 * 24 * 3_600);
            let ana = app.sign_in(coalition.backbone.email()).await;
            let then = ana.get(&path).send().await.expect(200).json();
            assert_eq!(
                (&then["engagement_level"], &then["engagement_since"]),
                (&json!("informing"), &json!("2026-04-01"))
            );
            let page = ana
                .get(&format!("{path}/levels?limit=2"))
                .send()
                .await
                .expect(200)
                .json();
            let cursor = page["next_cursor"].as_str().expect("a next page");
            let rest = ana
                .get(&format!("{path}/levels?limit=2&cursor={cursor}"))
                .send()
                .await
                .expect(200)
                .data();
            assert_eq!(rest.len(), 1);
        });
    }

    #[test]
    fn changes_dates_and_attributes() {
        run_in_coalition(async |app: TestApp, coalition| {
            let path = place(&coalition, &coalition.partner, "");
            let patch = json!({"member_from": "2020-01-01", "member_until": "2030-12-31", "attributes": {"sector": "school"}});
            let first = coalition.backbone.patch(&path, patch).send().await.expect(200);
            assert_eq!(first.json()["attributes"], json!({"sector": "school"}));
            let patch = json!({"member_until": null});
            let second = coalition
                .backbone
                .patch(&path, patch)
                .if_match(&first.etag())
                .send()
                .await
                .expect(200)
                .json();
            assert_eq!(
                (&second["member_from"], &second["member_until"]),
                (&json!("2020-01-01"), &Value::Null)
            );
            let before = app.snapshot();
            let answer = coalition
                .backbone
                .patch(&path, json!({"member_until": "2019-12-31"}))
                .send()
                .await;
            assert_eq!(answer.expect(422).issues(), ["/member_until dates_out_of_order"]);
            let answer = coalition
                .backbone
                .patch(&path, json!({"attributes": {}}))
                .if_match(&first.etag())
                .send()
                .await;
            answer.expect(412);
            before.assert_same(&app.snapshot(), "refused changes");
        });
    }

    #[test]
    fn the_backbone_stays_the_backbone() {
        run_in_coalition(async |_, coalition| {
            let role = |role: &str| json!({"role": role});
            let backbone = place(&coalition, &coalition.backbone, "");
            let answer = coalition.backbone.patch(&backbone, role("observer")).send().await;
            assert_eq!(answer.expect(409).code(), "backbone_stays");
            coalition
                .backbone
                .patch(&backbone, role("backbone"))
                .send()
                .await
                .expect(200);
            let partner = place(&coalition, &coalition.partner, "");
            let answer = coalition.backbone.patch(&partner, role("backbone")).send().await;
            assert_eq!(answer.expect(422).issues(), ["/role backbone_role"]);
            let answer = coalition.backbone.delete(&backbone).send().await;
            assert_eq!(answer.expect(409).code(), "backbone_stays");
            let answer = coalition
                .backbone
                .post(&format!("{backbone}/leave"), json!({}))
                .send()
                .await;
            assert_eq!(answer.expect(409).code(), "backbone_stays");
        });
    }

    #[test]
    fn who_is_not_there_comes_before_what_is_wrong() {
        run_in_coalition(async |_, coalition| {
            let path = coalition.path("/partners/nobody");
            let patch = coalition
                .backbone
                .patch(&path, json!({"colour": 1}))
                .off_contract("a field too many");
            patch.send().await.expect(404);
            coalition.backbone.delete(&path).send().await.expect(404);
            coalition
                .backbone
                .get(&format!("{path}/levels"))
                .send()
                .await
                .expect(404);
            let patch = json!({"engagement_level": "embedded"});
            coalition
                .partner
                .patch(&place(&coalition, &coalition.partner, ""), patch)
                .send()
                .await
                .expect(403);
        });
    }
}

mod answer {
    use super::*;

    #[test]
    fn accepts_once() {
        run_in_coalition(async |_, coalition| {
            let accept = place(&coalition, &coalition.invited, "/accept");
            let accepted = coalition
                .invited
                .request("POST", &accept)
                .send()
                .await
                .expect(200);
            assert_eq!(accepted.json()["state"], "active");
            assert_ne!(accepted.json()["joined_at"], Value::Null);
            let found = coalition
                .invited
                .get(&place(&coalition, &coalition.invited, ""))
                .send()
                .await
                .expect(200);
            assert_eq!(found.etag(), accepted.etag());
            let again = coalition.invited.post(&accept, json!({})).send().await;
            assert_eq!(again.expect(409).code(), "not_invited");
        });
    }

    #[test]
    fn declines_and_may_be_invited_again() {
        run_in_coalition(async |app: TestApp, coalition| {
            let decline = place(&coalition, &coalition.invited, "/decline");
            let declined = coalition
                .invited
                .post(&decline, json!({}))
                .send()
                .await
                .expect(200)
                .json();
            assert_eq!(declined["state"], "declined");
            coalition
                .invited
                .get(&coalition.path(""))
                .send()
                .await
                .expect(404);
            coalition
                .invited
                .post(&decline, json!({}))
                .send()
                .await
                .expect(404);
            let path = place(&coalition, &coalition.invited, "");
            let answer = coalition.backbone.delete(&path).send().await;
            assert_eq!(answer.expect(409).code(), "already_declined");
            app.advance(60);
            let new = json!({"organization": coalition.invited.organization(), "role": "observer"});
            let again = invite(&coalition, new).await.expect(201).json();
            assert_eq!(
                (&again["state"], &again["role"]),
                (&json!("invited"), &json!("observer"))
            );
            assert_eq!(again["attributes"], json!({}));
            coalition.answer(&coalition.invited, "accept").await;
        });
    }

    #[test]
    fn speaks_for_itself_alone() {
        run_in_coalition(async |app: TestApp, coalition| {
            let before = app.snapshot();
            for verb in ["accept", "decline"] {
                let path = place(&coalition, &coalition.invited, &format!("/{verb}"));
                coalition.backbone.post(&path, json!({})).send().await.expect(403);
                coalition.partner.post(&path, json!({})).send().await.expect(403);
                coalition.former.post(&path, json!({})).send().await.expect(404);
                let wrong = coalition
                    .partner
                    .post(&path, json!({"a": 1}))
                    .off_contract("a body")
                    .send()
                    .await;
                wrong.expect(403);
                let wrong = coalition
                    .invited
                    .post(&path, json!({"a": 1}))
                    .off_contract("a body")
                    .send()
                    .await;
                assert_eq!(wrong.expect(400).issues(), ["/a unknown_field"]);
                let editor = json!({});
                let path = place(&coalition, &coalition.partner, &format!("/{verb}"));
                coalition.invited.post(&path, editor).send().await.expect(403);
            }
            let path = place(&coalition, &coalition.partner, "/leave");
            coalition.second.post(&path, json!({})).send().await.expect(403);
            coalition.invited.post(&path, json!({})).send().await.expect(403);
            before.assert_same(&app.snapshot(), "speaking for others");
            let editor = coalition.partner.editor().await;
            editor.post(&path, json!({})).send().await.expect(403);
        });
    }
}

mod leave {
    use super::*;

    #[test]
    fn ends_the_membership_today() {
        run_in_coalition(async |_, coalition| {
            let path = place(&coalition, &coalition.partner, "");
            let left = coalition
                .partner
                .post(&format!("{path}/leave"), json!({}))
                .send()
                .await
                .expect(200)
                .json();
            assert_eq!(
                (&left["state"], &left["member_until"]),
                (&json!("left"), &json!("2026-03-02"))
            );
            assert_ne!(left["left_at"], Value::Null);
            coalition
                .partner
                .get(&coalition.path(""))
                .send()
                .await
                .expect(404);
            coalition.partner.get(&path).send().await.expect(404);
            let answer = coalition.backbone.delete(&path).send().await;
            assert_eq!(answer.expect(409).code(), "already_left");
            let answer = coalition
                .backbone
                .patch(&path, json!({"member_until": null}))
                .send()
                .await;
            assert_eq!(answer.expect(422).issues(), ["/member_until required"]);
        });
    }

    #[test]
    fn keeps_an_earlier_last_day() {
        run_in_coalition(async |_, coalition| {
            let path = place(&coalition, &coalition.partner, "");
            let patch = json!({"member_until": "2025-12-31"});
            coalition.backbone.patch(&path, patch).send().await.expect(200);
            let left = coalition
                .partner
                .post(&format!("{path}/leave"), json!({}))
                .send()
                .await
                .expect(200)
                .json();
            assert_eq!(left["member_until"], "2025-12-31");
        });
    }

    #[test]
    fn one_that_comes_back_is_a_member_without_end() {
        run_in_coalition(async |app: TestApp, coalition| {
            app.advance(24 * 3_600);
            let ana = app.sign_in(coalition.backbone.email()).await;
            let new = json!({"organization": coalition.former.organization()});
            let invited = ana
                .post(&coalition.path("/partners"), new)
                .send()
                .await
                .expect(201)
                .json();
            assert_eq!(
                (&invited["state"], &invited["member_until"]),
                (&json!("invited"), &json!("2026-03-02"))
            );
            assert_eq!(invited["attributes"], json!({"region": "south"}));
            let former = app.sign_in(coalition.former.email()).await;
            let accept = place(&coalition, &coalition.former, "/accept");
            let back = former.post(&accept, json!({})).send().await.expect(200).json();
            assert_eq!(
                (&back["member_until"], &back["left_at"]),
                (&Value::Null, &Value::Null)
            );
        });
    }

    #[test]
    fn is_the_same_when_the_backbone_removes_it() {
        run_in_coalition(async |_, coalition| {
            for client in [&coalition.partner, &coalition.invited] {
                let path = place(&coalition, client, "");
                let tag = coalition.backbone.get(&path).send().await.expect(200).etag();
                coalition
                    .backbone
                    .delete(&path)
                    .if_match("\"stale\"")
                    .send()
                    .await
                    .expect(412);
                coalition
                    .backbone
                    .delete(&path)
                    .if_match(&tag)
                    .send()
                    .await
                    .expect(204);
                client.get(&coalition.path("")).send().await.expect(404);
                let left = coalition.backbone.get(&path).send().await.expect(200).json();
                assert_eq!(left["state"], "left");
            }
        });
    }
}

mod coverage {
    use super::*;

    /// `contributors/expected` of PROGRAMS in 2025.
    async fn programs(coalition: &Coalition) -> String {
        let path = coalition.path("/aggregates?measure=PROGRAMS&period=2025");
        let rows = coalition.backbone.get(&path).send().await.expect(200).data();
        format!("{}/{}", rows[0]["contributors"], rows[0]["expected"])
    }

    async fn change(coalition: &Coalition, client: &Client, patch: Value) {
        coalition
            .backbone
            .patch(&place(coalition, client, ""), patch)
            .send()
            .await
            .expect(200);
    }

    #[test]
    fn follows_roles_and_dates() {
        run_in_coalition(async |_, coalition| {
            // The high school and the youth club reported; the clinic, which has left since, did not.
            assert_eq!(programs(&coalition).await, "2/3");
            change(&coalition, &coalition.partner, json!({"role": "observer"})).await;
            assert_eq!(
                programs(&coalition).await,
                "2/3",
                "an outsider who reported is expected too"
            );
            change(
                &coalition,
                &coalition.former,
                json!({"member_from": "2026-01-01"}),
            )
            .await;
            assert_eq!(programs(&coalition).await, "2/2");
            change(
                &coalition,
                &coalition.second,
                json!({"member_until": "2024-12-31"}),
            )
            .await;
            assert_eq!(programs(&coalition).await, "2/2");
            change(&coalition, &coalition.partner, json!({"role": "partner"})).await;
            assert_eq!(programs(&coalition).await, "2/2");
        });
    }

    #[test]
    fn forgets_what_is_not_applicable_to_who_is_no_member() {
        run_in_coalition(async |_, coalition| {
            let answer = json!({"observations": [
                {"measure": "PROGRAMS", "period": "2025", "missing": "not_applicable"},
                {"measure": "PROGRAMS", "period": "2025", "cell": {"age_group": "young_adult"}, "value": null}]});
            coalition
                .second
                .post(&coalition.path("/observations"), answer)
                .send()
                .await
                .expect(201);
            assert_eq!(programs(&coalition).await, "1/2");
            change(
                &coalition,
                &coalition.second,
                json!({"member_until": "2024-12-31"}),
            )
            .await;
            assert_eq!(
                programs(&coalition).await,
                "1/2",
                "it is neither expected nor excused"
            );
            change(&coalition, &coalition.second, json!({"member_until": null})).await;
            assert_eq!(programs(&coalition).await, "1/2");
        });
    }

    #[test]
    fn counts_who_accepts_for_all_time() {
        run_in_coalition(async |_, coalition| {
            coalition.answer(&coalition.invited, "accept").await;
            assert_eq!(programs(&coalition).await, "2/4");
            coalition.answer(&coalition.second, "leave").await;
            assert_eq!(programs(&coalition).await, "2/4");
        });
    }
}

#[test]
fn keys_are_kept_out() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        ana.post("/v1/coalitions", json!({"code": "teens", "name": "Teens"}))
            .send()
            .await
            .expect(201);
        let key = ana.key(&["schema:read", "aggregates:read"], Some("teens")).await;
        key.get("/v1/coalitions/teens/partners").send().await.expect(403);
        key.get("/v1/coalitions").send().await.expect(403);
        key.get("/v1/coalitions/teens").send().await.expect(403);
    });
}
