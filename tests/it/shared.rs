//! What a share link opens, in each way to follow it, and where it ends.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Client, Coalition, TestApp, run_in_coalition};

/// A link, followed by its address.
struct Link {
    nobody: Client,
    secret: String,
    id: String,
}

impl Link {
    async fn new(app: &TestApp, coalition: &Coalition, new: Value) -> Self {
        let made = coalition.share(new).await;
        Self {
            nobody: app.anonymous(),
            secret: made["secret"].as_str().unwrap().to_owned(),
            id: made["id"].as_str().unwrap().to_owned(),
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/shared/{}{rest}", self.secret)
    }

    async fn json(&self, rest: &str) -> Value {
        self.nobody.get(&self.path(rest)).send().await.expect(200).json()
    }

    async fn status(&self, rest: &str) -> u16 {
        self.nobody.get(&self.path(rest)).send().await.status
    }

    fn as_bearer(&self) -> Client {
        self.nobody.with_authorization(&format!("Bearer {}", self.secret))
    }

    fn as_basic(&self) -> Client {
        let words = STANDARD.encode(format!("dashboard:{}", self.secret));
        self.nobody.with_authorization(&format!("Basic {words}"))
    }
}

fn partners() -> Value {
    json!({"name": "a dashboard", "audience": "partners"})
}

fn public() -> Value {
    json!({"name": "the town's website", "audience": "public"})
}

fn only(audience: &str, measures: &[&str]) -> Value {
    json!({"name": "some measures", "audience": audience, "measures": measures})
}

fn codes(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap();
    items.iter().map(|item| item["code"].as_str().unwrap()).collect()
}

async fn protect(coalition: &Coalition, measure: &str) {
    let path = coalition.path(&format!("/measures/{measure}"));
    let patch = json!({"disclosure": "protected"});
    coalition.backbone.patch(&path, patch).send().await.expect(200);
}

#[test]
fn the_same_figures_in_each_way() {
    run_in_coalition(async |app, coalition| {
        let link = Link::new(&app, &coalition, partners()).await;
        let rest = "/aggregates?measure=PROGRAMS,ATT_PER_PROGRAM&by=age_group";
        let path = coalition.path(rest);
        let seen = coalition.observer.get(&path).send().await.expect(200).json();
        assert_eq!(link.json(rest).await, seen);
        for client in [link.as_bearer(), link.as_basic()] {
            assert_eq!(client.get(&path).send().await.expect(200).json(), seen);
        }
        let upper = path.replace("teens-thrive", "TEENS-Thrive");
        link.as_bearer().get(&upper).send().await.expect(200);
        let csv = link.nobody.get(&link.path("/aggregates?format=csv"));
        assert!(
            csv.send()
                .await
                .expect(200)
                .text()
                .starts_with("\"measure\",\"period\"")
        );
        let progress = "/goals/teens-belong/progress";
        let seen = coalition.observer.get(&coalition.path(progress)).send().await;
        assert_eq!(link.json(progress).await, seen.expect(200).json());
        app.advance(60);
        let as_of = "/aggregates?as_of=2026-03-02T09:30:30Z&measure=VISITS";
        assert_eq!(link.json(as_of).await["data"][0]["value"], 27_000);
    });
}

#[test]
fn it_tells_what_there_is_to_ask_for() {
    run_in_coalition(async |app, coalition| {
        let link = Link::new(&app, &coalition, partners()).await;
        let shared = link.json("").await;
        assert_eq!(
            (&shared["coalition"], &shared["name"]),
            (&json!("teens-thrive"), &json!("Teens Thrive"))
        );
        assert_eq!(shared["expires_at"], "2027-03-02T09:30:00.000000Z");
        assert_eq!(
            codes(&shared["measures"]),
            ["PROGRAMS", "ATTENDANCE", "VISITS", "ATT_PER_PROGRAM"]
        );
        assert_eq!(shared["measures"][0]["dimensions"], json!(["age_group"]));
        assert_eq!(codes(&shared["dimensions"]), ["age_group"]);
        assert_eq!(
            codes(&shared["dimensions"][0]["codes"]),
            ["children", "young_adult", "_"]
        );
        assert_eq!(codes(&shared["goals"]), ["quiet-rooms", "teens-belong"]);
    });
}

#[test]
fn what_is_not_shared_is_as_if_it_were_not_there() {
    run_in_coalition(async |app, coalition| {
        let wing = json!({"code": "wing", "name": "Wing", "codes": [{"code": "east", "name": "East"}]});
        let path = coalition.path("/dimensions");
        coalition.backbone.post(&path, wing).send().await.expect(201);
        let dimensions = json!({"dimensions": ["age_group", "wing"]});
        let path = coalition.path("/measures/VISITS");
        coalition
            .backbone
            .patch(&path, dimensions)
            .send()
            .await
            .expect(200);

        let link = Link::new(&app, &coalition, only("partners", &["PROGRAMS"])).await;
        let shared = link.json("").await;
        assert_eq!(codes(&shared["measures"]), ["PROGRAMS"]);
        assert_eq!(codes(&shared["dimensions"]), ["age_group"]);
        assert_eq!(codes(&shared["goals"]), ["teens-belong"]);
        let rows = link.json("/aggregates").await;
        for row in rows["data"].as_array().unwrap() {
            assert_eq!(row["measure"], "PROGRAMS");
        }
        for (there, never) in [
            ("measure=VISITS", "measure=VISITZ"),
            (
                "measure=PROGRAMS,ATT_PER_PROGRAM",
                "measure=PROGRAMS,ATT_PER_PROGRAN",
            ),
            ("by=wing", "by=wind"),
            ("cell=wing:east", "cell=wind:east"),
        ] {
            let told = async |query: &str| {
                let request = link.nobody.get(&link.path(&format!("/aggregates?{query}")));
                request.send().await.expect(422).text()
            };
            let never = told(never).await;
            let never = never.replace("VISITZ", "VISITS").replace("PROGRAN", "PROGRAM");
            assert_eq!(told(there).await, never.replace("wind", "wing"));
        }
        assert_eq!(link.status("/goals/quiet-rooms/progress").await, 404);
        assert_eq!(link.status("/goals/no-such-goal/progress").await, 404);
    });
}

#[test]
fn a_goal_shows_the_measures_that_are_shared() {
    run_in_coalition(async |app, coalition| {
        let goal = json!({"code": "busy", "statement": "Full houses",
            "measures": [{"measure": "VISITS"}, {"measure": "PROGRAMS", "headline": true}]});
        let path = coalition.path("/goals");
        coalition.backbone.post(&path, goal).send().await.expect(201);
        let link = Link::new(&app, &coalition, only("partners", &["VISITS"])).await;
        let progress = link.json("/goals/busy/progress").await;
        let measures = progress["measures"].as_array().unwrap();
        assert_eq!(measures.len(), 1);
        assert_eq!(measures[0]["measure"], "VISITS");
        let shared = link.json("").await;
        assert_eq!(codes(&shared["goals"]), ["busy"]);
        assert_eq!(
            shared["goals"][0]["measures"],
            json!([{"measure": "VISITS", "cell": {}, "headline": false}])
        );
        assert_eq!(link.status("/goals/teens-belong/progress").await, 404);
    });
}

#[test]
fn a_shared_ratio_is_made_of_its_sides() {
    run_in_coalition(async |app, coalition| {
        let figures = json!({"observations": [{"measure": "PROGRAMS", "period": "2025", "value": 10},
                                              {"measure": "ATTENDANCE", "period": "2025", "value": 60}]});
        let path = coalition.path("/observations");
        coalition.backbone.post(&path, figures).send().await.expect(201);
        let link = Link::new(&app, &coalition, only("partners", &["ATT_PER_PROGRAM"])).await;
        let rows = link.json("/aggregates?period=2025").await;
        let row = &rows["data"][0];
        assert_eq!(
            (&row["value"], &row["numerator"], &row["denominator"]),
            (&json!(16.5), &json!(660), &json!(40))
        );
        assert_eq!(link.status("/aggregates?measure=ATTENDANCE").await, 422);
        assert_eq!(link.status("/aggregates?by=age_group").await, 200);
    });
}

#[test]
fn the_public_sees_what_is_open_and_what_was_named_for_it() {
    run_in_coalition(async |app, coalition| {
        let all = Link::new(&app, &coalition, public()).await;
        let named = Link::new(&app, &coalition, only("public", &["VISITS", "PROGRAMS"])).await;
        let seen = all.json("").await;
        let open = ["PROGRAMS", "ATTENDANCE", "VISITS"];
        assert_eq!(
            codes(&seen["measures"]),
            open,
            "the rate of attendance is protected"
        );
        assert_eq!(codes(&seen["goals"]), ["teens-belong"], "one is only proposed");
        assert_eq!(all.status("/goals/quiet-rooms/progress").await, 404);

        protect(&coalition, "VISITS").await;
        protect(&coalition, "ATTENDANCE").await;
        assert_eq!(codes(&all.json("").await["measures"]), ["PROGRAMS"]);
        assert_eq!(all.status("/aggregates?measure=VISITS").await, 422);
        assert_eq!(codes(&named.json("").await["measures"]), ["PROGRAMS", "VISITS"]);
        // Two organizations have answered: too few to tell.
        let visits = named.json("/aggregates?measure=VISITS").await["data"][0].clone();
        assert_eq!(
            (&visits["value"], &visits["status"]),
            (&Value::Null, &json!("suppressed"))
        );
        let figures = json!({"observations": [{"measure": "VISITS", "period": "2025", "value": 5_000}]});
        let path = coalition.path("/observations");
        coalition.backbone.post(&path, figures).send().await.expect(201);
        let visits = named.json("/aggregates?measure=VISITS").await["data"][0].clone();
        assert_eq!(
            (&visits["value"], &visits["contributors"]),
            (&json!(32_000), &json!(3))
        );
    });
}

#[test]
fn odata_has_what_is_shared_and_nothing_else() {
    run_in_coalition(async |app, coalition| {
        let link = Link::new(&app, &coalition, only("partners", &["PROGRAMS"])).await;
        let path = |rest: &str| format!("/odata/{}/{rest}", coalition.code);
        let ask = async |rest: &str| link.as_basic().get(&path(rest)).send().await;
        let sets = ask("").await.expect(200).json();
        let names: Vec<&Value> = sets["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|set| &set["name"])
            .collect();
        assert_eq!(names, ["Aggregates", "Aggregates_by_age_group"]);
        let rows = ask("Aggregates").await.expect(200).json();
        let rows = rows["value"].as_array().unwrap();
        assert!(
            !rows.is_empty() && rows.iter().all(|row| row["measure"] == "PROGRAMS"),
            "{rows:?}"
        );
        assert!(!ask("$metadata").await.expect(200).text().contains("Observations"));
        assert_eq!(ask("Observations").await.status, 403);
    });
}

#[test]
fn it_never_tells_who_reported_what() {
    run_in_coalition(async |app, coalition| {
        let link = Link::new(&app, &coalition, partners()).await;
        for by in ["organization", "partner_region"] {
            assert_eq!(link.status(&format!("/aggregates?by={by}")).await, 403);
        }
        let colour = link.path("/aggregates?colour=red");
        let request = link.nobody.get(&colour).off_contract("an unknown parameter");
        request.send().await.expect(400);
        let colour = link.path("?colour=red");
        let request = link.nobody.get(&colour).off_contract("an unknown parameter");
        request.send().await.expect(400);
        let token = link.as_basic().request("POST", "/v1/oauth/token").body(
            "application/x-www-form-urlencoded",
            "grant_type=client_credentials",
        );
        token.send().await.expect(401);
    });
}

#[test]
fn a_revoked_link_ends_at_the_next_request() {
    run_in_coalition(async |app, coalition| {
        let link = Link::new(&app, &coalition, partners()).await;
        let other = Link::new(&app, &coalition, partners()).await;
        let rest = "/aggregates?measure=PROGRAMS";
        let kept = link.nobody.get(&link.path(rest)).send().await.expect(200).etag();
        let path = coalition.path(&format!("/share-links/{}", link.id));
        coalition.backbone.delete(&path).send().await.expect(204);
        let again = link.nobody.get(&link.path(rest));
        let gone = again.header("If-None-Match", &kept).send().await.expect(404);
        assert_eq!(gone.code(), "not_found");
        let detail = gone.problem()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("expired or was revoked"), "{detail}");
        let never = link.nobody.get("/v1/shared/cairn_share_never/aggregates");
        assert_eq!(never.send().await.expect(404).text(), gone.text());
        for client in [link.as_bearer(), link.as_basic()] {
            client.get(&coalition.path(rest)).send().await.expect(401);
        }
        assert_eq!(other.status(rest).await, 200);
    });
}

#[test]
fn an_expired_link_and_one_of_a_suspended_organization_end_too() {
    run_in_coalition(async |app, coalition| {
        let mut soon = partners();
        soon["expires_at"] = "2026-03-02T10:00:00Z".into();
        let soon = Link::new(&app, &coalition, soon).await;
        let later = Link::new(&app, &coalition, partners()).await;
        app.advance(1_799);
        assert_eq!(soon.status("").await, 200);
        app.advance(1);
        assert_eq!(soon.status("").await, 404);
        let path = coalition.path("/aggregates");
        soon.as_bearer().get(&path).send().await.expect(401);
        assert_eq!(later.status("").await, 200);
        let mut database = app.database().connect();
        database.execute("UPDATE organizations SET suspended_at = 1 WHERE code = 'riverside-library'");
        assert_eq!(later.status("").await, 404);
    });
}

#[test]
fn its_answers_have_tags_of_what_it_shows() {
    run_in_coalition(async |app, coalition| {
        let rest = "/aggregates?measure=PROGRAMS";
        let path = coalition.path(rest);
        let one = Link::new(&app, &coalition, partners()).await;
        let two = Link::new(&app, &coalition, only("partners", &["PROGRAMS"])).await;
        let mut tags = Vec::new();
        for client in [&coalition.observer, &one.as_bearer(), &two.as_bearer()] {
            tags.push(client.get(&path).send().await.expect(200).etag());
        }
        assert_eq!(tags[0], tags[1], "both see the same");
        assert_ne!(tags[1], tags[2]);
        for (link, rest) in [
            (&one, rest),
            (&two, rest),
            (&one, ""),
            (&one, "/goals/teens-belong/progress"),
        ] {
            let path = link.path(rest);
            let tag = link.nobody.get(&path).send().await.expect(200).etag();
            let again = link.nobody.get(&path).header("If-None-Match", &tag);
            again.send().await.expect(304);
        }
    });
}

#[test]
fn any_site_may_read_it_where_the_service_says_so() {
    run_in_coalition(async |app, coalition| {
        let link = Link::new(&app, &coalition, public()).await;
        let open = app.allowing("*").await;
        let from = async |path: &str| {
            let request = open
                .anonymous()
                .get(path)
                .header("Origin", "https://anywhere.example");
            let answer = request.send().await;
            answer.header("access-control-allow-origin").map(str::to_owned)
        };
        let told = from(&link.path("/aggregates")).await;
        assert_eq!(told.as_deref(), Some("https://anywhere.example"));
        assert_eq!(from(&coalition.path("/aggregates")).await, None);
    });
}
