use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::collected::Collected;
use super::submission_xlsx::read;
use crate::domain::sample::schema;
use crate::domain::submission::{SubmittedRow, SubmittedValue};
use crate::error::{Error, Result};

fn parse(bytes: Vec<u8>) -> Result<Collected> {
    let mut collected = Collected::up_to(1_000);
    read(&mut Cursor::new(bytes), &schema(), &mut collected)?;
    Ok(collected)
}

fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet().set_name("Data").unwrap());
    workbook.save_to_buffer().unwrap()
}

fn write(sheet: &mut Worksheet, row: u32, texts: &[&str]) {
    for (column, text) in (0..).zip(texts) {
        sheet.write(row, column, *text).unwrap();
    }
}

fn contents(parsed: &Collected) -> Vec<&SubmittedRow> {
    parsed
        .rows
        .iter()
        .map(|row| row.content.as_ref().unwrap())
        .collect()
}

fn number(digits: &str) -> SubmittedValue {
    SubmittedValue::Number(digits.into())
}

const TIDY: [&str; 6] = ["Measure", "Period", "sex", "Value", "Estimated", "(last year)"];

#[test]
fn reads_a_tidy_sheet_below_its_title() {
    let parsed = parse(workbook(|sheet| {
        write(sheet, 0, &["Figures of the library"]);
        write(sheet, 3, &TIDY);
        write(sheet, 4, &["Visits", "2026-01", "f", "421"]);
        sheet.write(6, 0, "PROGRAMS").unwrap().write(6, 1, 2026).unwrap();
        sheet.write(6, 3, 421.0).unwrap().write(6, 4, true).unwrap();
        sheet.write(6, 5, "ignored").unwrap();
        write(sheet, 8, &["Visits", "2026-02", "m", "", "", "5"]);
    }));
    let parsed = parsed.unwrap();
    let rows = contents(&parsed);
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0].value, &rows[1].value), (&number("421"), &number("421")));
    assert_eq!(rows[1].period.as_deref(), Some("2026"));
    assert_eq!(rows[0].cell, [("sex".to_owned(), "f".to_owned())]);
    assert!(rows[1].estimated);
    let place = |line, field| parsed.head.place(line, None, field).unwrap();
    assert_eq!(place(parsed.rows[1].line, "/value"), "Data!D7");
    assert_eq!(place(parsed.rows[0].line, "/cell/sex"), "Data!C5");
}

#[test]
fn reads_a_wide_sheet_after_others() {
    let mut book = Workbook::new();
    write(book.add_worksheet(), 0, &["Read me"]);
    let hidden = book.add_worksheet();
    hidden.set_hidden(true);
    write(hidden, 0, &["period", "VISITS"]);
    let sheet = book.add_worksheet().set_name("2026").unwrap();
    write(sheet, 0, &["period", "VISITS", "PROGRAMS"]);
    let date = ExcelDateTime::from_ymd(2026, 1, 1).unwrap();
    let format = Format::new().set_num_format("mmm yy");
    sheet.write_with_format(1, 0, &date, &format).unwrap();
    sheet.write(1, 1, 0).unwrap().write(1, 2, "n/a").unwrap();
    let parsed = parse(book.save_to_buffer().unwrap()).unwrap();
    let rows = contents(&parsed);
    assert_eq!(rows[0].value, number("0"));
    assert_eq!(rows[1].missing.as_deref(), Some("not_available"));
    let periods: Vec<_> = rows.iter().map(|row| row.period.as_deref().unwrap()).collect();
    assert_eq!(periods, ["2026-01", "2026"]);
    let row = &parsed.rows[1];
    assert_eq!(
        parsed.head.place(row.line, row.column, "/value").unwrap(),
        "2026!C2"
    );
}

#[test]
fn takes_what_formulas_came_to() {
    let parsed = parse(workbook(|sheet| {
        write(sheet, 0, &["period", "Visits", "PROGRAMS"]);
        sheet.write(1, 0, "2026-01").unwrap();
        sheet
            .write(1, 1, Formula::new("=0.1+0.2").set_result("0.30000000000000004"))
            .unwrap();
        sheet
            .write(1, 2, Formula::new("=1/0").set_result("#DIV/0!"))
            .unwrap();
    }));
    let rows = parsed.unwrap().rows;
    assert_eq!(rows[0].content.as_ref().unwrap().value, number("0.3"));
    let refused = rows[1].content.as_ref().unwrap_err();
    assert_eq!((refused.field, refused.code), ("/value", "cell_error"));
    assert!(
        refused.detail.starts_with("C2 holds the error #DIV/0!"),
        "{}",
        refused.detail
    );
}

#[test]
fn knows_whom_it_was_made_for() {
    let mut book = Workbook::new();
    write(book.add_worksheet(), 0, &["period", "Visits"]);
    write(book.worksheet_from_index(0).unwrap(), 1, &["2026-01", "5"]);
    let sheet = book.add_worksheet().set_name("cairn").unwrap();
    write(sheet, 0, &["coalition", "READERS"]);
    sheet
        .write(1, 0, "organization")
        .unwrap()
        .write(1, 1, 42)
        .unwrap();
    let made_for = parse(book.save_to_buffer().unwrap())
        .unwrap()
        .head
        .made_for
        .unwrap();
    assert_eq!(
        (made_for.coalition.as_str(), made_for.organization.as_str()),
        ("READERS", "42")
    );
}

fn refused(bytes: Vec<u8>) -> (&'static str, String) {
    match parse(bytes).unwrap_err() {
        Error::Malformed(issues) => (issues[0].code, issues[0].detail.clone()),
        Error::TooLarge(detail) => ("too_large", detail),
        other => panic!("{other:?}"),
    }
}

#[test]
fn says_what_keeps_it_from_being_read() {
    let header = |names: &'static [&str]| workbook(|sheet| write(sheet, 0, names));
    assert_eq!(refused(header(&["period", "Visits"])).0, "empty");
    assert_eq!(
        refused(header(&["period", "Visits", "visitor"])).0,
        "unknown_column"
    );
    assert_eq!(refused(header(&["measure", "period"])).0, "invalid_header");
    let (code, detail) = refused(header(&["Reporting"]));
    assert_eq!(code, "invalid_header");
    assert!(detail.contains("looked at Data"), "{detail}");
}

#[test]
fn refuses_what_is_no_workbook_or_not_whole() {
    let whole = workbook(|sheet| write(sheet, 0, &["period", "Visits"]));
    for length in [0, 1, 100, whole.len() / 2, whole.len() - 1] {
        assert_eq!(refused(whole[..length].to_vec()).0, "malformed_xlsx", "{length}");
    }
    let mut damaged = whole.clone();
    damaged[60] ^= 0xff;
    assert_eq!(refused(damaged).0, "malformed_xlsx");
    assert_eq!(refused(b"measure,period,value\n".to_vec()).0, "malformed_xlsx");
    let (code, detail) = refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec());
    assert_eq!(code, "malformed_xlsx");
    assert!(detail.contains("password"), "{detail}");
    assert_eq!(refused(archive([("a.txt", "a".into())])).0, "malformed_xlsx");
}

/// Whatever stands before it, and whatever its beginning looks like: it is not believed how many texts there are.
#[test]
fn refuses_more_texts_than_memory_holds() {
    let whole = workbook(|sheet| write(sheet, 0, &["period", "Visits"]));
    let strings = b"<sst uniqueCount=\"68719476736\"><si><t>period</t></si></sst>";
    for before in [
        &b""[..],
        b"\xff\xfe",
        b"\xfe\xff",
        b"<?x \" ?>",
        b"<!--> <a b=\" -->",
    ] {
        let mut parts = ZipArchive::new(Cursor::new(&whole)).unwrap();
        let parts: Vec<_> = (0..parts.len())
            .map(|place| {
                let mut part = parts.by_index(place).unwrap();
                let (name, mut bytes) = (part.name().unwrap().into_owned(), Vec::new());
                part.read_to_end(&mut bytes).unwrap();
                if name == "xl/sharedStrings.xml" {
                    bytes = [before, strings].concat();
                }
                (name, bytes)
            })
            .collect();
        assert!(parts.iter().any(|(name, _)| name == "xl/sharedStrings.xml"));
        let (code, detail) = refused(archive(parts));
        assert_eq!(code, "too_large", "{before:?}");
        assert!(detail.contains("more texts than it can have"), "{detail}");
    }
}

fn archive(parts: impl IntoIterator<Item = (impl ToString, Vec<u8>)>) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1));
    for (name, bytes) in parts {
        archive.start_file(name.to_string(), options).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn refuses_what_expands_too_far() {
    let sheet = "xl/worksheets/sheet1.xml";
    let bomb = archive([(sheet, vec![0; 300 * 1024 * 1024])]);
    assert!(bomb.len() < 4 * 1024 * 1024);
    let mut picture = vec![0_u8; 16 * 1024 * 1024];
    picture[0] = 0x89;
    let pictures = (0..17).map(|place| (format!("xl/media/{place}.png"), picture.clone()));
    let parts = (0..1_001).map(|place| (place.to_string(), Vec::new()));
    let strings = b"<si><t>a text</t></si>\n".repeat(2_000_000);
    for (bytes, said) in [
        (bomb, "256 KB"),
        (archive(pictures), "256 MB"),
        (archive(parts), "1000 parts"),
        (archive([("xl/SharedStrings.xml", strings)]), "40 MB"),
    ] {
        let (code, detail) = refused(bytes);
        assert_eq!(code, "too_large");
        assert!(detail.contains(said) && detail.contains("text/csv"), "{detail}");
    }
}
