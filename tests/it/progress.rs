//! Progress of goals and where it is heading: from what, as of which break, and who sees it.

use serde_json::{Value, json};

use crate::support::{Client, Coalition, run_in_coalition};

/// The goal `more-loans` on a measure LOANS with a baseline and a target.
async fn set_goal(coalition: &Coalition, measure: Value, baseline: Value, target: Value) {
    let mut new = json!({"code": "LOANS", "name": "Loans", "unit": "loans", "kind": "number", "decimals": 0,
        "aggregation": "sum", "direction": "up", "frequency": "year", "disclosure": "open"});
    for (name, value) in measure.as_object().expect("changes") {
        new[name] = value.clone();
    }
    let post = async |path: &str, new: Value| {
        let path = coalition.path(path);
        coalition.backbone.post(&path, new).send().await.expect(201);
    };
    post("/measures", new).await;
    let goal = json!({"code": "more-loans", "statement": "More is read", "measures": [{"measure": "LOANS"}]});
    post("/goals", goal).await;
    for (kind, item) in [("baselines", baseline), ("targets", target)] {
        let path = coalition.path(&format!("/measures/LOANS/{kind}"));
        let items = json!({"items": [item]});
        coalition.backbone.put(&path, items).send().await.expect(200);
    }
}

/// Reports values of one period after another.
async fn report(client: &Client, coalition: &Coalition, first: i32, values: &[i64]) {
    let rows: Vec<Value> = (first..)
        .zip(values)
        .map(|(year, value)| json!({"measure": "LOANS", "period": year.to_string(), "value": value}))
        .collect();
    let path = coalition.path("/observations");
    client
        .post(&path, json!({"observations": rows}))
        .send()
        .await
        .expect(201);
}

async fn progress(client: &Client, coalition: &Coalition) -> Value {
    let path = coalition.path("/goals/more-loans/progress");
    let mut told = client.get(&path).send().await.expect(200).json();
    told["measures"][0].take()
}

#[test]
fn tells_where_it_should_be_and_where_it_is_heading() {
    run_in_coalition(async |_, coalition| {
        let (baseline, target) = (
            json!({"period": "2016", "value": 300_000}),
            json!({"period": "2027", "value": 600_000}),
        );
        set_goal(&coalition, json!({}), baseline, target).await;
        let values = [
            300000, 307500, 318200, 329000, 341800, 358900, 379100, 400300, 421337,
        ];
        report(&coalition.partner, &coalition, 2016, &values).await;
        report(&coalition.second, &coalition, 2016, &[0; 9]).await;
        assert_eq!(
            progress(&coalition.observer, &coalition).await,
            json!({"measure": "LOANS", "cell": {}, "headline": false, "direction": "up", "unit": "loans",
                "baseline": {"period": "2016", "value": 300_000},
                "latest": {"period": "2024", "value": 421_337, "contributors": 2, "expected": 3},
                "target": {"period": "2027", "value": 600_000}, "progress": 0.4045, "status": "behind",
                "forecast": {
                    "line": {"period": "2024", "value": 518_223},
                    "trend": {"points": 9, "since": "2016", "slope": 15_196.06, "slope_low": 11_780,
                        "slope_high": 18_650, "period": "2027", "value": 448_172, "low": 424_260, "high": 472_350},
                    "target_met_in": "2037", "target_met_earliest": "2034", "target_met_latest": "2042",
                    "reason": null}})
        );
    });
}

#[test]
fn a_break_begins_the_trend_anew() {
    run_in_coalition(async |_, coalition| {
        let (baseline, target) = (
            json!({"period": "2015", "value": 100}),
            json!({"period": "2030", "value": 300}),
        );
        set_goal(&coalition, json!({}), baseline, target).await;
        report(
            &coalition.partner,
            &coalition,
            2018,
            &[900, 800, 700, 600, 110, 120, 130, 140],
        )
        .await;
        let before = progress(&coalition.observer, &coalition).await;
        assert_eq!(before["forecast"]["trend"]["points"], 8);
        assert_eq!(before["forecast"]["reason"], "never");
        let patch = json!({"definition": "Without renewals.", "break_from": "2022"});
        let path = coalition.path("/measures/LOANS");
        coalition.backbone.patch(&path, patch).send().await.expect(200);
        let after = progress(&coalition.observer, &coalition).await;
        assert_eq!(
            (&after["status"], &after["reason"]),
            (&json!("unknown"), &json!("break"))
        );
        let forecast = &after["forecast"];
        assert_eq!(forecast["line"], Value::Null);
        assert_eq!(
            [
                &forecast["trend"]["points"],
                &forecast["trend"]["since"],
                &forecast["trend"]["slope"]
            ],
            [&json!(4), &json!("2022"), &json!(10)]
        );
        assert_eq!(forecast["reason"], "unknown_progress");
        let path = coalition.path("/measures/LOANS/baselines");
        let items = json!({"items": [{"period": "2022", "value": 110}]});
        coalition.backbone.put(&path, items).send().await.expect(200);
        let again = progress(&coalition.observer, &coalition).await;
        assert_eq!(again["forecast"]["target_met_in"], "2041");
    });
}

#[test]
fn finer_figures_are_brought_to_the_targets_periods() {
    run_in_coalition(async |_, coalition| {
        let (baseline, target) = (
            json!({"period": "2022-Q4", "value": 3}),
            json!({"period": "2026-Q4", "value": 100}),
        );
        set_goal(&coalition, json!({"frequency": "month"}), baseline, target).await;
        let row = |year: i32, month: i32| {
            let value = (year - 2023) * 12 + month;
            json!({"measure": "LOANS", "period": format!("{year}-{month:02}"), "value": value})
        };
        let rows: Vec<Value> = (2023..2026)
            .flat_map(|year| (1..13).map(move |month| row(year, month)))
            .collect();
        let path = coalition.path("/observations");
        let body = json!({"observations": rows});
        coalition.partner.post(&path, body).send().await.expect(201);
        let told = progress(&coalition.partner, &coalition).await;
        assert_eq!(told["latest"]["period"], "2025-Q4");
        let trend = &told["forecast"]["trend"];
        assert_eq!(
            [
                &trend["points"],
                &trend["slope"],
                &trend["period"],
                &trend["value"]
            ],
            [&json!(12), &json!(9), &json!("2026-Q4"), &json!(141)]
        );
        assert_eq!(told["status"], "met");
        assert_eq!(told["forecast"]["reason"], "met");
    });
}

#[test]
fn what_is_hidden_makes_no_trend() {
    run_in_coalition(async |_, coalition| {
        let (baseline, target) = (
            json!({"period": "2015", "value": 100}),
            json!({"period": "2030", "value": 300}),
        );
        set_goal(&coalition, json!({"disclosure": "protected"}), baseline, target).await;
        for client in [&coalition.partner, &coalition.second] {
            report(client, &coalition, 2020, &[110, 120, 130, 140, 150]).await;
        }
        let seen = progress(&coalition.backbone, &coalition).await;
        assert_eq!(seen["forecast"]["trend"]["points"], 5);
        let hidden = progress(&coalition.partner, &coalition).await;
        assert_eq!(
            (&hidden["latest"], &hidden["reason"]),
            (&Value::Null, &json!("no_latest"))
        );
        assert_eq!(
            hidden["forecast"],
            json!({"line": null, "trend": null, "target_met_in": null, "target_met_earliest": null,
                "target_met_latest": null, "reason": "unknown_progress"})
        );
    });
}

#[test]
fn each_measure_of_a_goal_by_its_own_cell() {
    run_in_coalition(async |_, coalition| {
        let patch = json!({"measures": [{"measure": "PROGRAMS", "cell": {"age_group": "young_adult"}, "headline": true},
            {"measure": "PROGRAMS"}, {"measure": "ATT_PER_PROGRAM"}]});
        let path = coalition.path("/goals/teens-belong");
        coalition.backbone.patch(&path, patch).send().await.expect(200);
        let told = coalition
            .observer
            .get(&format!("{path}/progress"))
            .send()
            .await
            .expect(200)
            .json();
        let rows: Vec<String> = told["measures"]
            .as_array()
            .expect("measures")
            .iter()
            .map(|row| {
                format!(
                    "{} {} {} {}",
                    row["measure"].as_str().expect("a code"),
                    row["latest"]["value"],
                    row["status"],
                    row["reason"]
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                r#"PROGRAMS 12 "moving_away" null"#,
                r#"PROGRAMS null "unknown" "no_baseline""#,
                r#"ATT_PER_PROGRAM null "unknown" "no_baseline""#,
            ]
        );
    });
}
