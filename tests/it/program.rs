//! The program itself, as a person starts it: the demo with its real data, and `cairn check`.

use cairn::config::Registration;
use serde_json::Value;

use crate::support::database::{TestConnection, is_postgres};
use crate::support::program::Running;
use crate::support::{Client, Database, Template, TestApp, cairn, run_in_coalition};

const COALITION: &str = "/v1/coalitions/us-public-libraries";

/// Starts the demo and waits until it is ready; answers it and everything it printed until then.
fn start_demo(database: &Database) -> (Running, Vec<String>) {
    let is_ready = |lines: &[String]| lines.iter().filter(|line| line.contains("curl")).count() == 2;
    Running::start("demo", database, &[], is_ready)
}

/// The secret that the demo prints, out of a line such as `curl -u demo:SECRET '…'`.
fn secret(lines: &[String]) -> String {
    let line = lines
        .iter()
        .find(|line| line.contains("curl"))
        .expect("a curl line");
    let (_, rest) = line.split_once("demo:").expect("a secret");
    rest.split(' ').next().expect("a secret").to_owned()
}

fn expected() -> Value {
    serde_json::from_str(include_str!("../../demo/expected.json")).expect("the reference")
}

/// An object's members.
fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().expect("an object").iter()
}

async fn ask(client: &Client, query: &str) -> Vec<Value> {
    client
        .get(&format!("{COALITION}/aggregates?{query}"))
        .send()
        .await
        .expect(200)
        .data()
}

fn row<'a>(rows: &'a [Value], keys: &[(&str, &str)]) -> &'a Value {
    let found = rows
        .iter()
        .find(|row| keys.iter().all(|(name, key)| row[name] == *key));
    found.unwrap_or_else(|| panic!("no row for {keys:?}"))
}

/// Sums by measure and year, and by age group, with the number of contributors where nothing else was added to it.
async fn assert_sums(client: &Client, expected: &Value) {
    for (measure, years) in members(&expected["sum_by_measure_and_year"]) {
        let rows = ask(client, &format!("measure={measure}")).await;
        for (year, sum) in members(years) {
            assert_eq!(
                row(&rows, &[("period", year)])["value"],
                sum["sum"],
                "{measure} {year}"
            );
        }
        assert_eq!(rows.len(), members(years).count(), "{measure}");
    }
    for (measure, groups) in members(&expected["sum_by_measure_age_group_year"]) {
        let rows = ask(client, &format!("measure={measure}&by=age_group")).await;
        for (group, years) in members(groups) {
            for (year, sum) in members(years) {
                let found = row(&rows, &[("period", year), ("age_group", group)]);
                assert_eq!(found["value"], sum["sum"], "{measure} {group} {year}");
                assert_eq!(found["contributors"], sum["n"], "{measure} {group} {year}");
            }
        }
    }
}

/// A ratio's figures: the rounded value follows from the sides, which are compared where the reference has them.
fn assert_ratio(found: &Value, expected: &Value, decimals: u32, what: &str) {
    assert_eq!(found["contributors"], expected["n"], "{what}");
    if let Some(numerator) = expected.get("numerator") {
        assert_eq!(&found["numerator"], numerator, "{what}");
        assert_eq!(found["denominator"], expected["denominator"], "{what}");
    }
    let (value, reference) = (found["value"].as_f64(), expected["ratio_of_sums"].as_f64());
    let (value, reference) = (value.expect("a value"), reference.expect("a reference"));
    let half = 0.5 / 10_f64.powi(decimals as i32);
    assert!(
        (value - reference).abs() <= half + 1e-6,
        "{what}: {value} against {reference}"
    );
}

async fn assert_ratios(client: &Client, expected: &Value) {
    for (measure, decimals) in [
        ("ATT_PER_PROGRAM", 2),
        ("VISITS_PER_CAPITA", 2),
        ("YA_PROGRAM_SHARE", 4),
    ] {
        let whole = ask(client, &format!("measure={measure}")).await;
        for (group, years) in members(&expected["ratio_of_sums_by_year"][measure]) {
            let parts = match group.as_str() {
                "" | "total" | "all" => whole.clone(),
                group => ask(client, &format!("measure={measure}&cell=age_group:{group}")).await,
            };
            for (year, ratio) in members(years) {
                let found = row(&parts, &[("period", year)]);
                assert_ratio(found, ratio, decimals, &format!("{measure} {group} {year}"));
            }
        }
    }
}

async fn assert_regions(client: &Client, expected: &Value) {
    let rows = ask(client, "measure=VISITS_PER_CAPITA&by=partner_region").await;
    for (region, years) in members(&expected["visits_per_capita_by_region_year"]) {
        for (year, ratio) in members(years) {
            let found = row(&rows, &[("period", year), ("partner_region", region)]);
            assert_ratio(found, ratio, 2, &format!("{region} {year}"));
        }
    }
    let rows = ask(client, "measure=PROGRAMS&period=2017&by=partner_region,age_group").await;
    for (region, groups) in members(&expected["programs_2017_by_region_age_group"]) {
        for (group, sum) in members(groups) {
            let found = row(&rows, &[("partner_region", region), ("age_group", group)]);
            assert_eq!(
                (&found["value"], &found["contributors"]),
                (&sum["sum"], &sum["n"]),
                "{region} {group}"
            );
        }
    }
    let rows = ask(
        client,
        "measure=PROGRAMS&period=2017&by=organization&cell=age_group:young_adult",
    )
    .await;
    for top in expected["young_adult_programs_top5_2017"]
        .as_array()
        .expect("a list")
    {
        let organization = top["organization"].as_str().expect("a code");
        assert_eq!(
            row(&rows, &[("organization", organization)])["value"],
            top["value"]
        );
    }
}

/// What is odd about the data survives.
async fn assert_quirks(client: &Client) {
    let figures = async |query: &str| {
        client
            .get(&format!("{COALITION}/observations?{query}"))
            .send()
            .await
            .expect(200)
            .data()
    };
    let stated = figures("measure=PROGRAMS&organization=VI&period=2009&limit=1000").await;
    assert!(
        stated
            .iter()
            .all(|row| row["missing"] == "not_available" && row["value"].is_null()),
        "{stated:?}"
    );
    let zero = figures("measure=PROGRAMS&organization=GU&period=2009&limit=1000").await;
    assert!(
        zero.iter()
            .any(|row| row["value"] == 0 && row["missing"].is_null()),
        "{zero:?}"
    );
    let samoa = ask(client, "measure=POPULATION&by=organization&period=2009..2012").await;
    assert!(
        samoa.iter().all(|row| row["organization"] != "AS"),
        "American Samoa came in 2013"
    );
    let ratio = ask(
        client,
        "measure=ATT_PER_PROGRAM&by=organization&cell=age_group:young_adult&period=2009",
    )
    .await;
    assert!(
        ratio
            .iter()
            .all(|row| row["organization"] != "GU" || row["value"].is_null()),
        "a zero denominator"
    );
    let stock = client
        .get(&format!("{COALITION}/measures/BORROWERS"))
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(stock["accumulation"], "stock");
}

async fn count(client: &Client, wanted: impl Fn(&Value) -> bool) -> usize {
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let path = format!("{COALITION}/observations?limit=1000{cursor}");
        let answer = client.get(&path).send().await.expect(200);
        count += answer.data().iter().filter(|row| wanted(row)).count();
        match answer.json()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return count,
        }
    }
}

#[test]
fn the_demo_holds_the_real_data_and_answers_as_the_reference_does() {
    // On PostgreSQL the role that the service signs in with makes no tables.
    let database = match is_postgres() {
        true => Template::migrated().copy(),
        false => Database::empty(),
    };
    let first = start_demo(&database).1;
    assert!(cairn(&database, &["check"]).status.success());
    let lines = start_demo(&database).1;
    assert_ne!(
        secret(&first),
        secret(&lines),
        "each start prints a key of its own"
    );
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::open(database, Registration::Open).await;
        let program = app.anonymous().with_authorization(&format!("Bearer {}", secret(&lines)));
        let expected = expected();
        assert_sums(&program, &expected).await;
        assert_ratios(&program, &expected).await;
        assert_regions(&program, &expected).await;
        let session = serde_json::json!({"email": "demo@national-library-network.example", "password": "stones-mark-the-way"});
        let answer = app.anonymous().post("/v1/sessions", session).send().await.expect(200).json();
        let coordinator = app.anonymous().signed_in("demo@national-library-network.example", &answer);
        assert_quirks(&coordinator).await;
        assert_eq!(count(&coordinator, |row| !row["value"].is_null()).await, 10_291);
        assert_eq!(count(&coordinator, |row| row["estimated"] == true).await, 4_387);
        assert_eq!(count(&coordinator, |row| row["missing"] == "not_available").await, 256);
    });
}

#[test]
fn the_demo_refuses_a_database_that_is_not_a_demos() {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::open(Template::migrated().copy(), Registration::Open).await;
        app.organization("riverside").await;
        let output = cairn(&app.into_database(), &["demo"]);
        assert!(!output.status.success());
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("not a demo's"),
            "{output:?}"
        );
    });
}

#[test]
fn check_finds_a_total_that_was_tampered_with() {
    run_in_coalition(async |app, _| {
        let database = app.database();
        let output = cairn(database, &["check"]);
        assert!(output.status.success(), "{output:?}");
        let mut connection: TestConnection = database.connect();
        connection.execute("UPDATE rollup SET sum = sum + 1 WHERE contributors = 2");
        let output = cairn(database, &["check"]);
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("PROGRAMS 2025 total: stored sum 31"), "{text}");
    });
}
