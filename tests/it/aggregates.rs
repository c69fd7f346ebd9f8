//! Asking: measures, periods, breakdowns, filters, coarser periods, earlier instants, formats, and who sees what.

use serde_json::{Value, json};

use crate::support::{Client, Coalition, run_in_coalition};

async fn ask(client: &Client, coalition: &Coalition, query: &str) -> Vec<Value> {
    client
        .get(&coalition.path(&format!("/aggregates?{query}")))
        .send()
        .await
        .expect(200)
        .data()
}

async fn report(client: &Client, coalition: &Coalition, observations: Value) {
    let body = json!({"observations": observations});
    client
        .post(&coalition.path("/observations"), body)
        .send()
        .await
        .expect(201);
}

fn values(rows: &[Value]) -> Vec<&Value> {
    rows.iter().map(|row| &row["value"]).collect()
}

#[test]
fn adds_up_and_says_who_is_in_it() {
    run_in_coalition(async |_, coalition| {
        let rows = ask(&coalition.observer, &coalition, "measure=PROGRAMS&period=2025").await;
        assert_eq!(
            rows,
            [
                json!({"measure": "PROGRAMS", "period": "2025", "period_start": "2025-01-01", "period_end": "2025-12-31",
                    "value": 30, "unit": "programs", "contributors": 2, "estimated": 0, "expected": 3,
                    "status": "provisional", "break": false})
            ]
        );
    });
}

#[test]
fn a_breakdown_ends_in_a_remainder_so_that_rows_add_up() {
    run_in_coalition(async |_, coalition| {
        let rows = ask(
            &coalition.backbone,
            &coalition,
            "measure=PROGRAMS&period=2025&by=age_group",
        )
        .await;
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row["age_group"].as_str(), &row["value"]))
            .collect();
        assert_eq!(told, [(Some("young_adult"), &json!(12)), (Some("_"), &json!(18))]);
        let rows = ask(
            &coalition.backbone,
            &coalition,
            "measure=PROGRAMS&cell=age_group:young_adult",
        )
        .await;
        assert_eq!(values(&rows), [&json!(12)]);
    });
}

#[test]
fn a_ratio_is_a_ratio_of_sums_over_those_who_gave_both_sides() {
    run_in_coalition(async |_, coalition| {
        let only_programs = json!([{"measure": "PROGRAMS", "period": "2024", "value": 100},
                                   {"measure": "ATTENDANCE", "period": "2024", "missing": "not_available"}]);
        report(&coalition.partner, &coalition, only_programs).await;
        let both = json!([{"measure": "PROGRAMS", "period": "2024", "value": 3},
                          {"measure": "ATTENDANCE", "period": "2024", "value": 10}]);
        report(&coalition.second, &coalition, both).await;
        let rows = ask(
            &coalition.backbone,
            &coalition,
            "measure=ATT_PER_PROGRAM&period=2024..2025",
        )
        .await;
        let told: Vec<_> = rows
            .iter()
            .map(|row| {
                [
                    &row["value"],
                    &row["numerator"],
                    &row["denominator"],
                    &row["contributors"],
                ]
                .map(Value::to_string)
            })
            .collect();
        assert_eq!(told, [["3.33", "10", "3", "1"], ["20", "600", "30", "2"]]);
    });
}

#[test]
fn by_organization_and_attribute_are_for_the_backbone() {
    run_in_coalition(async |_, coalition| {
        let query = "measure=VISITS&period=2025&by=partner_region";
        let rows = ask(&coalition.backbone, &coalition, query).await;
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row["partner_region"].as_str(), &row["value"]))
            .collect();
        assert_eq!(
            told,
            [(Some("north"), &json!(9_000)), (Some("south"), &json!(18_000))]
        );
        let rows = ask(&coalition.backbone, &coalition, "measure=VISITS&by=organization").await;
        assert_eq!(values(&rows), [&json!(9_000), &json!(18_000)]);
        for query in [query, "by=organization"] {
            let path = coalition.path(&format!("/aggregates?{query}"));
            coalition.partner.get(&path).send().await.expect(403);
        }
    });
}

#[test]
fn a_stated_reason_a_zero_and_nothing_are_three_things() {
    run_in_coalition(async |_, coalition| {
        report(
            &coalition.partner,
            &coalition,
            json!([{"measure": "VISITS", "period": "2024", "missing": "not_available"}]),
        )
        .await;
        report(
            &coalition.second,
            &coalition,
            json!([{"measure": "VISITS", "period": "2024", "value": 0}]),
        )
        .await;
        let rows = ask(
            &coalition.backbone,
            &coalition,
            "measure=VISITS&period=2023..2024&by=organization",
        )
        .await;
        let told: Vec<_> = rows.iter().map(|row| (&row["value"], &row["missing"])).collect();
        assert_eq!(
            told,
            [(&Value::Null, &json!("not_available")), (&json!(0), &Value::Null)]
        );
    });
}

#[test]
fn as_of_gives_what_was_known_then() {
    run_in_coalition(async |app, coalition| {
        let figure = |value: Value| json!([{"measure": "VISITS", "period": "2024", "value": value}]);
        report(&coalition.partner, &coalition, figure(json!(1))).await;
        app.advance(60);
        report(&coalition.partner, &coalition, figure(json!(2))).await;
        app.advance(60);
        report(&coalition.partner, &coalition, figure(Value::Null)).await;
        let query = |instant: &str| format!("measure=VISITS&period=2024&as_of={instant}");
        for (instant, expected) in [
            ("2026-03-02T09:30:30Z", Some(1)),
            ("2026-03-02T09:31:30Z", Some(2)),
            ("2026-03-02T09:32:00.000001Z", None),
        ] {
            app.advance(1);
            let rows = ask(&coalition.backbone, &coalition, &query(instant)).await;
            assert_eq!(
                rows.first().and_then(|row| row["value"].as_i64()),
                expected,
                "{instant}"
            );
        }
        let path = coalition.path("/aggregates?as_of=2027-01-01T00:00:00Z");
        assert_eq!(
            coalition.backbone.get(&path).send().await.expect(422).issues(),
            ["?as_of in_the_future"]
        );
    });
}

#[test]
fn months_make_quarters_and_years_and_stocks_keep_their_last() {
    run_in_coalition(async |_, coalition| {
        for (code, accumulation) in [("LOANS", "flow"), ("CARDS", "stock")] {
            let measure = json!({"code": code, "name": code, "unit": "things", "kind": "number", "decimals": 1,
                "accumulation": accumulation, "aggregation": "sum", "direction": "up", "frequency": "month",
                "disclosure": "open"});
            coalition
                .backbone
                .post(&coalition.path("/measures"), measure)
                .send()
                .await
                .expect(201);
            let rows: Vec<Value> = (1..=4)
                .map(|month| json!({"measure": code, "period": format!("2025-{month:02}"), "value": month}))
                .collect();
            report(&coalition.partner, &coalition, json!(rows)).await;
        }
        for (code, at, expected) in [("LOANS", "quarter", [6, 4]), ("CARDS", "quarter", [3, 4])] {
            let rows = ask(
                &coalition.backbone,
                &coalition,
                &format!("measure={code}&at={at}"),
            )
            .await;
            assert_eq!(
                values(&rows),
                expected.map(Value::from).iter().collect::<Vec<_>>()
            );
        }
        let rows = ask(
            &coalition.backbone,
            &coalition,
            "measure=LOANS,CARDS&at=fiscal_year",
        )
        .await;
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row["period"].as_str(), &row["value"]))
            .collect();
        assert_eq!(told, [(Some("FY2025"), &json!(10)), (Some("FY2025"), &json!(4))]);
        let path = coalition.path("/aggregates?measure=VISITS&at=month");
        assert_eq!(
            coalition.backbone.get(&path).send().await.expect(422).issues(),
            ["?at does_not_fit"]
        );
    });
}

#[test]
fn csv_has_the_same_columns_and_figures() {
    run_in_coalition(async |_, coalition| {
        let query = "/aggregates?measure=PROGRAMS,ATT_PER_PROGRAM&period=2025&by=age_group";
        let text = coalition
            .backbone
            .get(&coalition.path(query))
            .accept("text/csv")
            .send()
            .await
            .expect(200)
            .text();
        assert_eq!(
            text,
            "\"measure\",\"period\",\"period_start\",\"period_end\",\"age_group\",\"value\",\"numerator\",\"denominator\",\
             \"unit\",\"contributors\",\"estimated\",\"expected\",\"status\",\"break\"\n\
             \"PROGRAMS\",\"2025\",\"2025-01-01\",\"2025-12-31\",\"young_adult\",12,,,\"programs\",2,0,3,\"provisional\",false\n\
             \"PROGRAMS\",\"2025\",\"2025-01-01\",\"2025-12-31\",\"_\",18,,,\"programs\",2,0,3,\"provisional\",false\n"
        );
        let same = coalition
            .backbone
            .get(&coalition.path(&format!("{query}&format=csv")))
            .send()
            .await
            .expect(200)
            .text();
        assert_eq!(same, text);
        coalition
            .backbone
            .get(&coalition.path(query))
            .accept("image/png")
            .send()
            .await
            .expect(406);
    });
}

#[test]
fn a_byte_order_mark_is_for_csv() {
    run_in_coalition(async |_, coalition| {
        let path = coalition.path("/aggregates?measure=PROGRAMS");
        let ask = async |rest: &str| coalition.backbone.get(&format!("{path}{rest}")).send().await;
        let plain = ask("&format=csv").await.expect(200);
        let marked = ask("&format=csv&bom=true").await.expect(200);
        assert_eq!(marked.text(), format!("\u{feff}{}", plain.text()));
        assert_eq!(
            marked.header("content-disposition"),
            Some("attachment; filename=\"teens-thrive-aggregates.csv\"")
        );
        for rest in ["&bom=true", "&bom=true&format=json"] {
            assert_eq!(ask(rest).await.expect(422).issues(), ["?bom bom_of_csv_only"]);
        }
    });
}

#[test]
fn names_what_cannot_be_asked() {
    run_in_coalition(async |_, coalition| {
        for (query, issue) in [
            ("measure=NOTHING", "?measure unknown_measure"),
            ("measure=", "?measure empty"),
            ("by=colour", "?by unknown_column"),
            ("cell=age_group:old", "?cell unknown_code"),
            ("cell=age_group", "?cell invalid_cell"),
            ("period=yesterday", "?period invalid_period"),
            ("at=decade", "?at unknown_period_type"),
            ("as_of=yesterday", "?as_of invalid_time"),
            ("format=pdf", "?format unknown_format"),
        ] {
            let request = coalition
                .backbone
                .get(&coalition.path(&format!("/aggregates?{query}")));
            let answer = request
                .off_contract("a question that cannot be asked")
                .send()
                .await
                .expect(422);
            assert_eq!(answer.issues(), [issue], "{query}");
        }
        let request = coalition.backbone.get(&coalition.path("/aggregates?colour=red"));
        let answer = request
            .off_contract("an unknown parameter")
            .send()
            .await
            .expect(400);
        assert_eq!(answer.issues(), ["?colour unknown_field"]);
    });
}

#[test]
fn a_protected_audience_sees_no_figure_of_fewer_than_three() {
    run_in_coalition(async |_, coalition| {
        let measure = json!({"code": "CASES", "name": "Cases", "unit": "people", "kind": "number", "decimals": 0,
            "aggregation": "sum", "direction": "up", "frequency": "year", "counts_people": true});
        coalition
            .backbone
            .post(&coalition.path("/measures"), measure)
            .send()
            .await
            .expect(201);
        for (client, value) in [(&coalition.partner, 5), (&coalition.second, 7)] {
            report(
                client,
                &coalition,
                json!([{"measure": "CASES", "period": "2025", "value": value}]),
            )
            .await;
        }
        let hidden = ask(&coalition.partner, &coalition, "measure=CASES").await;
        assert_eq!(
            (&hidden[0]["value"], &hidden[0]["status"]),
            (&Value::Null, &json!("suppressed"))
        );
        let seen = ask(&coalition.backbone, &coalition, "measure=CASES").await;
        assert_eq!(seen[0]["value"], 12);
        report(
            &coalition.backbone,
            &coalition,
            json!([{"measure": "CASES", "period": "2025", "value": 1}]),
        )
        .await;
        let seen = ask(&coalition.partner, &coalition, "measure=CASES").await;
        assert_eq!(seen[0]["value"], 13);
    });
}

#[test]
fn what_was_told_as_of_an_instant_stays_told() {
    run_in_coalition(async |app, coalition| {
        app.advance(60);
        let query = "measure=VISITS&period=2024&as_of=2026-03-02T09:31:00Z";
        assert!(ask(&coalition.observer, &coalition, query).await.is_empty());
        // Recorded by a clock that has not moved on: after the instant all the same.
        let figure = json!([{"measure": "VISITS", "period": "2024", "value": 1}]);
        report(&coalition.partner, &coalition, figure).await;
        assert!(ask(&coalition.observer, &coalition, query).await.is_empty());
        assert_eq!(
            ask(&coalition.observer, &coalition, "measure=VISITS&period=2024")
                .await
                .len(),
            1
        );
    });
}

#[test]
fn people_served_by_several_are_counted_between_bounds() {
    run_in_coalition(async |app, coalition| {
        let measure = json!({"code": "TEENS", "name": "Teens served", "unit": "people", "kind": "number", "decimals": 0,
            "aggregation": "sum", "direction": "up", "frequency": "month", "counts_people": true,
            "disclosure": "open", "dimensions": ["age_group"]});
        let path = coalition.path("/measures");
        coalition.backbone.post(&path, measure).send().await.expect(201);
        let figure = |month: &str, value: i64| json!({"measure": "TEENS", "period": month, "value": value});
        let figures = json!([figure("2025-01", 30), figure("2025-02", 35)]);
        report(&coalition.partner, &coalition, figures).await;
        report(&coalition.second, &coalition, json!([figure("2025-01", 50)])).await;
        let bounds = async |query: &str| {
            let query = format!("measure=VISITS,TEENS,PROGRAMS&period=2025&bounds=true{query}");
            let rows = ask(&coalition.backbone, &coalition, &query).await;
            let told = rows.iter().map(|row| {
                let told = [&row["value"], &row["people_at_least"], &row["people_at_most"]];
                format!(
                    "{} {}",
                    row["measure"].as_str().expect("a code"),
                    told.map(Value::to_string).join(" ")
                )
            });
            told.collect::<Vec<_>>()
        };
        let [visits, programs] = ["VISITS 27000 null null", "PROGRAMS 30 null null"];
        assert_eq!(
            bounds("").await,
            [visits, "TEENS 80 50 80", "TEENS 35 35 35", programs],
            "in the order asked, from the totals where they do"
        );
        assert_eq!(bounds("&at=year").await, [visits, "TEENS 115 50 115", programs]);
        app.advance(1);
        assert_eq!(
            bounds("&as_of=2026-03-02T09:30:00.5Z").await[1..3],
            ["TEENS 80 50 80", "TEENS 35 35 35"]
        );
        let by_region = bounds("&at=year&by=partner_region").await;
        assert_eq!(by_region[2..4], ["TEENS 65 35 65", "TEENS 50 50 50"]);
        let text = async |query: &str| {
            let path = coalition.path(&format!("/aggregates?format=csv&{query}"));
            coalition.backbone.get(&path).send().await.expect(200).text()
        };
        let header = r#""measure","period","period_start","period_end","value","people_at_least","people_at_most","unit","#;
        assert!(text("measure=TEENS&bounds=true").await.starts_with(header));
        let visits = text("measure=VISITS&bounds=true").await;
        assert_eq!(
            visits,
            text("measure=VISITS").await,
            "no measure has bounds, no columns"
        );
        assert!(!text("measure=TEENS").await.contains("people_at"));
        assert!(
            !text("measure=TEENS&bounds=true&by=organization")
                .await
                .contains("people_at")
        );
        for client in [&coalition.partner, &coalition.observer] {
            let path = coalition.path("/aggregates?measure=TEENS&bounds=true");
            client.get(&path).send().await.expect(403);
        }
    });
}

#[test]
fn a_break_marks_its_measure_and_the_ratios_of_it() {
    run_in_coalition(async |app, coalition| {
        let both = json!([{"measure": "PROGRAMS", "period": "2024", "value": 4},
            {"measure": "ATTENDANCE", "period": "2024", "value": 9}]);
        report(&coalition.partner, &coalition, both).await;
        let patch =
            json!({"definition": "Online ones too.", "break_from": "2025", "break_reason": "Online counts."});
        let path = coalition.path("/measures/PROGRAMS");
        coalition.backbone.patch(&path, patch).send().await.expect(200);
        app.advance(1);
        for more in [
            "",
            "&as_of=2026-03-02T09:30:00.5Z",
            "&at=year",
            "&by=organization",
            "&by=age_group",
        ] {
            let path = coalition.path(&format!(
                "/aggregates?measure=ATTENDANCE,ATT_PER_PROGRAM,PROGRAMS{more}"
            ));
            let answer = coalition.backbone.get(&path).send().await.expect(200);
            for row in answer.data() {
                let is_marked = row["measure"] != "ATTENDANCE" && row["period"] == "2025";
                assert_eq!(row["break"], is_marked, "{more}: {row}");
            }
            let notice =
                |measure: &str| json!({"measure": measure, "period": "2025", "reason": "Online counts."});
            assert_eq!(
                answer.json()["meta"]["breaks"],
                json!([notice("ATT_PER_PROGRAM"), notice("PROGRAMS")])
            );
        }
        let path = coalition.path("/aggregates?measure=PROGRAMS&period=..2024");
        let before = coalition.backbone.get(&path).send().await.expect(200).json();
        assert_eq!(before["meta"]["breaks"], json!([]));
    });
}

#[test]
fn coverage_is_the_same_by_every_way() {
    run_in_coalition(async |app, coalition| {
        let estimate = json!([{"measure": "VISITS", "period": "2024", "value": 7, "estimated": true}]);
        report(&coalition.partner, &coalition, estimate).await;
        let stated = json!([{"measure": "VISITS", "period": "2024", "missing": "not_applicable"}]);
        report(&coalition.second, &coalition, stated).await;
        // The backbone is expected of nobody, and counts as expected since it reports.
        let unasked = json!([{"measure": "VISITS", "period": "2024", "value": 1}]);
        report(&coalition.backbone, &coalition, unasked).await;
        app.advance(1);
        let counts = |row: &Value| {
            let of =
                ["contributors", "estimated", "expected"].map(|name| row[name].as_u64().expect("a count"));
            (of, row["status"].as_str().expect("a status").to_owned())
        };
        for more in ["", "&as_of=2026-03-02T09:30:00.5Z", "&at=year"] {
            let query = format!("measure=VISITS&period=2024{more}");
            let rows = ask(&coalition.backbone, &coalition, &query).await;
            assert_eq!(
                counts(&rows[0]),
                ([2, 1, 3], "provisional".into()),
                "{more}: the clinic is awaited"
            );
            let rows = ask(
                &coalition.backbone,
                &coalition,
                &format!("{query}&by=organization"),
            )
            .await;
            let told: Vec<_> = rows
                .iter()
                .map(|row| (row["organization"].as_str(), counts(row)))
                .collect();
            let expected = [
                (Some("riverside-high"), ([1, 1, 1], "final".into())),
                (Some("riverside-library"), ([1, 0, 1], "final".into())),
                (Some("riverside-youth-club"), ([0, 0, 0], "final".into())),
            ];
            assert_eq!(told, expected, "{more}");
        }
    });
}
