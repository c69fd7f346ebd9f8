//! Submitting in every format: the same figures as NDJSON, wide CSV and workbooks; and files that cannot be read.

use std::io::Write;

use rust_xlsxwriter::{Formula, Workbook, Worksheet};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Coalition, import, run_in_coalition};

const NDJSON: &str = "application/x-ndjson";
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn send(
    client: &Client,
    coalition: &Coalition,
    query: &str,
    media_type: &str,
    body: impl Into<Vec<u8>>,
) -> Answer {
    let path = coalition.path(&format!("/observations{query}"));
    client.request("POST", &path).body(media_type, body).send().await
}

/// The figures of 2024 as `MEASURE cell: value or reason`.
async fn figures(client: &Client, coalition: &Coalition) -> Vec<String> {
    let path = coalition.path("/observations?period=2024&limit=1000");
    let found = client.get(&path).send().await.expect(200).data();
    found
        .iter()
        .map(|row| {
            let value = if row["value"].is_null() {
                &row["missing"]
            } else {
                &row["value"]
            };
            let cell = row["cell"]["age_group"].as_str().unwrap_or_default();
            format!("{} {cell}: {value}", row["measure"].as_str().unwrap())
        })
        .collect()
}

fn at(answer: &Answer) -> Vec<String> {
    let answer = answer.json();
    let errors = answer["errors"].as_array().unwrap();
    let told = |error: &Value, name| error[name].as_str().unwrap_or_default().to_owned();
    errors
        .iter()
        .map(|error| format!("{} {}", told(error, "at"), told(error, "code")))
        .collect()
}

fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet(), rows);
    book.save_to_buffer().unwrap()
}

fn fill(sheet: &mut Worksheet, rows: &[&[&str]]) {
    for (row, texts) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*texts) {
            match text.parse::<f64>() {
                Ok(number) => sheet.write(row, column, number).unwrap(),
                Err(_) => sheet.write(row, column, *text).unwrap(),
            };
        }
    }
}

const FIGURES: [&str; 4] = [
    "PROGRAMS : 12",
    "PROGRAMS young_adult: 7",
    "ATTENDANCE young_adult: \"not_available\"",
    "VISITS : 0",
];

#[test]
fn the_same_figures_in_every_format() {
    run_in_coalition(async |app, coalition| {
        let ndjson = "{\"measure\": \"PROGRAMS\", \"period\": \"2024\", \"value\": 12}\n\n\
            {\"measure\": \"PROGRAMS\", \"period\": \"2024\", \"cell\": {\"age_group\": \"young_adult\"}, \"value\": 7}\n\
            {\"measure\": \"ATTENDANCE\", \"period\": \"2024\", \"cell\": {\"age_group\": \"young_adult\"}, \"missing\": \"not_available\"}\n\
            {\"measure\": \"VISITS\", \"period\": \"2024\", \"value\": 0}";
        let wide =
            "period,age_group,PROGRAMS,attendance,VISITS\r\n2024,,12,,0\r\n2024,young_adult,7,n/a,\r\n";
        let tidy: &[&[&str]] = &[
            &["Figures of Riverside High"],
            &[],
            &["measure", "(name)", "period", "age_group", "value", "missing"],
            &["PROGRAMS", "Library programs", "2024", "", "12"],
            &["PROGRAMS", "", "2024", "young_adult", "7"],
            &["ATTENDANCE", "", "2024", "young_adult", "", "not_available"],
            &["ATTENDANCE", "", "2024", "children", "", ""],
            &["VISITS", "", "2024", "", "0"],
        ];
        let table: &[&[&str]] = &[
            &["period", "age_group", "PROGRAMS", "ATTENDANCE", "VISITS"],
            &["2024", "", "12", "", "0"],
            &["2024", "young_adult", "7", "n/a", ""],
        ];
        let (client, home) = (&coalition.partner, &coalition);
        let first = send(client, home, "", NDJSON, ndjson).await.expect(201).json();
        assert_eq!(first["counts"]["received"], 4);
        assert_eq!(figures(client, home).await, FIGURES);
        for (query, media_type, body) in [
            ("?layout=wide", "text/csv", wide.as_bytes().to_vec()),
            ("", XLSX, workbook(tidy)),
            ("", XLSX, workbook(table)),
        ] {
            app.advance(1);
            let receipt = send(client, home, query, media_type, body)
                .await
                .expect(201)
                .json();
            assert_eq!(receipt["counts"]["unchanged"], 4, "{receipt}");
        }
        assert_eq!(figures(client, home).await, FIGURES);
    });
}

#[test]
fn the_operator_imports_a_wide_table() {
    run_in_coalition(async |app, coalition| {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        let run = |file: &std::path::Path, options: &[&str]| {
            let names = [&coalition.code, coalition.partner.organization()];
            let output = import(app.database(), names, file, options);
            let said = String::from_utf8(output.stdout).unwrap();
            (
                output.status.success(),
                said,
                String::from_utf8(output.stderr).unwrap(),
            )
        };
        let table = "period,age_group,PROGRAMS,attendance,VISITS,(who)\r\n2024,,12,,0,Ana\r\n2024,young_adult,7,n/a,,\r\n";
        let file = write("figures.csv", table.as_bytes());
        let before = app.snapshot();
        let (is_done, _, complaint) = run(&file, &[]);
        assert!(!is_done && complaint.contains("--wide"), "{complaint}");
        let book = write(
            "figures.xlsx",
            &workbook(&[&["period", "VISITS"], &["2024", "5"]]),
        );
        let (is_done, _, complaint) = run(&book, &["--wide"]);
        assert!(
            !is_done && complaint.contains("shows its layout itself"),
            "{complaint}"
        );
        let wrong = write("wrong.csv", table.replace(",7,", ",7.5,").as_bytes());
        let (is_done, said, complaint) = run(&wrong, &["--wide"]);
        assert!(
            said.starts_with("error at line 3: `7.5` has more decimals"),
            "{said}"
        );
        assert!(
            !is_done && complaint.contains("1 of 4 rows cannot be taken; nothing was changed"),
            "{complaint}"
        );
        let (is_done, said, _) = run(&file, &["--wide", "--dry-run"]);
        assert!(is_done && said.contains("dry_run: 4 rows: 4 created"), "{said}");
        before.assert_same(&app.snapshot(), "refused and rehearsed imports");

        let (is_done, said, _) = run(&wrong, &["--wide", "--partial"]);
        assert!(
            !is_done
                && said
                    .contains("partial: 4 rows: 3 created, 0 updated, 0 unchanged, 0 withdrawn, 1 rejected")
        );
        let (is_done, said, _) = run(&file, &["--wide"]);
        assert!(
            is_done && said.contains("applied: 4 rows: 1 created, 0 updated, 3 unchanged"),
            "{said}"
        );
        assert_eq!(figures(&coalition.partner, &coalition).await, FIGURES);
        let (is_done, said, _) = run(&book, &[]);
        assert!(is_done && said.contains("1 row: 0 created, 1 updated"), "{said}");
    });
}

#[test]
fn says_where_a_row_is_wrong() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let (client, home) = (&coalition.partner, &coalition);
        let deep = format!("{{\"value\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let ndjson =
            format!("{{\"measure\": \"VISITS\", \"period\": \"2024\", \"value\": 1}}\n{deep}\n{{\"value\"\n");
        let refused = send(client, home, "", NDJSON, ndjson).await.expect(422);
        assert_eq!(at(&refused), ["line 2 wrong_type", "line 3 malformed_json"]);

        let wide =
            "period,age_group,PROGRAMS,VISITS\n2024,children,\"1,234\",1.5\n2024,old,1,\n2024-Q1,,,2\n";
        let refused = send(client, home, "?layout=wide", "text/csv", wide)
            .await
            .expect(422);
        assert_eq!(
            at(&refused),
            [
                "line 2 invalid_value",
                "line 2 too_many_decimals",
                "line 3 unknown_code",
                "line 4 wrong_frequency"
            ]
        );
        assert!(refused.text().contains("without separators for thousands"));

        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name("Spring").unwrap();
        fill(
            sheet,
            &[
                &["period", "age_group", "PROGRAMS", "VISITS"],
                &["2024", "old", "1", "2.5"],
            ],
        );
        sheet.write(3, 0, 2024).unwrap();
        sheet
            .write(3, 2, Formula::new("=1/0").set_result("#DIV/0!"))
            .unwrap();
        sheet.write(3, 3, Formula::new("=2*3").set_result("6")).unwrap();
        let body = book.save_to_buffer().unwrap();
        let refused = send(client, home, "", XLSX, body).await.expect(422);
        assert_eq!(
            at(&refused),
            [
                "Spring!B2 unknown_code",
                "Spring!B2 unknown_code",
                "Spring!D2 too_many_decimals",
                "Spring!C4 cell_error"
            ]
        );
        before.assert_same(&app.snapshot(), "rows that cannot be taken");
    });
}

#[test]
fn says_what_keeps_a_file_from_being_read() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let (client, home) = (&coalition.partner, &coalition);
        let whole = workbook(&[&["period", "VISITS"], &["2024", "5"]]);
        for (query, media_type, body, code) in [
            ("", NDJSON, Vec::new(), "empty"),
            (
                "?layout=wide",
                "text/csv",
                b"period,VISIT\n2024,5\n".to_vec(),
                "unknown_column",
            ),
            (
                "?layout=wide",
                "text/csv",
                b"period,VISITS\n2024,\n".to_vec(),
                "empty",
            ),
            ("", XLSX, whole[..whole.len() / 2].to_vec(), "malformed_xlsx"),
            (
                "",
                XLSX,
                workbook(&[&["period", "VISITS"], &["2024", ""]]),
                "empty",
            ),
            (
                "",
                XLSX,
                workbook(&[&["period", "value"], &["2024", "5"]]),
                "invalid_header",
            ),
        ] {
            let refused = send(client, home, query, media_type, body).await.expect(400);
            assert_eq!(refused.issues(), [format!(" {code}")]);
        }
        let refused = send(client, home, "?layout=wide", XLSX, whole).await.expect(422);
        assert_eq!(refused.issues(), ["?layout layout_of_csv_only"]);
        let open = "measure,period,value,note\nVISITS,2024,5,\"open\n".to_owned()
            + &"VISITS,2023,5,x\n".repeat(100_000);
        let refused = send(client, home, "", "text/csv", open).await.expect(400);
        assert_eq!(refused.issues(), [" malformed_csv"]);
        before.assert_same(&app.snapshot(), "files that cannot be read");
    });
}

/// A workbook of some 300 KB that expands to 300 MB.
pub fn bomb() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..300 {
        archive.write_all(&zeros).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn refuses_a_workbook_that_expands_too_far() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let refused = send(&coalition.partner, &coalition, "", XLSX, bomb())
            .await
            .expect(413);
        assert!(refused.json()["detail"].as_str().unwrap().contains("text/csv"));
        before.assert_same(&app.snapshot(), "a workbook that expands too far");
    });
}

#[test]
fn refuses_a_workbook_made_for_another() {
    run_in_coalition(async |app, coalition| {
        let made_for = |code: &str, organization: &str, has_column: bool| {
            let mut book = Workbook::new();
            let own = coalition.second.organization();
            match has_column {
                false => fill(book.add_worksheet(), &[&["period", "VISITS"], &["2024", "5"]]),
                true => fill(
                    book.add_worksheet(),
                    &[&["period", "VISITS", "organization"], &["2024", "5", own]],
                ),
            }
            let sheet = book.add_worksheet().set_name("cairn").unwrap();
            sheet.set_hidden(true);
            fill(sheet, &[&["coalition", code], &["organization", organization]]);
            book.save_to_buffer().unwrap()
        };
        let (code, home) = (coalition.code.as_str(), &coalition);
        let (partner, second) = (&coalition.partner, coalition.second.organization());
        let own = partner.organization();
        let before = app.snapshot();
        for (code, organization, issue) in [
            ("elsewhere", own, " made_for_another_coalition"),
            (code, second, " made_for_another_organization"),
            (code, "nobody", " made_for_another_organization"),
        ] {
            let refused = send(partner, home, "", XLSX, made_for(code, organization, false)).await;
            assert_eq!(refused.expect(422).issues(), [issue]);
        }
        before.assert_same(&app.snapshot(), "a workbook made for another");
        let shouted = made_for(&code.to_uppercase(), &own.to_uppercase(), false);
        send(partner, home, "", XLSX, shouted).await.expect(201);
        let on_behalf = made_for(code, second, true);
        let receipt = send(&coalition.backbone, home, "", XLSX, on_behalf)
            .await
            .expect(201)
            .json();
        assert_eq!(receipt["organizations"][0]["organization"], json!(second));
    });
}
