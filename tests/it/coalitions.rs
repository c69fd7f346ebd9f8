//! Coalitions: starting, listing, reading and changing them.

use serde_json::json;

use crate::support::{TestApp, run, run_in_coalition};

const COALITIONS: &str = "/v1/coalitions";

mod create {
    use super::*;

    #[test]
    fn makes_the_callers_organization_its_backbone() {
        run(async |app| {
            let ana = app.organization("riverside").await;
            let new = json!({"code": "Teens-Thrive", "name": "Teens Thrive"});
            let answer = ana.post(COALITIONS, new).send().await.expect(201);
            assert_eq!(answer.header("location"), Some("/v1/coalitions/Teens-Thrive"));
            assert_eq!(
                answer.json(),
                json!({"code": "Teens-Thrive", "name": "Teens Thrive", "purpose": "", "fiscal_year_start_month": 1, "locked_through": null,
                       "role": "backbone", "state": "active",
                       "created_at": "2026-03-02T09:30:00.000000Z", "updated_at": "2026-03-02T09:30:00.000000Z"})
            );
            let found = ana.get("/v1/coalitions/teens-thrive").send().await.expect(200);
            assert_eq!((found.json(), found.etag()), (answer.json(), answer.etag()));
            let partners = ana
                .get("/v1/coalitions/teens-thrive/partners")
                .send()
                .await
                .expect(200)
                .data();
            assert_eq!(partners.len(), 1);
            assert_eq!(partners[0]["role"], "backbone");
        });
    }

    #[test]
    fn refuses_a_taken_code_whatever_its_case() {
        run(async |app| {
            let (ana, ben) = (
                app.organization("riverside").await,
                app.organization("hillside").await,
            );
            ana.post(COALITIONS, json!({"code": "teens", "name": "Teens"}))
                .send()
                .await
                .expect(201);
            let before = app.snapshot();
            let answer = ben
                .post(COALITIONS, json!({"code": "TEENS", "name": "Teens"}))
                .send()
                .await;
            assert_eq!(answer.expect(409).code(), "code_taken");
            before.assert_same(&app.snapshot(), "a refused coalition");
        });
    }

    #[test]
    fn names_what_is_wrong() {
        run(async |app| {
            let ana = app.organization("riverside").await;
            let new = json!({"code": "teens", "name": " ", "fiscal_year_start_month": 13});
            let answer = ana
                .post(COALITIONS, new)
                .off_contract("no name, no month")
                .send()
                .await
                .expect(422);
            assert_eq!(
                answer.issues(),
                ["/name invalid_text", "/fiscal_year_start_month invalid_value"]
            );
            let new = json!({"code": "teens", "name": "Teens", "role": "backbone"});
            let answer = ana
                .post(COALITIONS, new)
                .off_contract("a field of the server's")
                .send()
                .await
                .expect(400);
            assert_eq!(answer.issues(), ["/role unknown_field"]);
            let answer = ana
                .post(
                    COALITIONS,
                    json!({"code": "teens", "name": "Teens", "fiscal_year_start_month": null}),
                )
                .off_contract("a month of null")
                .send()
                .await
                .expect(400);
            assert_eq!(answer.issues(), ["/fiscal_year_start_month wrong_type"]);
        });
    }

    #[test]
    fn takes_an_admin() {
        run(async |app| {
            let editor = app.organization("riverside").await.editor().await;
            let new = json!({"code": "teens", "name": "Teens"});
            editor.post(COALITIONS, new.clone()).send().await.expect(403);
            app.anonymous().post(COALITIONS, new).send().await.expect(401);
        });
    }
}

mod list {
    use super::*;

    async fn codes(client: &crate::support::Client, query: &str) -> (Vec<String>, Option<String>) {
        let answer = client
            .get(&format!("{COALITIONS}{query}"))
            .send()
            .await
            .expect(200);
        let data = answer.data();
        let codes = data
            .iter()
            .map(|coalition| coalition["code"].as_str().unwrap_or_default().to_owned());
        (
            codes.collect(),
            answer.json()["next_cursor"].as_str().map(str::to_owned),
        )
    }

    #[test]
    fn pages_through_ones_own() {
        run(async |app| {
            let (ana, ben) = (
                app.organization("riverside").await,
                app.organization("hillside").await,
            );
            for code in ["b", "A", "c"] {
                ana.post(COALITIONS, json!({"code": code, "name": code}))
                    .send()
                    .await
                    .expect(201);
            }
            ben.post(COALITIONS, json!({"code": "d", "name": "d"}))
                .send()
                .await
                .expect(201);
            let (first, cursor) = codes(&ana, "?limit=2").await;
            assert_eq!(first, ["A", "b"]);
            let cursor = cursor.expect("a next page");
            assert_eq!(
                codes(&ana, &format!("?limit=2&cursor={cursor}")).await,
                (vec!["c".to_owned()], None)
            );
            assert_eq!(codes(&ben, "").await.0, ["d"]);
            let answer = ana
                .get(&format!("{COALITIONS}?limit=0"))
                .off_contract("no items")
                .send()
                .await;
            assert_eq!(answer.expect(422).issues(), ["?limit out_of_range"]);
            let answer = ana.get(&format!("{COALITIONS}?cursor=x")).send().await;
            assert_eq!(answer.expect(422).issues(), ["?cursor unknown_cursor"]);
        });
    }

    #[test]
    fn shows_where_one_is_invited_and_hides_where_one_has_left() {
        run_in_coalition(async |_, coalition| {
            let mine = coalition.invited.get(COALITIONS).send().await.expect(200).data();
            assert_eq!(mine[0]["state"], "invited");
            assert_eq!(mine[0]["purpose"], serde_json::Value::Null);
            assert!(codes(&coalition.former, "").await.0.is_empty());
            assert_eq!(codes(&coalition.observer, "").await.0, ["teens-thrive"]);
        });
    }
}

mod find {
    use super::*;

    #[test]
    fn tells_the_invited_its_name_and_their_invitation_alone() {
        run_in_coalition(async |_, coalition| {
            let answer = coalition
                .invited
                .get(&coalition.path(""))
                .send()
                .await
                .expect(200);
            assert_eq!(
                answer.json(),
                json!({"code": "teens-thrive", "name": "Teens Thrive", "purpose": null, "fiscal_year_start_month": null,
                       "locked_through": null, "role": "partner", "state": "invited", "created_at": null, "updated_at": null})
            );
            let answer = coalition
                .observer
                .get(&coalition.path(""))
                .send()
                .await
                .expect(200);
            assert_eq!(
                answer.json()["purpose"],
                "Every teen in town has a place to belong."
            );
            assert_eq!(answer.json()["role"], "observer");
        });
    }

    #[test]
    fn strangers_and_those_who_left_find_nothing() {
        run_in_coalition(async |app: TestApp, coalition| {
            coalition.former.get(&coalition.path("")).send().await.expect(404);
            app.organization("hillside")
                .await
                .get(&coalition.path(""))
                .send()
                .await
                .expect(404);
        });
    }
}

mod update {
    use super::*;

    #[test]
    fn changes_what_is_given() {
        run_in_coalition(async |app: TestApp, coalition| {
            let before = coalition
                .backbone
                .get(&coalition.path(""))
                .send()
                .await
                .expect(200);
            app.advance(60);
            let patch = json!({"name": "Riverside Teens"});
            let answer = coalition
                .backbone
                .patch(&coalition.path(""), patch.clone())
                .if_match(&before.etag())
                .send()
                .await;
            let after = answer.expect(200);
            assert_eq!(after.json()["name"], "Riverside Teens");
            assert_eq!(after.json()["purpose"], before.json()["purpose"]);
            assert_ne!(after.json()["updated_at"], before.json()["updated_at"]);
            let late = coalition
                .backbone
                .patch(&coalition.path(""), patch)
                .if_match(&before.etag())
                .send()
                .await;
            late.expect(412);
        });
    }

    #[test]
    fn the_fiscal_year_is_fixed_once_there_are_figures() {
        run_in_coalition(async |app: TestApp, coalition| {
            let month = json!({"fiscal_year_start_month": 9});
            let before = app.snapshot();
            let answer = coalition
                .backbone
                .patch(&coalition.path(""), month.clone())
                .send()
                .await;
            assert_eq!(answer.expect(409).code(), "fiscal_year_fixed");
            before.assert_same(&app.snapshot(), "a refused change");
            let same = json!({"fiscal_year_start_month": 7});
            coalition
                .backbone
                .patch(&coalition.path(""), same)
                .send()
                .await
                .expect(200);

            let fresh = json!({"code": "fresh", "name": "Fresh"});
            coalition
                .backbone
                .post(COALITIONS, fresh)
                .send()
                .await
                .expect(201);
            let answer = coalition
                .backbone
                .patch("/v1/coalitions/fresh", month)
                .send()
                .await
                .expect(200);
            assert_eq!(answer.json()["fiscal_year_start_month"], 9);
        });
    }

    #[test]
    fn the_fiscal_year_stays_where_a_ratio_needs_it() {
        run(async |app| {
            let ana = app.organization("riverside").await;
            let new = json!({"code": "teens", "name": "Teens", "fiscal_year_start_month": 7});
            ana.post(COALITIONS, new).send().await.expect(201);
            for (code, frequency) in [("QUARTERS", "quarter"), ("YEARS", "fiscal_year")] {
                let measure = json!({"code": code, "name": code, "unit": "things", "kind": "number", "decimals": 0,
                                     "aggregation": "sum", "direction": "up", "frequency": frequency});
                ana.post("/v1/coalitions/teens/measures", measure)
                    .send()
                    .await
                    .expect(201);
            }
            let ratio = json!({"code": "RATE", "name": "Rate", "unit": "things per thing", "kind": "ratio", "decimals": 1,
                               "direction": "up", "numerator": {"measure": "QUARTERS"}, "denominator": {"measure": "YEARS"}});
            ana.post("/v1/coalitions/teens/measures", ratio)
                .send()
                .await
                .expect(201);
            let month = |month: u8| json!({"fiscal_year_start_month": month});
            let answer = ana.patch("/v1/coalitions/teens", month(9)).send().await;
            assert_eq!(answer.expect(409).code(), "fiscal_year_fixed");
            ana.patch("/v1/coalitions/teens", month(10))
                .send()
                .await
                .expect(200);
        });
    }

    #[test]
    fn takes_an_admin_of_the_backbone() {
        run_in_coalition(async |_, coalition| {
            let patch = json!({"name": "Mine"});
            for client in [&coalition.partner, &coalition.observer, &coalition.invited] {
                client
                    .patch(&coalition.path(""), patch.clone())
                    .send()
                    .await
                    .expect(403);
            }
            let editor = coalition.backbone.editor().await;
            editor
                .patch(&coalition.path(""), patch.clone())
                .send()
                .await
                .expect(403);
            coalition
                .former
                .patch(&coalition.path(""), patch)
                .send()
                .await
                .expect(404);
        });
    }
}
