//! Tables to fill in: what they have rows for, what is filled in already, and that they come back as they went.

use std::io::Cursor;

use calamine::{Data, Range, Reader, SheetVisible, Xlsx};
use serde_json::{Value, json};

use crate::support::{Client, Coalition, run_in_coalition};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn fetch(client: &Client, coalition: &Coalition, name: &str, period: &str) -> Vec<u8> {
    let path = coalition.path(&format!("/{name}?period={period}"));
    let answer = client.get(&path).send().await.expect(200);
    let disposition = format!(
        "attachment; filename=\"{}-{period}.{}\"",
        coalition.code,
        &name[9..]
    );
    assert_eq!(answer.header("content-disposition"), Some(disposition.as_str()));
    answer.body.clone()
}

async fn send(client: &Client, coalition: &Coalition, media_type: &str, body: Vec<u8>) -> Value {
    let path = coalition.path("/observations");
    let request = client.request("POST", &path).body(media_type, body);
    request.send().await.expect(201).json()["counts"].clone()
}

fn lines(csv: Vec<u8>) -> Vec<String> {
    String::from_utf8(csv)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn sheet(bytes: &[u8], name: &str) -> Range<Data> {
    Xlsx::new(Cursor::new(bytes))
        .unwrap()
        .worksheet_range(name)
        .unwrap()
}

/// The texts of a row of the sheet, from 0.
fn texts(sheet: &Range<Data>, row: u32) -> Vec<String> {
    let (_, width) = sheet.end().unwrap();
    (0..=width)
        .map(|column| {
            sheet
                .get_value((row, column))
                .map(ToString::to_string)
                .unwrap_or_default()
        })
        .collect()
}

async fn report(coalition: &Coalition) {
    let rows = json!({"observations": [
        {"measure": "PROGRAMS", "period": "2030", "value": 12, "note": "=1+1"},
        {"measure": "PROGRAMS", "period": "2030", "cell": {"age_group": "young_adult"}, "value": 7, "estimated": true},
        {"measure": "VISITS", "period": "2030", "missing": "not_available"},
        {"measure": "VISITS", "period": "2029", "cell": {"age_group": "_"}, "value": 3}]});
    coalition
        .partner
        .post(&coalition.path("/observations"), rows)
        .send()
        .await
        .expect(201);
}

#[test]
fn has_a_row_for_each_figure_asked_for() {
    run_in_coalition(async |_, coalition| {
        report(&coalition).await;
        let csv = fetch(&coalition.partner, &coalition, "template.csv", "2030").await;
        let expected = [
            "measure,period,age_group,value,missing,estimated,note",
            "PROGRAMS,2030,,12,,,'=1+1",
            "PROGRAMS,2030,children,,,,",
            "PROGRAMS,2030,young_adult,7,,true,",
            "ATTENDANCE,2030,,,,,",
            "ATTENDANCE,2030,children,,,,",
            "ATTENDANCE,2030,young_adult,,,,",
            "VISITS,2030,,,not_available,,",
            "VISITS,2030,children,,,,",
            "VISITS,2030,young_adult,,,,",
            "VISITS,2030,_,,,,",
        ];
        assert_eq!(lines(csv), expected);
        let workbook = fetch(&coalition.partner, &coalition, "template.xlsx", "2030").await;
        let figures = sheet(&workbook, "Figures");
        let names = "measure|(name)|period|age_group|value|missing|estimated|note|(previous)";
        assert_eq!(texts(&figures, 0).join("|"), names);
        assert_eq!(
            texts(&figures, 3).join("|"),
            "PROGRAMS|Library programs|2030|young_adult|7||yes||"
        );
        assert_eq!(texts(&figures, 10).join("|"), "VISITS|Visits|2030|_|||||3");
        assert_eq!(figures.height(), 11);
    });
}

#[test]
fn comes_back_as_it_went() {
    run_in_coalition(async |app, coalition| {
        report(&coalition).await;
        let (partner, home) = (&coalition.partner, &coalition);
        app.advance(1);
        let before = app.snapshot();
        for period in ["2029", "2030"] {
            let csv = fetch(partner, home, "template.csv", period).await;
            let workbook = fetch(partner, home, "template.xlsx", period).await;
            for (media_type, body) in [("text/csv", csv), (XLSX, workbook)] {
                let path = home.path("/observations?dry_run=true");
                let request = partner.request("POST", &path).body(media_type, body);
                let receipt = request.send().await.expect(200).json();
                assert_eq!(
                    receipt["counts"]["unchanged"], receipt["counts"]["received"],
                    "{receipt}"
                );
                assert_eq!(receipt["errors_total"], 0);
            }
        }
        before.assert_same(&app.snapshot(), "templates that come back as they went");
    });
}

#[test]
fn half_filled_adds_what_was_filled_in() {
    run_in_coalition(async |app, coalition| {
        report(&coalition).await;
        app.advance(1);
        let (partner, home) = (&coalition.partner, &coalition);
        let csv = String::from_utf8(fetch(partner, home, "template.csv", "2030").await).unwrap();
        let filled = csv.replace("ATTENDANCE,2030,,,,,", "ATTENDANCE,2030,,99,,,late");
        let counts = send(partner, home, "text/csv", filled.into_bytes()).await;
        assert_eq!(
            (&counts["created"], &counts["unchanged"]),
            (&json!(1), &json!(9)),
            "{counts}"
        );
        let blanked = "measure,period,value\nATTENDANCE,2030,\n";
        let counts = send(partner, home, "text/csv", blanked.into()).await;
        assert_eq!(counts["withdrawn"], 1);
    });
}

#[test]
fn says_whom_it_was_made_for() {
    run_in_coalition(async |_, coalition| {
        let (partner, home) = (&coalition.partner, &coalition);
        report(home).await;
        let bytes = fetch(partner, home, "template.xlsx", "2030").await;
        let workbook = Xlsx::new(Cursor::new(&bytes)).unwrap();
        let hidden: Vec<_> = workbook
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.visible != SheetVisible::Visible)
            .map(|sheet| sheet.name.clone())
            .collect();
        assert_eq!(hidden, ["cairn"]);
        let facts = sheet(&bytes, "cairn");
        let told: Vec<_> = (0..4).map(|row| texts(&facts, row)[..2].join(": ")).collect();
        assert_eq!(told[0], format!("coalition: {}", home.code));
        assert_eq!(told[1], format!("organization: {}", partner.organization()));
        assert!(told[2].starts_with("schema_version: ") && told[3] == "period: 2030");
        let list: Vec<_> = (0..4).map(|row| texts(&facts, row)[3].clone()).collect();
        assert_eq!(list, ["age_group", "children", "young_adult", "_"]);
        let path = home.path("/observations");
        let refused = coalition
            .second
            .request("POST", &path)
            .body(XLSX, bytes)
            .send()
            .await;
        assert_eq!(refused.expect(422).issues(), [" made_for_another_organization"]);
    });
}

#[test]
fn asks_for_a_period() {
    run_in_coalition(async |_, coalition| {
        let ask = async |query: &str| {
            let path = coalition.path(&format!("/template.csv{query}"));
            let request = coalition.partner.get(&path);
            request.off_contract("a period that is none").send().await
        };
        assert_eq!(ask("").await.expect(400).issues(), ["?period required"]);
        for period in ["soon", "2029..2030", "2030-Q5"] {
            let refused = ask(&format!("?period={period}")).await.expect(422);
            assert_eq!(refused.issues(), ["?period invalid_period"], "{period}");
        }
        let nothing = lines(ask("?period=2030-Q1").await.expect(200).body.clone());
        assert_eq!(nothing, ["measure,period,value,missing,estimated,note"]);
    });
}

/// The template of `riverside-high` for 2030, in which LibreOffice Calc has changed cells: a figure, a formula, a
/// reason, a note, a figure with too many decimals, and a row below with a code that there is not.
const EDITED: &[u8] = include_bytes!("../data/template-edited-by-libreoffice.xlsx");

#[test]
fn comes_back_edited_by_libreoffice() {
    run_in_coalition(async |app, coalition| {
        report(&coalition).await;
        app.advance(1);
        let (partner, path) = (&coalition.partner, coalition.path("/observations"));
        let request = partner.request("POST", &path).body(XLSX, EDITED);
        let refused = request.send().await.expect(422).json();
        let told: Vec<_> = refused["errors"].as_array().unwrap().iter().collect();
        assert_eq!(told.len(), 2, "{refused}");
        assert_eq!(
            (&told[0]["at"], &told[0]["code"]),
            (&json!("Figures!E9"), &json!("too_many_decimals"))
        );
        assert_eq!(
            (&told[1]["at"], &told[1]["code"]),
            (&json!("Figures!D12"), &json!("unknown_code"))
        );
        let request = partner
            .request("POST", &format!("{path}?mode=partial"))
            .body(XLSX, EDITED);
        let counts = request.send().await.expect(200).json()["counts"].clone();
        let count = |name: &str| counts[name].as_u64().unwrap();
        assert_eq!(
            (count("created"), count("unchanged"), count("rejected")),
            (3, 3, 2),
            "{counts}"
        );
        let listed = format!("{path}?measure=ATTENDANCE&period=2030");
        let found = partner.get(&listed).send().await.expect(200).data();
        // In the order in which their cells were first used.
        let values: Vec<_> = found.iter().map(|row| &row["value"]).collect();
        assert_eq!(values, [&json!(90), &Value::Null, &json!(30)]);
        assert_eq!(found[2]["note"], "Café, the “north” room");
    });
}
