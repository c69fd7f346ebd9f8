//! Whatever comes in as a submission: it is read or refused, what is kept of it is no larger than it was, and rows that
//! were read from CSV are read again from what they print.

use std::io::{Cursor, Read, Write};

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::collected::Collected;
use super::neutral::neutral;
use super::submission::Format;
use crate::damage::damaged;
use crate::domain::sample::schema;
use crate::domain::submission::{SubmittedRow, SubmittedValue};
use crate::error::{Error, Result};

const MOST: usize = 5_000;

/// Reads it; an error is of those that tell what was wrong with what was sent.
fn read(format: Format, bytes: &[u8]) -> Option<Collected> {
    let mut collected = Collected::up_to(MOST);
    let outcome: Result<()> = format.read(&mut Cursor::new(bytes), &schema(), &mut collected);
    match outcome {
        Ok(()) => Some(collected),
        Err(Error::Internal(error)) => panic!("{error}"),
        Err(_) => None,
    }
}

fn rows(collected: &Collected) -> Vec<&SubmittedRow> {
    let rows = collected.rows.iter();
    rows.filter_map(|row| row.content.as_ref().ok()).collect()
}

fn size(row: &SubmittedRow) -> usize {
    let texts = [
        &row.measure,
        &row.period,
        &row.missing,
        &row.organization,
        &row.note,
    ];
    let value = match &row.value {
        SubmittedValue::Number(digits) => digits.len(),
        _ => 0,
    };
    texts.into_iter().flatten().map(String::len).sum::<usize>() + value
}

const CSV: [&str; 4] = [
    "measure,period,sex,value,note\nVISITS,2026-01,f,421,\"closed, in May\"\nPROGRAMS,2026,,-0.5,\n",
    "Measure;Period;Value\r\nVISITS;2026-01;421,5\r\n",
    "\u{feff}organization,measure,period,age_group,value,estimated,missing,note\nlib,VISITS,2026-02,children,7,true,,\"say \"\"so\"\"\"\n",
    "measure\tperiod\tvalue\tmissing\nVISITS\t2026-01\t\tnot_available\n",
];
const WIDE: [&str; 2] = [
    "period,sex,VISITS,PROGRAMS\n2026-01,f,421,7\n2026-02,m,,\n",
    "organization,period,VISITS\nlib,2026-01,\"421\"\n",
];
const JSON: [&str; 2] = [
    r#"{"source": "spring", "observations": [{"measure": "VISITS", "period": "2026-01", "cell": {"sex": "f"}, "value": 421.50}]}"#,
    r#"{"observations": [{"measure": "VISITS", "period": "2026-01", "value": null}, {"measure": "PROGRAMS", "period": "2026", "missing": "not_applicable", "note": "\u00e9\ud83d\ude00"}]}"#,
];
const NDJSON: [&str; 2] = [
    "{\"measure\": \"VISITS\", \"period\": \"2026-01\", \"value\": 1}\n{\"measure\": \"VISITS\", \"period\": \"2026-02\", \"value\": 2}\n",
    "\n{\"measure\": \"VISITS\", \"period\": \"2026-01\", \"value\": -1.5, \"estimated\": true}\r\n",
];

fn workbooks() -> Vec<Vec<u8>> {
    let tidy: &[&[&str]] = &[
        &["Measure", "Period", "sex", "Value"],
        &["VISITS", "2026-01", "f", "421"],
    ];
    let wide: &[&[&str]] = &[
        &["Our figures"],
        &["Period", "VISITS", "PROGRAMS"],
        &["2026-01", "421", "7"],
    ];
    let write = |lines: &[&[&str]]| {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for (row, line) in (0..).zip(lines) {
            for (column, text) in (0..).zip(*line) {
                sheet.write(row, column, *text).expect("a cell");
            }
        }
        sheet.write(9, 0, 421.5).expect("a number");
        workbook.save_to_buffer().expect("a workbook")
    };
    vec![write(tidy), write(wide)]
}

/// The parts of a workbook that are read, by name.
fn parts(workbook: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(workbook)).expect("a workbook");
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).expect("a part");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its bytes");
        let name = file.name().expect("a name").into_owned();
        parts.push((name, bytes));
    }
    parts
}

fn zipped(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer
            .start_file(name.as_str(), SimpleFileOptions::default())
            .expect("a part");
        writer.write_all(bytes).expect("its bytes");
    }
    writer.finish().expect("a workbook").into_inner()
}

/// A workbook of which one part is damaged inside: its checksums hold, so that what reads the part sees it.
fn damaged_inside() -> impl Strategy<Value = Vec<u8>> {
    let workbooks: Vec<_> = workbooks().iter().map(|workbook| parts(workbook)).collect();
    let chosen = (0..workbooks.len()).prop_flat_map(move |which| {
        let parts = workbooks[which].clone();
        (Just(parts.clone()), 0..parts.len())
    });
    chosen.prop_flat_map(|(parts, place)| {
        let damage = damaged(&[parts[place].1.clone()]);
        damage.prop_map(move |bytes| {
            let mut parts = parts.clone();
            parts[place].1 = bytes;
            zipped(&parts)
        })
    })
}

fn printed(row: &SubmittedRow) -> Vec<u8> {
    let mut fields = vec![
        ("measure".to_owned(), row.measure.clone().unwrap_or_default()),
        ("period".to_owned(), row.period.clone().unwrap_or_default()),
        ("missing".to_owned(), row.missing.clone().unwrap_or_default()),
        ("estimated".to_owned(), row.estimated.to_string()),
        (
            "organization".to_owned(),
            row.organization.clone().unwrap_or_default(),
        ),
        (
            "note".to_owned(),
            neutral(row.note.as_deref().unwrap_or_default()).into_owned(),
        ),
        (
            "value".to_owned(),
            match &row.value {
                SubmittedValue::Number(digits) => digits.clone(),
                _ => String::new(),
            },
        ),
    ];
    fields.extend(row.cell.iter().cloned());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(fields.iter().map(|(name, _)| name))
        .expect("a header");
    writer
        .write_record(fields.iter().map(|(_, text)| text))
        .expect("a line");
    writer.into_inner().expect("a file")
}

proptest! {
    #[test]
    fn csv(bytes in damaged(&CSV)) {
        if let Some(collected) = read(Format::Csv, &bytes) {
            let rows = rows(&collected);
            prop_assert!(rows.iter().map(|row| size(row)).sum::<usize>() <= bytes.len() * 3);
            for row in rows {
                let again = read(Format::Csv, &printed(row)).expect("what was read prints as what can be read");
                prop_assert_eq!(again.rows.len(), 1);
                prop_assert_eq!(again.rows[0].content.as_ref().ok(), Some(row));
            }
        }
    }

    #[test]
    fn wide_csv(bytes in damaged(&WIDE)) {
        read(Format::WideCsv, &bytes);
    }

    #[test]
    fn json(bytes in damaged(&JSON)) {
        if let Some(collected) = read(Format::Json, &bytes) {
            prop_assert!(rows(&collected).iter().map(|row| size(row)).sum::<usize>() <= bytes.len());
        }
    }

    #[test]
    fn ndjson(bytes in damaged(&NDJSON)) {
        if let Some(collected) = read(Format::Ndjson, &bytes) {
            prop_assert!(rows(&collected).iter().map(|row| size(row)).sum::<usize>() <= bytes.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4 + 1, ..ProptestConfig::default() })]

    #[test]
    fn xlsx(bytes in damaged(&workbooks())) {
        read(Format::Xlsx, &bytes);
    }

    #[test]
    fn xlsx_inside(bytes in damaged_inside()) {
        read(Format::Xlsx, &bytes);
    }
}
