//! A submission as CSV: `measure`, `period`, `value`, one column for each dimension, and optionally `organization`,
//! `estimated`, `missing` and `note`. A line is a row; without a value and without a reason it withdraws.

use csv::StringRecord;

use super::columns::{Column, Columns};
use super::csv_lines::CsvLines;
use super::field::flag;
use super::incoming::{Input, Row, Sink, Unreadable};
use super::neutral::plain;
use crate::domain::submission::{SubmittedRow, SubmittedValue};
use crate::error::{Error, Result};

/// Reads a file; what keeps it from being read at all is the error.
pub fn read(input: &mut dyn Input, sink: &mut dyn Sink) -> Result<()> {
    let (mut lines, header) = CsvLines::open(input)?;
    let names: Vec<&str> = header.iter().collect();
    let columns = Columns::tidy(&names).map_err(|issue| Error::Malformed(vec![issue]))?;
    sink.head(columns.head(None))?;
    let mut record = StringRecord::new();
    let mut is_empty = true;
    while let Some(line) = lines.next(&mut record)? {
        sink.row(Row {
            content: row(&columns.list, &record).map_err(|detail| Unreadable {
                field: "",
                code: "invalid_row",
                detail,
            }),
            line,
            column: None,
        })?;
        is_empty = false;
    }
    if is_empty {
        return Err(Error::malformed(
            "",
            "empty",
            "the file has a header, but no rows below it",
        ));
    }
    Ok(())
}

const NAMELESS: &str = "it has something in a column that the header gives no name: name the column, in parentheses if \
                        it is not to be read, or empty it";

fn row(columns: &[Column], record: &StringRecord) -> std::result::Result<SubmittedRow, String> {
    if record.len() != columns.len() {
        return Err(format!(
            "it has {} columns where the header has {}",
            record.len(),
            columns.len()
        ));
    }
    let mut row = SubmittedRow::default();
    let mut has_missing = false;
    for (column, text) in columns.iter().zip(record) {
        let given = || (!text.is_empty()).then(|| text.to_owned());
        match column {
            Column::Measure => row.measure = given(),
            Column::Period => row.period = given(),
            Column::Value => row.value = given().map_or(SubmittedValue::Null, SubmittedValue::Number),
            Column::Organization => row.organization = given(),
            Column::Estimated => row.estimated = estimated(text)?,
            Column::Missing => (row.missing, has_missing) = (given(), !text.is_empty()),
            Column::Note => row.note = given().map(|note| plain(&note).to_owned()),
            Column::Dimension(code) => row.cell.extend(given().map(|text| (code.clone(), text))),
            Column::Nameless if !text.is_empty() => return Err(NAMELESS.into()),
            Column::Nameless | Column::Ignored | Column::Figure(_) => {}
        }
    }
    if has_missing && row.value == SubmittedValue::Null {
        row.value = SubmittedValue::Absent;
    }
    Ok(row)
}

fn estimated(text: &str) -> std::result::Result<bool, String> {
    if text.is_empty() {
        return Ok(false);
    }
    flag(text).ok_or_else(|| format!("estimated is true, false or empty, not '{text}'"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::collected::Collected;
    use super::*;

    fn parse(bytes: &[u8]) -> Result<Collected> {
        let mut collected = Collected::up_to(1_000);
        read(&mut Cursor::new(bytes.to_vec()), &mut collected)?;
        Ok(collected)
    }

    fn refused(bytes: &[u8]) -> &'static str {
        match parse(bytes).unwrap_err() {
            Error::Malformed(issues) => issues[0].code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn takes_a_byte_order_mark_and_crlf() {
        let parsed = parse(b"\xef\xbb\xbfmeasure,period,age_group,value,missing\r\nA,2017,children,421,\r\nA,2018,,,not_available\r\nA,2019,,,\r\n").unwrap();
        assert_eq!(parsed.head.dimensions, ["age_group"]);
        let rows: Vec<SubmittedRow> = parsed.rows.into_iter().map(|row| row.content.unwrap()).collect();
        assert_eq!(rows[0].cell, [("age_group".to_owned(), "children".to_owned())]);
        assert_eq!(rows[0].value, SubmittedValue::Number("421".into()));
        assert_eq!(rows[1].value, SubmittedValue::Absent);
        assert_eq!(rows[1].missing.as_deref(), Some("not_available"));
        assert_eq!(rows[2].value, SubmittedValue::Null);
    }

    #[test]
    fn takes_columns_as_people_name_them() {
        let text = "Measure,Period , VALUE,(remarks),Age_Group,,\nA,2017,1,x,children,,\nA,2018,1,,,,x\n";
        let parsed = parse(text.as_bytes()).unwrap();
        let row = parsed.rows[0].content.as_ref().unwrap();
        assert_eq!((row.measure.as_deref(), row.cell.len()), (Some("A"), 1));
        assert_eq!(row.note, None);
        assert_eq!(
            parsed.rows[1].content.as_ref().unwrap_err().code,
            "invalid_row",
            "a nameless column holds something"
        );
    }

    #[test]
    fn says_what_keeps_a_file_from_being_read() {
        assert_eq!(refused(b""), "empty");
        assert_eq!(refused(b"measure,period,value\n"), "empty");
        assert_eq!(refused(b"measure;period;value\nA;2017;1\n"), "invalid_header");
        assert_eq!(refused(b"measure,value\nA,1\n"), "invalid_header");
        assert_eq!(
            refused(b"measure,period,value,value\nA,2017,1,1\n"),
            "invalid_header"
        );
        assert_eq!(
            refused(b"measure,period,value,note\nA,2017,1,caf\xe9\n"),
            "not_utf8"
        );
        assert_eq!(
            refused(b"measure,period,value,note\nA,2017,1,a\0b\n"),
            "nul_character"
        );
    }

    #[test]
    fn lists_rows_that_cannot_be_read() {
        let parsed =
            parse(b"measure,period,value,estimated\nA,2017,1\n\nA,2018,1,perhaps\nA,2019,1,true\n").unwrap();
        let lines: Vec<(u32, bool)> = parsed
            .rows
            .iter()
            .map(|row| (row.line, row.content.is_ok()))
            .collect();
        assert_eq!(lines, [(2, false), (4, false), (5, true)]);
        assert!(parsed.rows[2].content.as_ref().unwrap().estimated);
    }
}
