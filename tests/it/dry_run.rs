//! Trying first: what a submission would change, page by page, with nothing changed.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Coalition, import, run_in_coalition};

async fn rehearse(client: &Client, coalition: &Coalition, query: &str, rows: &Value) -> Answer {
    let path = coalition.path(&format!("/observations?dry_run=true{query}"));
    client.post(&path, json!({"observations": rows})).send().await
}

#[test]
fn tells_before_and_after() {
    run_in_coalition(async |app, coalition| {
        let partner = &coalition.partner;
        let rows = json!([
            {"measure": "VISITS", "period": "2010", "value": 5},
            {"measure": "VISITS", "period": "2011", "value": 6, "estimated": true, "note": "a guess"},
            {"measure": "VISITS", "period": "2012", "missing": "not_available"}]);
        let path = coalition.path("/observations");
        partner
            .post(&path, json!({"observations": rows}))
            .send()
            .await
            .expect(201);
        let before = app.snapshot();
        let rows = json!([
            {"measure": "PROGRAMS", "period": "2012", "cell": {"age_group": "children"}, "value": 9},
            {"measure": "VISITS", "period": "2012", "value": 7},
            {"measure": "VISITS", "period": "2010", "value": 5},
            {"measure": "VISITS", "period": "2011", "value": null}]);
        let told = rehearse(partner, &coalition, "", &rows).await.expect(200).json();
        let organization = partner.organization();
        let place = |row: u32, measure: &str, period: &str, cell: Value| {
            json!({"row": row, "organization": organization, "measure": measure, "period": period, "cell": cell,
                "period_start": format!("{period}-01-01"), "period_end": format!("{period}-12-31")})
        };
        let answered =
            |value: Value| json!({"value": value, "estimated": false, "missing": null, "note": null});
        let with = |mut place: Value, before: Value, after: Value| {
            place["before"] = before;
            place["after"] = after;
            place
        };
        let missing = json!({"value": null, "estimated": false, "missing": "not_available", "note": null});
        let guess = json!({"value": 6, "estimated": true, "missing": null, "note": "a guess"});
        assert_eq!(
            told["changes"],
            json!([
                with(
                    place(1, "PROGRAMS", "2012", json!({"age_group": "children"})),
                    Value::Null,
                    answered(json!(9))
                ),
                with(place(2, "VISITS", "2012", json!({})), missing, answered(json!(7))),
                with(place(4, "VISITS", "2011", json!({})), guess, Value::Null),
            ])
        );
        assert_eq!(told["changes_total"], 3);
        before.assert_same(&app.snapshot(), "a dry run");
    });
}

#[test]
fn pages_are_in_the_order_of_the_rows() {
    run_in_coalition(async |_, coalition| {
        // Two organizations by turns, so that the order of organizations is not that of the rows.
        let organizations = [&coalition.second, &coalition.partner].map(Client::organization);
        let rows: Vec<Value> = (0..150)
            .map(|row| {
                json!({"measure": "VISITS", "period": (1800 + row / 2).to_string(), "value": row,
                    "organization": organizations[row % 2]})
            })
            .collect();
        let rows = json!(rows);
        let mut seen = Vec::new();
        for (query, count) in [
            ("", 100),
            ("&offset=100", 50),
            ("&limit=20&offset=10", 20),
            ("&offset=150", 0),
        ] {
            let told = rehearse(&coalition.backbone, &coalition, query, &rows).await;
            let told = told.expect(200).json();
            assert_eq!(told["changes_total"], 150, "{query}");
            let changes = told["changes"].as_array().expect("a list").clone();
            assert_eq!(changes.len(), count, "{query}");
            seen.push(changes);
        }
        assert_eq!(seen[2], seen[0][10..30]);
        let all = seen[0].iter().chain(&seen[1]).enumerate();
        for (place, change) in all {
            assert_eq!(change["row"], place + 1);
            assert_eq!(change["organization"], organizations[place % 2]);
            assert_eq!(change["after"]["value"], place);
        }
    });
}

#[test]
fn names_lines_and_keeps_digits() {
    run_in_coalition(async |_, coalition| {
        let answer = coalition
            .partner
            .post_csv(
                &coalition.path("/observations?dry_run=true&mode=partial"),
                "measure,period,value\nNOTHING,2012,1\nVISITS,2012,9007199254740991\n",
            )
            .send()
            .await
            .expect(200);
        assert!(answer.text().contains(r#""after":{"value":9007199254740991,"#));
        let change = &answer.json()["changes"][0];
        assert_eq!((&change["row"], &change["at"]), (&json!(2), &json!("line 3")));
    });
}

#[test]
fn pages_are_refused_where_they_mean_nothing() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let rows = json!([{"measure": "VISITS", "period": "2012", "value": 7}]);
        for (query, issue) in [
            ("dry_run=true&limit=0", "?limit out_of_range"),
            ("dry_run=true&limit=1001", "?limit out_of_range"),
            ("limit=10", "?limit not_a_dry_run"),
            ("offset=10", "?offset not_a_dry_run"),
        ] {
            let path = coalition.path(&format!("/observations?{query}"));
            let mut request = coalition.partner.post(&path, json!({"observations": rows}));
            if issue.ends_with("out_of_range") {
                request = request.off_contract("a page of no such size");
            }
            assert_eq!(request.send().await.expect(422).issues(), [issue]);
        }
        before.assert_same(&app.snapshot(), "pages of nothing");
    });
}

#[test]
fn the_operator_sees_the_first_changes() {
    run_in_coalition(async |app, coalition| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("visits.csv");
        let lines: String = (1900..1930)
            .map(|year| format!("PROGRAMS,{year},children,7\n"))
            .collect();
        let text = format!("measure,period,age_group,value\nVISITS,2024,,1\n{lines}");
        std::fs::write(&file, text).unwrap();
        let before = app.snapshot();
        let organization = coalition.partner.organization();
        let names = [coalition.code.as_str(), organization];
        let output = import(app.database(), names, &file, &["--dry-run"]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}");
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with(&format!("change at line 2: {organization} VISITS 2024: ")));
        assert!(lines[0].ends_with(" becomes 1"));
        let second =
            format!("change at line 3: {organization} PROGRAMS 1900 age_group=children: nothing becomes 7");
        assert_eq!(lines[1], second);
        assert_eq!(lines[20], "… and 11 more changes");
        before.assert_same(&app.snapshot(), "a dry run of an import");
    });
}
