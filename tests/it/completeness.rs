//! Completeness: who has reported what, by when it was due, and who sees that.

use serde_json::{Value, json};

use crate::support::{Client, Coalition, run_in_coalition};

const DAY: i64 = 24 * 3_600;

async fn ask(client: &Client, coalition: &Coalition, query: &str) -> Vec<Value> {
    let path = coalition.path(&format!("/completeness?{query}"));
    client.get(&path).send().await.expect(200).data()
}

async fn change(coalition: &Coalition, path: &str, patch: Value) {
    let path = coalition.path(path);
    coalition.backbone.patch(&path, patch).send().await.expect(200);
}

async fn report(client: &Client, coalition: &Coalition, observations: Value) {
    let body = json!({"observations": observations});
    let path = coalition.path("/observations");
    client.post(&path, body).send().await.expect(201);
}

async fn add_loans(coalition: &Coalition) {
    let loans = json!({"code": "LOANS", "name": "Loans", "unit": "loans", "kind": "number", "decimals": 0,
        "aggregation": "sum", "direction": "up", "frequency": "month", "due_days": 15});
    let path = coalition.path("/measures");
    coalition.backbone.post(&path, loans).send().await.expect(201);
}

/// Organization, period, and how many measures are expected, reported and missing.
fn told(rows: &[Value]) -> Vec<(String, String, [u64; 3])> {
    let of = |row: &Value| {
        let text = |name: &str| row[name].as_str().expect("a text").to_owned();
        let counts = ["expected", "reported", "missing"].map(|name| row[name].as_u64().expect("a count"));
        (text("organization"), text("period"), counts)
    };
    rows.iter().map(of).collect()
}

fn line(organization: &str, period: &str, counts: [u64; 3]) -> (String, String, [u64; 3]) {
    (format!("riverside-{organization}"), period.to_owned(), counts)
}

/// Measure, status and timeliness of each measure in a row.
fn standing(row: &Value) -> Vec<String> {
    let items = row["measures"].as_array().expect("measures").iter();
    let of = |item: &Value| {
        let text = |name: &str| item[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", text("measure"), text("status"), text("timeliness"))
    };
    items.map(of).collect()
}

#[test]
fn the_backbone_sees_everybody_and_a_partner_itself() {
    run_in_coalition(async |app, coalition| {
        // The clinic left this year: for last year it is expected still.
        let everybody = [
            line("clinic", "2025", [3, 0, 3]),
            line("high", "2025", [3, 3, 0]),
            line("youth-club", "2025", [3, 3, 0]),
        ];
        let rows = ask(&coalition.backbone, &coalition, "").await;
        assert_eq!(told(&rows), everybody);
        let first = &rows[1]["measures"][0]["first_reported_at"];
        let measures = ["PROGRAMS", "ATTENDANCE", "VISITS"].map(|measure| {
            json!({"measure": measure, "status": "reported", "due_on": null, "first_reported_at": first,
                "timeliness": null})
        });
        assert_eq!(
            rows[1],
            json!({"organization": "riverside-high", "name": "The riverside-high", "period": "2025",
                "period_start": "2025-01-01", "period_end": "2025-12-31", "expected": 3, "reported": 3,
                "not_available": 0, "not_applicable": 0, "missing": 0, "on_time": 0, "late": 0, "overdue": 0,
                "measures": measures})
        );
        assert_eq!(
            told(&ask(&coalition.partner, &coalition, "").await),
            everybody[1..2]
        );
        let key = coalition.partner.key(&["aggregates:read"], None).await;
        assert_eq!(told(&ask(&key, &coalition, "").await), everybody[1..2]);
        let own = "organization=Riverside-High";
        for client in [&coalition.partner, &coalition.backbone] {
            assert_eq!(told(&ask(client, &coalition, own).await), everybody[1..2]);
        }
        let path = coalition.path("/completeness");
        for (client, query, status) in [
            (&app.anonymous(), "", 401),
            (&coalition.former, "", 404),
            (&coalition.invited, "", 403),
            (&coalition.observer, "", 403),
            (&coalition.partner, "?organization=riverside-youth-club", 403),
            (&coalition.partner, "?organization=nobody", 403),
        ] {
            client.get(&format!("{path}{query}")).send().await.expect(status);
        }
    });
}

#[test]
fn the_first_answer_decides_whether_it_was_in_time() {
    run_in_coalition(async |app, coalition| {
        // The figures came on 2 March: 61 days after the year, and one day after its 60th.
        change(&coalition, "/measures/PROGRAMS", json!({"due_days": 61})).await;
        change(&coalition, "/measures/ATTENDANCE", json!({"due_days": 60})).await;
        let key = coalition.backbone.key(&["aggregates:read"], None).await;
        let writer = coalition.partner.key(&["observations:write"], None).await;
        let query = "organization=riverside-high";
        let rows = ask(&key, &coalition, query).await;
        let expected = [
            "PROGRAMS reported on_time",
            "ATTENDANCE reported late",
            "VISITS reported -",
        ];
        assert_eq!(standing(&rows[0]), expected);
        assert_eq!((&rows[0]["on_time"], &rows[0]["late"]), (&json!(1), &json!(1)));
        assert_eq!(rows[0]["measures"][0]["due_on"], "2026-03-02");
        app.advance(30 * DAY);
        let figure = |value: Value| json!([{"measure": "PROGRAMS", "period": "2025", "value": value}]);
        let teens = json!({"age_group": "young_adult"});
        report(&writer, &coalition, figure(json!(11))).await;
        assert_eq!(
            standing(&ask(&key, &coalition, query).await[0]),
            expected,
            "a correction"
        );
        let none = json!([{"measure": "PROGRAMS", "period": "2025", "cell": teens, "value": null},
            {"measure": "PROGRAMS", "period": "2025", "value": null}]);
        report(&writer, &coalition, none).await;
        let taken_back = ask(&key, &coalition, query).await;
        assert_eq!(standing(&taken_back[0])[0], "PROGRAMS missing overdue");
        assert_eq!(taken_back[0]["measures"][0]["first_reported_at"], Value::Null);
        report(&writer, &coalition, figure(json!(12))).await;
        let again = ask(&key, &coalition, query).await;
        assert_eq!(standing(&again[0]), expected, "given again");
        assert_eq!(
            again[0]["measures"][0]["first_reported_at"],
            rows[0]["measures"][0]["first_reported_at"]
        );
    });
}

#[test]
fn what_was_stated_is_told_apart() {
    run_in_coalition(async |app, coalition| {
        change(&coalition, "/measures/VISITS", json!({"due_days": 100})).await;
        let stated = json!([{"measure": "PROGRAMS", "period": "2024", "missing": "not_applicable"},
            {"measure": "ATTENDANCE", "period": "2024", "missing": "not_available"}]);
        report(&coalition.partner, &coalition, stated).await;
        let rows = ask(&coalition.partner, &coalition, "period=2024").await;
        assert_eq!(
            standing(&rows[0]),
            [
                "PROGRAMS not_applicable -",
                "ATTENDANCE not_available -",
                "VISITS missing overdue"
            ]
        );
        let counts = [
            "expected",
            "reported",
            "not_available",
            "not_applicable",
            "missing",
            "overdue",
        ];
        assert_eq!(
            counts.map(|name| rows[0][name].as_u64()),
            [2, 0, 1, 1, 1, 1].map(Some)
        );
        // A value at any cell is a report.
        let part =
            json!([{"measure": "PROGRAMS", "period": "2024", "cell": {"age_group": "children"}, "value": 1}]);
        report(&coalition.partner, &coalition, part).await;
        let rows = ask(&coalition.partner, &coalition, "period=2024&measure=programs").await;
        assert_eq!(standing(&rows[0]), ["PROGRAMS reported -"]);
        let late = json!([{"measure": "VISITS", "period": "2024", "value": 1}]);
        report(&coalition.second, &coalition, late).await;
        app.advance(1);
        let rows = ask(&coalition.second, &coalition, "period=2024&measure=VISITS").await;
        assert_eq!(standing(&rows[0]), ["VISITS reported late"]);
    });
}

#[test]
fn what_is_expected_is_what_was_chosen_or_is_required() {
    run_in_coalition(async |_, coalition| {
        change(&coalition, "/measures/VISITS", json!({"required": true})).await;
        let choice = json!({"expected_measures": ["PROGRAMS", "ATTENDANCE"]});
        change(&coalition, "/partners/riverside-high", choice).await;
        let nothing = json!({"expected_measures": []});
        change(&coalition, "/partners/riverside-clinic", nothing).await;
        let rows = ask(&coalition.backbone, &coalition, "").await;
        let expected = [
            line("high", "2025", [2, 2, 0]),
            line("youth-club", "2025", [1, 1, 0]),
        ];
        assert_eq!(told(&rows), expected, "who is asked for nothing has no row");
        // As aggregates have it.
        let path = coalition.path("/aggregates?period=2025&measure=PROGRAMS,VISITS");
        let rows = coalition.backbone.get(&path).send().await.expect(200).data();
        let told: Vec<_> = rows.iter().map(|row| row["expected"].as_u64()).collect();
        assert_eq!(told, [Some(2), Some(2)], "two of whom one was asked each");
    });
}

#[test]
fn reporters_have_a_line_for_their_population_measures() {
    run_in_coalition(async |_, coalition| {
        let residents = json!({"code": "RESIDENTS", "name": "Residents", "unit": "people", "kind": "number",
            "decimals": 0, "aggregation": "none", "direction": "neutral", "frequency": "year", "scope": "population"});
        let path = coalition.path("/measures");
        coalition.backbone.post(&path, residents).send().await.expect(201);
        let rows = ask(&coalition.backbone, &coalition, "measure=RESIDENTS").await;
        assert_eq!(told(&rows), [line("library", "2025", [1, 0, 1])]);
    });
}

#[test]
fn each_measure_is_asked_about_in_its_own_periods() {
    run_in_coalition(async |app, coalition| {
        add_loans(&coalition).await;
        let key = coalition.partner.key(&["aggregates:read"], None).await;
        let own = line("high", "2025", [3, 3, 0]);
        let rows = ask(&key, &coalition, "").await;
        assert_eq!(told(&rows), [line("high", "2026-02", [1, 0, 1]), own.clone()]);
        assert_eq!(standing(&rows[0]), ["LOANS missing awaited"]);
        let of_loans = async |period: &str| {
            let rows = ask(&key, &coalition, &format!("measure=LOANS&period={period}")).await;
            rows.iter()
                .map(|row| row["period"].as_str().expect("a period").to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of_loans("2026").await,
            ["2026-01", "2026-02"],
            "March has not ended"
        );
        assert_eq!(of_loans("2025-11..2025-12").await, ["2025-11", "2025-12"]);
        assert_eq!(of_loans("..2026").await, [""; 0], "nobody ever reported any");
        let december = json!([{"measure": "LOANS", "period": "2025-12", "value": 1}]);
        report(&coalition.second, &coalition, december).await;
        assert_eq!(of_loans("..2026").await, ["2025-12", "2026-01", "2026-02"]);
        assert_eq!(of_loans("2027").await, [""; 0]);
        app.advance(14 * DAY);
        let rows = ask(&key, &coalition, "").await;
        assert_eq!(standing(&rows[0]), ["LOANS missing overdue"]);
        change(
            &coalition_again(&app, &coalition).await,
            "/measures/LOANS",
            json!({"retired": true}),
        )
        .await;
        assert_eq!(
            told(&ask(&key, &coalition, "").await),
            [own],
            "a retired measure takes no figures"
        );
    });
}

/// The coalition with its backbone in a session that has not expired.
async fn coalition_again(app: &crate::support::TestApp, coalition: &Coalition) -> Coalition {
    Coalition {
        backbone: app.sign_in(coalition.backbone.email()).await,
        ..coalition.clone()
    }
}

#[test]
fn pages_make_the_whole() {
    run_in_coalition(async |_, coalition| {
        add_loans(&coalition).await;
        let query = "period=2025-11..2026";
        let whole = ask(&coalition.backbone, &coalition, query).await;
        assert_eq!(whole.len(), 12, "three partners, four months");
        for limit in [1, 4, 5] {
            let (mut pages, mut cursor) = (Vec::new(), String::new());
            loop {
                let path = coalition.path(&format!("/completeness?{query}&limit={limit}{cursor}"));
                let page = coalition.backbone.get(&path).send().await.expect(200);
                pages.extend(page.data());
                match page.json()["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(pages, whole, "{limit}");
        }
    });
}

#[test]
fn names_what_cannot_be_asked() {
    run_in_coalition(async |_, coalition| {
        let daily = json!({"code": "DAILY", "name": "Daily", "unit": "x", "kind": "number", "decimals": 0,
            "aggregation": "sum", "direction": "up", "frequency": "day"});
        let path = coalition.path("/measures");
        coalition.backbone.post(&path, daily).send().await.expect(201);
        for (query, status, issue) in [
            ("measure=NOTHING", 422, "?measure unknown_measure"),
            ("measure=", 422, "?measure empty"),
            ("measure=ATT_PER_PROGRAM", 422, "?measure not_reported"),
            ("period=yesterday", 422, "?period invalid_period"),
            ("period=1000..2026", 422, "?period too_many_periods"),
            ("organization=nobody", 422, "?organization unknown_organization"),
            ("limit=0", 422, "?limit out_of_range"),
            ("cursor=x", 422, "?cursor unknown_cursor"),
            ("colour=red", 400, "?colour unknown_field"),
        ] {
            let request = coalition
                .backbone
                .get(&coalition.path(&format!("/completeness?{query}")));
            let answer = request
                .off_contract("cannot be asked")
                .send()
                .await
                .expect(status);
            assert_eq!(answer.issues(), [issue], "{query}");
        }
    });
}
