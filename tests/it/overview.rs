//! The coalition at a glance: that it agrees with what the single questions answer, and what each audience sees.

use serde_json::{Value, json};

use crate::support::{Client, Coalition, run_in_coalition};

async fn overview(client: &Client, coalition: &Coalition) -> Value {
    let path = coalition.path("/overview");
    client.get(&path).send().await.expect(200).json()
}

async fn report(client: &Client, coalition: &Coalition, observations: Value) {
    let path = coalition.path("/observations");
    let body = json!({"observations": observations});
    client.post(&path, body).send().await.expect(201);
}

async fn add_measure(coalition: &Coalition, changes: Value) {
    let mut new = json!({"code": "LOANS", "name": "Loans", "unit": "loans", "kind": "number", "decimals": 1,
        "aggregation": "sum", "direction": "up", "frequency": "month", "disclosure": "open"});
    for (name, value) in changes.as_object().expect("changes") {
        new[name] = value.clone();
    }
    let path = coalition.path("/measures");
    coalition.backbone.post(&path, new).send().await.expect(201);
}

fn latest<'a>(overview: &'a Value, measure: &str) -> &'a Value {
    let mut measures = overview["measures"].as_array().expect("measures").iter();
    measures
        .find(|row| row["measure"] == measure)
        .expect("the measure")
}

#[test]
fn has_everything_for_a_front_page() {
    run_in_coalition(async |_, coalition| {
        let seen = overview(&coalition.backbone, &coalition).await;
        let get = async |path: &str| {
            let path = coalition.path(path);
            coalition.backbone.get(&path).send().await.expect(200).json()
        };
        let progress = get("/goals/teens-belong/progress").await;
        let aggregates = get("/aggregates?measure=VISITS&period=2025").await;
        assert_eq!(
            [
                &seen["coalition"],
                &seen["name"],
                &seen["purpose"],
                &seen["revision"]
            ],
            [
                &json!("teens-thrive"),
                &json!("Teens Thrive"),
                &json!("Every teen in town has a place to belong."),
                &aggregates["meta"]["revision"]
            ]
        );
        // The proposed goal is none of the coalition's yet.
        assert_eq!(
            seen["goals"],
            json!([{"goal": "teens-belong",
                "statement": "Teens have places and people in town that support what they love",
                "population": "people aged 12 to 18", "place": "Town", "target_date": "2030-12-31",
                "measures": progress["measures"]}])
        );
        let codes: Vec<&Value> = seen["measures"]
            .as_array()
            .expect("measures")
            .iter()
            .map(|row| &row["measure"])
            .collect();
        assert_eq!(codes, ["PROGRAMS", "ATTENDANCE", "VISITS", "ATT_PER_PROGRAM"]);
        let row = &aggregates["data"][0];
        assert_eq!(
            latest(&seen, "VISITS"),
            &json!({"measure": "VISITS", "name": "Visits", "unit": "visits", "direction": "up", "previous": null,
                "change": null, "latest": {"period": "2025", "period_start": "2025-01-01", "period_end": "2025-12-31",
                    "value": row["value"], "contributors": 2, "estimated": 0, "expected": 3, "status": "provisional",
                    "break": false}})
        );
        assert_eq!(latest(&seen, "ATT_PER_PROGRAM")["latest"]["value"], 20);
        assert_eq!(
            seen["completeness"],
            json!({"of": "coalition", "periods": [{"period": "2025", "period_start": "2025-01-01",
                "period_end": "2025-12-31", "expected": 9, "reported": 6, "not_applicable": 0}]})
        );
        assert_eq!(
            seen["partners"],
            json!({"total": 4, "by_role": {"backbone": 1, "partner": 2, "observer": 1},
                "by_engagement_level": {"networking": 0, "cooperating": 3, "informing": 0, "collaborating": 0,
                    "coalition": 0, "embedded": 0, "collective_impact": 0},
                "without_engagement_level": 1})
        );
    });
}

#[test]
fn tells_how_figures_changed() {
    run_in_coalition(async |_, coalition| {
        add_measure(&coalition, json!({})).await;
        let figure = |month: &str, value: f64| json!({"measure": "LOANS", "period": month, "value": value});
        for client in [&coalition.partner, &coalition.second] {
            let figures = json!([figure("2025-12", 10.5), figure("2026-01", 8.0)]);
            report(client, &coalition, figures).await;
        }
        // One early reporter, and a month that has not ended.
        let early = json!([figure("2026-02", 99.0), figure("2026-03", 99.0)]);
        report(&coalition.partner, &coalition, early).await;
        let seen = overview(&coalition.observer, &coalition).await;
        let loans = latest(&seen, "LOANS");
        assert_eq!(
            (&loans["latest"]["period"], &loans["latest"]["value"]),
            (&json!("2026-01"), &json!(16))
        );
        assert_eq!(
            loans["previous"],
            json!({"period": "2025-12", "value": 21, "contributors": 2})
        );
        assert_eq!(loans["change"], -5);
        let patch = json!({"definition": "Without renewals.", "break_from": "2026-01"});
        let path = coalition.path("/measures/LOANS");
        coalition.backbone.patch(&path, patch).send().await.expect(200);
        let seen = overview(&coalition.observer, &coalition).await;
        let loans = latest(&seen, "LOANS");
        assert_eq!(
            (&loans["latest"]["break"], &loans["change"]),
            (&json!(true), &Value::Null)
        );
        coalition
            .backbone
            .patch(&path, json!({"retired": true}))
            .send()
            .await
            .expect(200);
        let seen = overview(&coalition.observer, &coalition).await;
        assert!(!seen["measures"].to_string().contains("LOANS"));
    });
}

#[test]
fn completeness_agrees_with_the_list() {
    run_in_coalition(async |_, coalition| {
        add_measure(&coalition, json!({})).await;
        let stated = json!([{"measure": "LOANS", "period": "2026-02", "missing": "not_applicable"}]);
        report(&coalition.partner, &coalition, stated).await;
        let unavailable = json!([{"measure": "LOANS", "period": "2026-02", "missing": "not_available"}]);
        report(&coalition.second, &coalition, unavailable).await;
        // Nobody asked the backbone.
        report(
            &coalition.backbone,
            &coalition,
            json!([{"measure": "LOANS", "period": "2026-02", "value": 1}]),
        )
        .await;
        let choice = json!({"expected_measures": ["PROGRAMS"]});
        let path = coalition.path("/partners/riverside-clinic");
        coalition.backbone.patch(&path, choice).send().await.expect(200);
        for client in [&coalition.backbone, &coalition.partner, &coalition.second] {
            let rows = client
                .get(&coalition.path("/completeness"))
                .send()
                .await
                .expect(200)
                .data();
            let seen = overview(client, &coalition).await;
            let of = if client.organization() == "riverside-library" {
                "coalition"
            } else {
                "organization"
            };
            assert_eq!(seen["completeness"]["of"], of);
            let periods = seen["completeness"]["periods"].as_array().expect("periods");
            assert_eq!(periods.len(), 2);
            for period in periods {
                for count in ["expected", "reported", "not_applicable"] {
                    let of_rows = rows.iter().filter(|row| row["period"] == period["period"]);
                    let sum: u64 = of_rows.map(|row| row[count].as_u64().expect("a count")).sum();
                    assert_eq!(period[count], sum, "{count} of {period}");
                }
            }
        }
        assert_eq!(
            overview(&coalition.observer, &coalition).await["completeness"],
            Value::Null
        );
    });
}

#[test]
fn shows_nobody_what_is_not_theirs() {
    run_in_coalition(async |app, coalition| {
        add_measure(
            &coalition,
            json!({"disclosure": "protected", "frequency": "year"}),
        )
        .await;
        let items = |period: &str, value: i64| json!({"items": [{"period": period, "value": value}]});
        for (kind, items) in [("baselines", items("2022", 1)), ("targets", items("2030", 90))] {
            let path = coalition.path(&format!("/measures/LOANS/{kind}"));
            coalition.backbone.put(&path, items).send().await.expect(200);
        }
        let goal =
            json!({"code": "more-loans", "statement": "More is read", "measures": [{"measure": "LOANS"}]});
        coalition
            .backbone
            .post(&coalition.path("/goals"), goal)
            .send()
            .await
            .expect(201);
        for client in [&coalition.partner, &coalition.second] {
            report(
                client,
                &coalition,
                json!([{"measure": "LOANS", "period": "2025", "value": 4}]),
            )
            .await;
        }
        let of_goal = |seen: &Value| seen["goals"][0]["measures"][0]["latest"]["value"].clone();
        let seen = overview(&coalition.backbone, &coalition).await;
        assert_eq!(
            (&latest(&seen, "LOANS")["latest"]["value"], of_goal(&seen)),
            (&json!(8), json!(8))
        );
        for client in [&coalition.partner, &coalition.observer] {
            let seen = overview(client, &coalition).await;
            assert_eq!(
                (&latest(&seen, "LOANS")["latest"], of_goal(&seen)),
                (&Value::Null, Value::Null)
            );
        }
        let path = coalition.path("/overview");
        for (client, status) in [
            (&app.anonymous(), 401),
            (&coalition.former, 404),
            (&coalition.invited, 403),
            (
                &coalition
                    .backbone
                    .key(&["schema:read", "observations:read"], None)
                    .await,
                403,
            ),
            (&coalition.observer.key(&["aggregates:read"], None).await, 200),
        ] {
            client.get(&path).send().await.expect(status);
        }
        let request = coalition.backbone.get(&format!("{path}?format=csv"));
        let answer = request
            .off_contract("it takes no parameters")
            .send()
            .await
            .expect(400);
        assert_eq!(answer.issues(), ["?format unknown_field"]);
    });
}

#[test]
fn recent_activities_have_begun() {
    run_in_coalition(async |_, coalition| {
        for (title, day) in [
            ("First", "2026-01-05"),
            ("Second", "2026-01-06"),
            ("Third", "2026-02-01"),
            ("Fourth", "2026-02-01"),
            ("Today", "2026-03-02"),
            ("Tomorrow", "2026-03-03"),
        ] {
            let new = json!({"title": title, "starts_on": day});
            coalition
                .partner
                .post(&coalition.path("/activities"), new)
                .send()
                .await
                .expect(201);
        }
        let seen = overview(&coalition.observer, &coalition).await;
        let titles: Vec<&Value> = seen["activities"]
            .as_array()
            .expect("activities")
            .iter()
            .map(|row| &row["title"])
            .collect();
        assert_eq!(titles, ["Today", "Fourth", "Third", "Second", "First"]);
    });
}

#[test]
fn a_coalition_that_has_just_begun_has_one_too() {
    run_in_coalition(async |_, coalition| {
        let new = json!({"code": "fresh", "name": "Fresh"});
        coalition
            .partner
            .post("/v1/coalitions", new)
            .send()
            .await
            .expect(201);
        let seen = coalition
            .partner
            .get("/v1/coalitions/fresh/overview")
            .send()
            .await
            .expect(200)
            .json();
        for empty in ["goals", "measures", "activities"] {
            assert_eq!(seen[empty], json!([]), "{empty}");
        }
        assert_eq!(seen["completeness"], json!({"of": "coalition", "periods": []}));
        assert_eq!(seen["partners"]["total"], 1);
    });
}
