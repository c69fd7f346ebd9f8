//! Warnings: what a receipt says of figures that are taken all the same.

use serde_json::{Value, json};

use crate::support::{Client, Coalition, run_in_coalition};

/// Rows of VISITS, one for each year from 1990 on.
fn years(values: &[i64]) -> Vec<Value> {
    (1990..)
        .zip(values)
        .map(|(year, value)| json!({"measure": "VISITS", "period": year.to_string(), "value": value}))
        .collect()
}

async fn submit(client: &Client, coalition: &Coalition, rows: Value) -> Value {
    let request = client.post(&coalition.path("/observations"), json!({"observations": rows}));
    request.send().await.expect(201).json()
}

async fn rehearse(client: &Client, coalition: &Coalition, rows: &Value) -> Value {
    let path = coalition.path("/observations?dry_run=true");
    let request = client.post(&path, json!({"observations": rows}));
    request.send().await.expect(200).json()
}

/// Row and code of each warning.
fn warnings(receipt: &Value) -> Vec<String> {
    let listed = receipt["warnings"].as_array().expect("a list");
    assert_eq!(receipt["warnings_total"], listed.len());
    let told = listed.iter().map(|warning| {
        let code = warning["code"].as_str().expect("a code");
        format!("{} {code}", warning["row"])
    });
    told.collect()
}

#[test]
fn far_from_what_was_reported_before() {
    run_in_coalition(async |app, coalition| {
        let partner = &coalition.partner;
        let told = submit(partner, &coalition, json!(years(&[80, 90, 100, 110, 120]))).await;
        assert_eq!(warnings(&told), [""; 0]);
        app.advance(1);
        let row = |value: i64| json!([{"measure": "VISITS", "period": "1995", "value": value}]);
        for (value, expected) in [(151, vec![]), (152, vec!["1 far_from_history"])] {
            let told = rehearse(partner, &coalition, &row(value)).await;
            assert_eq!(warnings(&told), expected, "{value}");
        }
        // Another organization's history is not this one's.
        let told = rehearse(&coalition.second, &coalition, &row(152)).await;
        assert_eq!(warnings(&told), [""; 0]);
        let told = submit(partner, &coalition, row(152)).await;
        assert_eq!(
            told["warnings"],
            json!([{"row": 1, "pointer": "/observations/0/value", "code": "far_from_history",
                "detail": "`VISITS` in 1995 is 152, far from the 5 earlier values, whose median is 100: if it is right, \
                           a note says why"}])
        );
        let id = told["submission"].as_str().expect("an id");
        let path = coalition.path(&format!("/submissions/{id}"));
        let kept = partner.get(&path).send().await.expect(200).json();
        assert_eq!(kept["warnings"], told["warnings"]);
        // What is so already is not doubted again; and what is corrected is held against what was before it.
        app.advance(1);
        assert_eq!(warnings(&submit(partner, &coalition, row(152)).await), [""; 0]);
        assert_eq!(
            warnings(&submit(partner, &coalition, row(999)).await),
            ["1 far_from_history"]
        );
        assert_eq!(warnings(&submit(partner, &coalition, row(101)).await), [""; 0]);
    });
}

#[test]
fn rows_are_held_against_each_other_in_the_order_of_time() {
    run_in_coalition(async |_, coalition| {
        let mut rows = years(&[80, 90, 100, 110, 120, 152, 0]);
        rows.reverse();
        let told = rehearse(&coalition.partner, &coalition, &json!(rows)).await;
        assert_eq!(warnings(&told), ["1 sudden_zero", "2 far_from_history"]);
        // Twelve years later nothing of it counts any more.
        rows.push(json!({"measure": "VISITS", "period": "2008", "value": 9_000}));
        let told = rehearse(&coalition.partner, &coalition, &json!(rows)).await;
        assert_eq!(warnings(&told), ["1 sudden_zero", "2 far_from_history"]);
    });
}

#[test]
fn a_zero_after_other_figures() {
    run_in_coalition(async |app, coalition| {
        let partner = &coalition.partner;
        let cell = |code: &str, year: i32, value: i64| json!({"measure": "PROGRAMS", "period": year.to_string(), "cell": {"age_group": code}, "value": value});
        let rows: Vec<Value> = (1990..1993)
            .flat_map(|year| {
                [
                    cell("children", year, 4),
                    cell("young_adult", year, i64::from(year != 1991)),
                ]
            })
            .collect();
        submit(partner, &coalition, json!(rows)).await;
        app.advance(1);
        let rows = json!([
            cell("young_adult", 1993, 0),
            cell("children", 1993, 0),
            cell("_", 1993, 0)
        ]);
        let told = rehearse(partner, &coalition, &rows).await;
        assert_eq!(warnings(&told), ["2 sudden_zero"]);
        // A figure that was taken back is no history.
        let withdrawn = json!([{"measure": "PROGRAMS", "period": "1990", "cell": {"age_group": "children"}, "value": null},
            cell("children", 1993, 0)]);
        assert_eq!(
            warnings(&rehearse(partner, &coalition, &withdrawn).await),
            [""; 0]
        );
    });
}

#[test]
fn outside_the_expected_range() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/measures/VISITS");
        let range = json!({"expected_range": {"min": 10, "max": 20}});
        coalition.backbone.patch(&path, range).send().await.expect(200);
        let mut rows = years(&[9, 10, 20, 21]);
        rows[3]["note"] = json!("  the fair was in town ");
        let told = submit(&coalition.partner, &coalition, json!(rows)).await;
        assert_eq!(
            told["warnings"],
            json!([
                {"row": 1, "pointer": "/observations/0/value", "code": "outside_expected_range",
                 "detail": "`VISITS` in 1990 is 9; expected is between 10 and 20: if it is right, a note says why"},
                {"row": 4, "pointer": "/observations/3/value", "code": "outside_expected_range",
                 "detail": "`VISITS` in 1993 is 21; expected is between 10 and 20: if it is right, a note says why",
                 "justification": "the fair was in town"}])
        );
    });
}

#[test]
fn a_break_begins_a_new_history() {
    run_in_coalition(async |app, coalition| {
        submit(&coalition.partner, &coalition, json!(years(&[100; 6]))).await;
        app.advance(1);
        let row = json!([{"measure": "VISITS", "period": "1996", "value": 900}]);
        let told = rehearse(&coalition.partner, &coalition, &row).await;
        assert_eq!(warnings(&told), ["1 far_from_history"]);
        let changed = json!({"definition": "Counted at the door.", "break_from": "1996"});
        let path = coalition.path("/measures/VISITS");
        coalition.backbone.patch(&path, changed).send().await.expect(200);
        let told = rehearse(&coalition.partner, &coalition, &row).await;
        assert_eq!(warnings(&told), [""; 0]);
    });
}

/// More organizations than PostgreSQL takes as a list of values, and more warnings than are listed.
#[test]
fn many_are_counted_and_the_first_thousand_listed() {
    run_in_coalition(async |app, coalition| {
        let mut organizations = Vec::new();
        for number in 0..20 {
            let code = format!("branch-{number}");
            let new = json!({"new_organization": {"code": code, "name": code}, "role": "partner"});
            let path = coalition.path("/partners");
            coalition.backbone.post(&path, new).send().await.expect(201);
            organizations.push(code);
        }
        let rows = |years: std::ops::Range<i32>, value: i64| -> Value {
            let of = |code: &String, year: i32| {
                json!({"measure": "VISITS", "period": year.to_string(), "organization": code,
                    "value": value + i64::from(year % 2)})
            };
            let rows = years.flat_map(|year| organizations.iter().map(move |code| of(code, year)));
            json!(rows.collect::<Vec<Value>>())
        };
        let told = submit(&coalition.backbone, &coalition, rows(1980..1992, 5)).await;
        assert_eq!(told["warnings_total"], 0);
        app.advance(1);
        let told = rehearse(&coalition.backbone, &coalition, &rows(1992..1993, 50)).await;
        assert_eq!(told["warnings_total"], 20);
        let path = coalition.path("/measures/VISITS");
        let range = json!({"expected_range": {"max": 1}});
        coalition.backbone.patch(&path, range).send().await.expect(200);
        let told = rehearse(&coalition.backbone, &coalition, &rows(1992..2052, 5)).await;
        assert_eq!(told["warnings_total"], 1200);
        let listed = told["warnings"].as_array().expect("a list");
        let rows: Vec<u64> = listed
            .iter()
            .map(|warning| warning["row"].as_u64().expect("a row"))
            .collect();
        assert_eq!(rows, (1..=1000).collect::<Vec<u64>>());
    });
}
