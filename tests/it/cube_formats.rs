//! The law of the formats: whatever is asked by whomever, each format of the answer carries the same rows with the same
//! figures, and the same ones missing.

use std::collections::BTreeSet;

use cairn::formats::cube_format::CUBE_FORMATS;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::table::{self, Row};
use crate::support::{Client, Coalition, run_in_coalition};

/// How many questions are asked, by the backbone and by a partner.
const QUESTIONS: usize = 60;
const NUMBERS: [&str; 7] = [
    "PROGRAMS",
    "ATTENDANCE",
    "VISITS",
    "VAST",
    "GUARDED",
    "SINGLE",
    "MONTHLY",
];
/// The greatest value of six decimals.
const GREATEST: &str = "9007199254.740991";

/// The measures beside those of the coalition: figures of sixteen digits, protected ones, those that only one can know,
/// and months.
async fn prepare(coalition: &Coalition) {
    let sex = json!({"code": "sex", "name": "Sex \"as told\"", "codes": [{"code": "f", "name": "Female"}, {"code": "m"}]});
    send(coalition, "POST", "/dimensions", sex).await;
    for code in ["PROGRAMS", "ATTENDANCE"] {
        let patch = json!({"dimensions": ["age_group", "sex"]});
        send(coalition, "PATCH", &format!("/measures/{code}"), patch).await;
    }
    for (code, decimals, aggregation, disclosure, frequency) in [
        ("VAST", 6, "sum", "open", "year"),
        ("GUARDED", 0, "sum", "protected", "year"),
        ("SINGLE", 2, "none", "open", "year"),
        ("MONTHLY", 1, "sum", "open", "month"),
    ] {
        let measure = json!({"code": code, "name": format!("{code}, in words"), "unit": "\"things\", each",
            "kind": "number", "decimals": decimals, "aggregation": aggregation, "direction": "up",
            "frequency": frequency, "disclosure": disclosure, "dimensions": ["age_group"]});
        send(coalition, "POST", "/measures", measure).await;
    }
    let declared = json!({"definition": "Counted anew.", "break_from": "2024", "break_reason": "a new gate"});
    send(coalition, "PATCH", "/measures/VISITS", declared).await;
    let attributes = json!({"attributes": {"region": "=north, \"by the sea\""}});
    let path = format!("/partners/{}", coalition.partner.organization());
    send(coalition, "PATCH", &path, attributes).await;
}

async fn send(coalition: &Coalition, method: &str, path: &str, body: Value) {
    let request = coalition
        .backbone
        .request(method, &coalition.path(path))
        .json(&body);
    let answer = request.send().await;
    assert!(answer.status < 300, "{}: {}", answer.request, answer.text());
}

/// Lines of CSV with random figures.
fn figures() -> impl Strategy<Value = Vec<String>> {
    let keys: Vec<(&str, String, &str)> = NUMBERS
        .iter()
        .flat_map(|&measure| {
            let periods = (0..4).map(move |place| match measure {
                "MONTHLY" => format!("2024-{:02}", place + 1),
                _ => (2022 + place).to_string(),
            });
            periods.flat_map(move |period| {
                ["", "children", "young_adult"].map(|cell| (measure, period.clone(), cell))
            })
        })
        .collect();
    let value = |measure: &str| match measure {
        "VAST" => select(vec![GREATEST, "0.000001", "4503599627.370496", "0"]),
        "SINGLE" => select(vec!["1.5", "0", "12.25"]),
        _ => select(vec!["0", "1", "7", "19", "1234"]),
    };
    let count = keys.len();
    subsequence(keys, count / 3..count).prop_flat_map(move |keys| {
        let lines = keys.into_iter().map(move |(measure, period, cell)| {
            let answer = prop_oneof![5 => value(measure).prop_map(|value| format!("{value},")),
                                     1 => select(vec![",not_available", ",not_applicable"]).prop_map(str::to_owned)];
            answer.prop_map(move |answer| format!("{measure},{period},{cell},{answer}"))
        });
        lines.collect::<Vec<_>>()
    })
}

/// The query of a question: some measures or all, broken down by something or nothing.
fn question() -> impl Strategy<Value = String> {
    let mut measures = NUMBERS.to_vec();
    measures.push("ATT_PER_PROGRAM");
    let by = vec![
        "organization",
        "age_group",
        "sex",
        "partner_region",
        "partner_sector",
    ];
    let rest = vec![
        "",
        "",
        "",
        "&cell=age_group:young_adult",
        "&at=quarter",
        "&at=year",
        "&period=2023..2024",
        "&period=2050",
    ];
    (subsequence(measures, 0..=3), subsequence(by, 0..=2), select(rest)).prop_map(|(measures, by, rest)| {
        let list = |name: &str, codes: Vec<&str>| match codes.is_empty() {
            true => String::new(),
            false => format!("&{name}={}", codes.join(",")),
        };
        format!("{}{}{rest}", list("measure", measures), list("by", by))
    })
}

/// What is asked in every format; the rows, or `None` where the answer is a refusal, which then is the same in all.
async fn ask(
    client: &Client,
    coalition: &Coalition,
    query: &str,
    come_across: &mut BTreeSet<String>,
) -> Option<Vec<Row>> {
    let mut first: Option<(u16, Vec<Row>)> = None;
    for format in &CUBE_FORMATS {
        let path = coalition.path(&format!("/aggregates?format={}{query}", format.name));
        let answer = client.get(&path).send().await;
        let rows = match answer.status {
            200 => {
                assert_eq!(answer.header("content-type"), Some(format.media_type));
                if format.name == "json-stat" {
                    come_across.insert(layout(&answer.json()["value"]).to_owned());
                }
                table::rows(format.name, &answer)
            }
            _ => Vec::new(),
        };
        let (status, expected) = first.get_or_insert((answer.status, rows.clone()));
        assert_eq!(*status, answer.status, "{path}");
        assert_eq!(expected.len(), rows.len(), "{path}");
        for (expected, row) in expected.iter().zip(&rows) {
            assert_eq!(expected, row, "{path}");
        }
    }
    first.filter(|(status, _)| *status == 200).map(|(_, rows)| rows)
}

fn layout(value: &Value) -> &'static str {
    if value.is_array() {
        "every cell"
    } else {
        "cells by place"
    }
}

/// What the questions should have come across, or the law would be empty.
fn seen(rows: &[Row], seen: &mut BTreeSet<String>) {
    for row in rows {
        seen.insert(row["status"].clone());
        seen.extend(row.get("missing").cloned());
        if row.values().any(|token| token == "\"_\"") {
            seen.insert("_".into());
        }
        if row.contains_key("numerator") {
            seen.insert("a ratio".into());
        }
        if row.get("value").is_some_and(|value| value.len() > 16) {
            seen.insert("sixteen digits".into());
        }
        if !row.contains_key("value") {
            seen.insert("no value".into());
        }
    }
}

#[test]
fn every_format_has_the_same_figures_and_the_same_ones_missing() {
    run_in_coalition(async |_, coalition| {
        prepare(&coalition).await;
        let mut runner = TestRunner::deterministic();
        for reporter in [&coalition.backbone, &coalition.partner, &coalition.second] {
            let lines = figures().new_tree(&mut runner).unwrap().current();
            let text = format!("measure,period,age_group,value,missing\n{}\n", lines.join("\n"));
            reporter
                .post_csv(&coalition.path("/observations"), &text)
                .send()
                .await
                .expect(201);
        }
        let mut come_across = BTreeSet::new();
        for _ in 0..QUESTIONS {
            let query = question().new_tree(&mut runner).unwrap().current();
            for client in [&coalition.backbone, &coalition.observer] {
                if let Some(rows) = ask(client, &coalition, &query, &mut come_across).await {
                    seen(&rows, &mut come_across);
                }
            }
        }
        for what in [
            "\"provisional\"",
            "\"suppressed\"",
            "\"overflow\"",
            "\"conflicting\"",
            "\"not_available\"",
            "\"not_applicable\"",
            "_",
            "a ratio",
            "sixteen digits",
            "no value",
            "every cell",
            "cells by place",
        ] {
            assert!(
                come_across.contains(what),
                "no question came across {what}: {come_across:?}"
            );
        }
    });
}

#[test]
fn the_same_answer_is_the_same_bytes() {
    run_in_coalition(async |app, coalition| {
        for format in &CUBE_FORMATS {
            let path = coalition.path(&format!("/aggregates?by=age_group&format={}", format.name));
            let first = coalition.backbone.get(&path).send().await.expect(200).body;
            app.advance(60);
            let again = coalition
                .backbone
                .get(&path)
                .accept("image/png")
                .send()
                .await
                .expect(200)
                .body;
            assert_eq!(first, again, "{}", format.name);
            let by_accept = coalition.path("/aggregates?by=age_group");
            let accepted = coalition
                .backbone
                .get(&by_accept)
                .accept(format.media_type)
                .send()
                .await;
            assert_eq!(first, accepted.expect(200).body, "{}", format.name);
        }
    });
}

#[test]
fn an_answer_without_rows_is_one_too() {
    run_in_coalition(async |_, coalition| {
        let query = "&measure=PROGRAMS&by=age_group&period=2050";
        let rows = ask(&coalition.observer, &coalition, query, &mut BTreeSet::new()).await;
        assert_eq!(rows, Some(Vec::new()));
    });
}

#[test]
fn refuses_charts_that_nobody_could_read() {
    run_in_coalition(async |_, coalition| {
        let codes: Vec<Value> = (0..101)
            .map(|place| json!({"code": format!("b{place}")}))
            .collect();
        let branch = json!({"code": "branch", "name": "Branch", "codes": codes});
        send(&coalition, "POST", "/dimensions", branch).await;
        let daily = json!({"code": "DAILY", "name": "Visits by day", "unit": "visits", "kind": "number", "decimals": 0,
            "aggregation": "sum", "direction": "up", "frequency": "day", "disclosure": "open", "dimensions": ["branch"]});
        send(&coalition, "POST", "/measures", daily).await;
        let mut text = "measure,period,branch,value\nDAILY,2015-01-01,,5\n".to_owned();
        for day in ["2025-03-01", "2025-03-03"] {
            text.extend((0..101).map(|place| format!("DAILY,{day},b{place},{place}\n")));
        }
        let path = coalition.path("/observations");
        coalition.backbone.post_csv(&path, &text).send().await.expect(201);
        let ask = async |query: &str| {
            let path = coalition.path(&format!("/aggregates?format=vega-lite&measure=DAILY&{query}"));
            coalition.backbone.get(&path).send().await
        };
        let refused = ask("period=2015..2025").await.expect(422);
        assert_eq!(refused.issues(), ["?period too_many_periods"]);
        let refused = ask("period=2025&by=branch").await.expect(422);
        assert_eq!(refused.issues(), ["?format too_many_charts"]);
        let spec = ask("period=2025&cell=branch:b7").await.expect(200).json();
        let gap = json!({"value": null, "keyvals": ["2025-03-01", "2025-03-02", "2025-03-03"]});
        assert_eq!(spec["layer"][0]["encoding"]["y"]["impute"], gap);
        let bars = ask("period=2025-03-01&by=branch").await.expect(200).json();
        assert_eq!(
            (&bars["mark"]["type"], &bars["encoding"]["y"]["field"]),
            (&json!("bar"), &json!("branch"))
        );
    });
}
