//! The figures as they were reported, as a file: its columns, its pages, and that it can be sent in again.

use std::collections::BTreeMap;

use actix_web::body::to_bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Coalition, run_in_coalition};

async fn fetch(client: &Client, coalition: &Coalition, query: &str) -> Answer {
    let path = coalition.path(&format!("/observations?format=csv{query}"));
    client.get(&path).send().await.expect(200)
}

async fn send(client: &Client, coalition: &Coalition, text: &str) -> Value {
    let path = coalition.path("/observations");
    let answer = client.post_csv(&path, text).send().await;
    answer.expect(201).json()["counts"].clone()
}

#[test]
fn has_the_columns_of_a_submission_and_says_where_each_figure_comes_from() {
    run_in_coalition(async |_, coalition| {
        let answer = fetch(&coalition.partner, &coalition, "").await;
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(answer.header("vary"), Some("Accept"));
        assert_eq!(
            answer.header("content-disposition"),
            Some("attachment; filename=\"teens-thrive-observations.csv\"")
        );
        assert_eq!(answer.header("link"), None);
        let from = format!(
            "2025-01-01,2025-12-31,false,{},2026-03-02T09:30:00.",
            coalition.submission
        );
        let expected = [
            "measure,period,age_group,value,missing,estimated,note,organization,period_start,period_end,withdrawn,submission,recorded_at",
            &format!("PROGRAMS,2025,,10,,false,,riverside-high,{from}"),
            &format!("PROGRAMS,2025,young_adult,4,,false,,riverside-high,{from}"),
            &format!("ATTENDANCE,2025,,200,,false,,riverside-high,{from}"),
            &format!("VISITS,2025,,9000,,false,branch closed in May,riverside-high,{from}"),
        ];
        let text = answer.text();
        assert_eq!(text.lines().count(), expected.len(), "{text}");
        for (line, expected) in text.lines().zip(expected) {
            assert!(line.starts_with(expected), "{line}");
        }
        let path = coalition.path("/observations");
        let accepted = coalition.partner.get(&path).accept("text/csv").send().await;
        assert_eq!(accepted.expect(200).text(), text);
        let whole = fetch(&coalition.backbone, &coalition, "").await.text();
        assert_eq!(whole.lines().count(), 9);
        let of_partner = fetch(&coalition.backbone, &coalition, "&organization=riverside-high").await;
        assert_eq!(of_partner.text(), text);
        let none = fetch(&coalition.backbone, &coalition, "&period=1999")
            .await
            .text();
        assert_eq!(none.lines().count(), 1);
    });
}

#[test]
fn names_what_it_cannot_tell() {
    run_in_coalition(async |_, coalition| {
        let get = async |query: &str| {
            let path = coalition.path(&format!("/observations?{query}"));
            let request = coalition.partner.get(&path);
            request.off_contract("not on offer").send().await
        };
        let refused = get("format=csv&include_history=true").await.expect(422);
        assert_eq!(refused.issues(), ["?include_history json_only"]);
        let refused = get("format=pdf").await.expect(422);
        assert_eq!(refused.issues(), ["?format unknown_format"]);
        let refused = get("format=csv&limit=1001").await.expect(422);
        assert_eq!(refused.issues(), ["?limit out_of_range"]);
        get("format=csv&organization=riverside-youth-club")
            .await
            .expect(403);
        let path = coalition.path("/observations");
        let image = coalition.partner.get(&path).accept("image/png");
        image.send().await.expect(406);
    });
}

#[test]
fn its_pages_make_the_whole_at_one_instant() {
    run_in_coalition(async |app, coalition| {
        let whole = fetch(&coalition.backbone, &coalition, "").await.text();
        let (mut text, mut path) = (String::new(), "&limit=3".to_owned());
        loop {
            let page = fetch(&coalition.backbone, &coalition, &path).await;
            let lines = page.text();
            let (header, rows) = lines.split_once('\n').expect("a header");
            if text.is_empty() {
                text = format!("{header}\n");
            }
            text += rows;
            app.advance(1);
            let later = "measure,period,value\nVISITS,2025,1\nVISITS,2020,1\nPROGRAMS,2025,\n";
            send(&coalition.partner, &coalition, later).await;
            let Some(link) = page.header("link") else { break };
            let (_, next) = link.split_once("format=csv").expect("the same format");
            path = next.strip_suffix(">; rel=\"next\"").expect("a link").to_owned();
        }
        assert_eq!(text, whole);
    });
}

/// Figures of two measures, in three cells and 6,000 years; `value` says which.
fn many(value: impl Fn(u32, &str) -> String) -> String {
    let mut text = "measure,period,age_group,value\n".to_owned();
    for year in 2101..=8100 {
        for cell in ["", "children", "young_adult"] {
            for measure in ["PROGRAMS", "VISITS"] {
                text += &format!("{measure},{year},{cell},{}\n", value(year, cell));
            }
        }
    }
    text
}

#[test]
fn comes_whole_though_it_is_long_and_tells_one_instant() {
    run_in_coalition(async |app, coalition| {
        let partner = &coalition.partner;
        let path = coalition.path("/observations?format=csv");
        let first = many(|year, _| year.to_string());
        assert_eq!(send(partner, &coalition, &first).await["created"], 36_000);
        let before = fetch(partner, &coalition, "").await.text();
        assert_eq!(before.lines().count(), 36_005);
        let body = partner.open(&path).await;
        app.advance(1);
        let changed = many(|year, cell| match cell {
            "children" => String::new(),
            "young_adult" => "1".to_owned(),
            _ => year.to_string(),
        });
        let counts = send(partner, &coalition, &changed).await;
        assert_eq!(
            (&counts["updated"], &counts["withdrawn"]),
            (&json!(12_000), &json!(12_000))
        );
        assert_eq!(to_bytes(body).await.unwrap(), before.as_bytes());
        let after = fetch(partner, &coalition, "").await.text();
        assert_ne!(after, before);
        // Somebody who does not want the rest.
        drop(partner.open(&path).await);
        assert_eq!(
            send(partner, &coalition, &after).await["unchanged"],
            after.lines().count() - 1
        );
    });
}

#[derive(Clone, Debug)]
struct Figure {
    units: Option<i64>,
    is_estimated: bool,
    note: Option<String>,
}

fn figures() -> impl Strategy<Value = BTreeMap<(u32, usize), Figure>> {
    let units = prop_oneof![
        Just(None),
        Just(Some(0)),
        any::<i64>().prop_map(|units| Some(units % (1 << 53)))
    ];
    let note = prop_oneof![
        Just(None),
        "'{0,2}[-=+@\t\ra-c]{0,3}[ ,;\"'\r\né€\u{a0}]{0,3}[x]{0,1}".prop_map(Some),
        "\\PC{1,20}".prop_map(Some),
    ];
    let figure = (units, any::<bool>(), note).prop_map(|(units, is_estimated, note)| Figure {
        units,
        is_estimated: is_estimated && units.is_some(),
        note: note.filter(|note| !note.trim().is_empty()),
    });
    prop::collection::btree_map((1900..2000_u32, 0..3_usize), figure, 1..40)
}

/// Hundredths, as they are written.
fn digits(units: i64) -> String {
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", units.abs() / 100, units.abs() % 100)
}

async fn submit(coalition: &Coalition, figures: &BTreeMap<(u32, usize), Figure>) {
    let rows = figures.iter().map(|((year, cell), figure)| {
        let mut row =
            json!({"measure": "SURPLUS", "period": year.to_string(), "estimated": figure.is_estimated});
        if let Some(code) = [None, Some("children"), Some("_")][*cell] {
            row["cell"] = json!({"age_group": code});
        }
        if let Some(note) = &figure.note {
            row["note"] = json!(note);
        }
        let text = row.to_string();
        let rest = match figure.units {
            Some(units) => format!("\"value\": {}}}", digits(units)),
            None => "\"missing\": \"not_applicable\"}".into(),
        };
        format!("{}, {rest}", text.strip_suffix('}').expect("an object"))
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    let path = coalition.path("/observations");
    let body = format!("{{\"observations\": [{rows}]}}");
    let request = coalition.partner.request("POST", &path);
    request.body("application/json", body).send().await.expect(201);
}

#[test]
fn whatever_was_reported_comes_out_so_that_it_can_be_sent_in_again() {
    let mut runner = TestRunner::new(Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    });
    let law = |figures: BTreeMap<(u32, usize), Figure>| {
        run_in_coalition(async |_, coalition| {
            let new = json!({"code": "SURPLUS", "name": "Surplus", "unit": "dollars", "kind": "number", "decimals": 2,
                "aggregation": "sum", "direction": "up", "frequency": "year", "dimensions": ["age_group"],
                "nonnegative": false});
            let path = coalition.path("/measures");
            coalition.backbone.post(&path, new).send().await.expect(201);
            submit(&coalition, &figures).await;
            let text = fetch(&coalition.partner, &coalition, "").await.text();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
            assert_eq!(rows.len(), figures.len() + 4);
            for row in &rows[4..] {
                let cell = ["", "children", "_"].iter().position(|code| *code == &row[2]);
                let figure = &figures[&(row[1].parse().expect("a year"), cell.expect("a cell"))];
                let value = figure.units.map(|units| {
                    let digits = digits(units);
                    let digits = digits.trim_end_matches('0').trim_end_matches('.');
                    if digits == "-0" {
                        "0".to_owned()
                    } else {
                        digits.to_owned()
                    }
                });
                assert_eq!(row[3], value.unwrap_or_default());
                assert_eq!(
                    &row[4],
                    if figure.units.is_none() {
                        "not_applicable"
                    } else {
                        ""
                    }
                );
                assert_eq!(&row[5], figure.is_estimated.to_string());
                let note = figure.note.as_deref().unwrap_or_default().trim();
                assert!(
                    row[6] == *note || row[6] == format!("'{note}"),
                    "{:?} for {note:?}",
                    &row[6]
                );
                assert!(
                    !row[6].starts_with(['=', '+', '-', '@', '\t', '\r']),
                    "{:?} is run",
                    &row[6]
                );
            }
            let counts = send(&coalition.partner, &coalition, &text).await;
            assert_eq!(counts["unchanged"], rows.len(), "{counts}");
            assert_eq!(fetch(&coalition.partner, &coalition, "").await.text(), text);
        });
        Ok(())
    };
    if let Err(failure) = runner.run(&figures(), law) {
        panic!("{failure}");
    }
}

#[test]
fn what_was_withdrawn_stays_so_when_it_is_sent_in_again() {
    run_in_coalition(async |app, coalition| {
        let (partner, home) = (&coalition.partner, &coalition);
        let whole = fetch(partner, home, "").await.text();
        let last = whole
            .lines()
            .skip(1)
            .filter_map(|line| line.rsplit(',').next())
            .max();
        app.advance(1);
        send(
            partner,
            home,
            "measure,period,value\nVISITS,2025,\nATTENDANCE,2025,7\n",
        )
        .await;
        let since = fetch(partner, home, &format!("&updated_after={}", last.unwrap()))
            .await
            .text();
        let told: Vec<&str> = since.lines().skip(1).collect();
        assert_eq!(told.len(), 2, "{since}");
        assert!(
            told[0].starts_with("ATTENDANCE,2025,,7,,false,,riverside-high,2025-01-01,2025-12-31,false,")
        );
        assert!(told[1].starts_with("VISITS,2025,,,,false,,riverside-high,2025-01-01,2025-12-31,true,"));
        assert_eq!(send(partner, home, &since).await["unchanged"], 2);
        // The file from before brings it back.
        let counts = send(partner, home, &whole).await;
        assert_eq!((&counts["created"], &counts["updated"]), (&json!(1), &json!(1)));
    });
}
