//! The law of the live totals: after any sequence of submissions, corrections and withdrawals, by anybody, across
//! changes of membership, they equal a recomputation from the observations.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Coalition, TestApp, run_in_coalition};

#[derive(Clone, Debug)]
enum Act {
    Submit {
        by_second: bool,
        rows: Vec<(usize, usize, usize, i64)>,
    },
    Dates {
        from: Option<i32>,
        until: Option<i32>,
    },
    Role {
        observer: bool,
    },
    Required {
        measure: usize,
        is_required: bool,
        is_retired: bool,
    },
    Expected {
        measures: Option<Vec<&'static str>>,
    },
}

const MEASURES: [&str; 3] = ["PROGRAMS", "ATTENDANCE", "BY_MONTH"];

fn act() -> impl Strategy<Value = Act> {
    let row = (0..MEASURES.len(), 0..3_usize, 0..6_usize, -2..9_i64);
    prop_oneof![
        8 => (any::<bool>(), prop::collection::vec(row, 1..8)).prop_map(|(by_second, rows)| Act::Submit { by_second, rows }),
        1 => (prop::option::of(2022..2026), prop::option::of(2022..2026)).prop_map(|(from, until)| Act::Dates { from, until }),
        1 => any::<bool>().prop_map(|observer| Act::Role { observer }),
        1 => (0..MEASURES.len(), any::<bool>(), any::<bool>())
            .prop_map(|(measure, is_required, is_retired)| Act::Required { measure, is_required, is_retired }),
        1 => prop::option::of(prop::sample::subsequence(MEASURES.to_vec(), 0..=2))
            .prop_map(|measures| Act::Expected { measures }),
    ]
}

fn row((measure, period, cell, value): (usize, usize, usize, i64)) -> Value {
    let period = match MEASURES[measure] {
        "BY_MONTH" => format!("2024-{:02}", period * 5 + 1),
        _ => (2023 + period).to_string(),
    };
    let cells = [
        json!({}),
        json!({"age_group": "children"}),
        json!({"age_group": "young_adult"}),
        json!({"age_group": "_"}),
        json!({"age_group": "children", "sex": "f"}),
        json!({"sex": "f"}),
    ];
    let mut row = json!({"measure": MEASURES[measure], "period": period, "cell": cells[cell]});
    match value {
        -2 => row["missing"] = json!("not_applicable"),
        -1 => row["value"] = Value::Null,
        value => (row["value"], row["estimated"]) = (json!(value), json!(value % 3 == 0)),
    }
    row
}

async fn prepare(coalition: &Coalition) {
    let sex = json!({"code": "sex", "name": "Sex", "codes": [{"code": "f", "name": "Female"}, {"code": "m", "name": "Male"}]});
    coalition
        .backbone
        .post(&coalition.path("/dimensions"), sex)
        .send()
        .await
        .expect(201);
    for code in ["PROGRAMS", "ATTENDANCE"] {
        let patch = json!({"dimensions": ["age_group", "sex"]});
        coalition
            .backbone
            .patch(&coalition.path(&format!("/measures/{code}")), patch)
            .send()
            .await
            .expect(200);
    }
    let by_month = json!({"code": "BY_MONTH", "name": "By month", "unit": "things", "kind": "number", "decimals": 0,
        "aggregation": "sum", "direction": "up", "frequency": "month", "dimensions": ["age_group", "sex"], "disclosure": "open"});
    coalition
        .backbone
        .post(&coalition.path("/measures"), by_month)
        .send()
        .await
        .expect(201);
    let ratio = json!({"code": "MIXED", "name": "Months over years", "unit": "things per program", "kind": "ratio",
        "decimals": 3, "direction": "up", "numerator": {"measure": "BY_MONTH"},
        "denominator": {"measure": "PROGRAMS", "cell": {"age_group": "children"}}, "multiplier": 100});
    coalition
        .backbone
        .post(&coalition.path("/measures"), ratio)
        .send()
        .await
        .expect(201);
}

async fn perform(coalition: &Coalition, act: &Act) {
    let partner = coalition.path(&format!("/partners/{}", coalition.second.organization()));
    match act {
        Act::Submit { by_second, rows } => {
            let client = if *by_second {
                &coalition.second
            } else {
                &coalition.partner
            };
            let observations: Vec<Value> = rows.iter().copied().map(row).collect();
            let path = coalition.path("/observations?mode=partial");
            let body = json!({"observations": observations});
            let answer = client.post(&path, body).send().await;
            // As an observer the second partner cannot submit; a row that stands twice is refused, the others go in.
            assert!([200, 201, 403].contains(&answer.status), "{}", answer.text());
        }
        Act::Dates { from, until } => {
            let date = |year: Option<i32>| year.map(|year| format!("{year}-07-01"));
            let patch = json!({"member_from": date(*from), "member_until": date(*until)});
            let answer = coalition.backbone.patch(&partner, patch).send().await;
            assert!([200, 422].contains(&answer.status), "{}", answer.text());
        }
        Act::Required {
            measure,
            is_required,
            is_retired,
        } => {
            let patch = json!({"required": is_required, "retired": is_retired});
            let path = coalition.path(&format!("/measures/{}", MEASURES[*measure]));
            coalition.backbone.patch(&path, patch).send().await.expect(200);
        }
        Act::Expected { measures } => {
            let patch = json!({"expected_measures": measures});
            let answer = coalition.backbone.patch(&partner, patch).send().await;
            // As an observer nothing can be expected of it.
            assert!([200, 422].contains(&answer.status), "{}", answer.text());
        }
        Act::Role { observer } => {
            let patch = json!({"role": if *observer { "observer" } else { "partner" }});
            coalition.backbone.patch(&partner, patch).send().await.expect(200);
        }
    }
}

async fn assert_exact(app: &TestApp, coalition: &Coalition) {
    app.assert_totals().await;
    // An answer as of now is worked out from the observations; the live one from the totals.
    app.advance(1);
    let now = "2026-04-01T00:00:00Z";
    app.advance(40 * 24 * 3600);
    for by in [
        "",
        "&by=age_group",
        "&by=age_group,sex",
        "&cell=age_group:children&by=sex",
    ] {
        let path = coalition.path(&format!(
            "/aggregates?measure=PROGRAMS,ATTENDANCE,BY_MONTH,ATT_PER_PROGRAM{by}"
        ));
        let live = renewed(app, coalition)
            .await
            .get(&path)
            .send()
            .await
            .expect(200)
            .data();
        let again = renewed(app, coalition)
            .await
            .get(&format!("{path}&as_of={now}"))
            .send()
            .await
            .expect(200)
            .data();
        assert_eq!(live, again, "{by}");
    }
}

/// The backbone's admin in a session that has not expired.
async fn renewed(app: &TestApp, coalition: &Coalition) -> crate::support::Client {
    app.sign_in(coalition.backbone.email()).await
}

#[test]
fn totals_equal_a_recomputation_after_any_sequence() {
    let mut runner = TestRunner::new(Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    });
    let acts = prop::collection::vec(act(), 1..20);
    let law = |acts: Vec<Act>| {
        run_in_coalition(async |app, coalition| {
            prepare(&coalition).await;
            for act in &acts {
                app.advance(1);
                perform(&coalition, act).await;
            }
            assert_exact(&app, &coalition).await;
        });
        Ok(())
    };
    if let Err(failure) = runner.run(&acts, law) {
        panic!("{failure}");
    }
}
