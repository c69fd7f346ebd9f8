//! A submission as people keep their tables: CSV with a column `period`, one for each measure, and optionally
//! `organization`, `note` and dimensions. A line makes a row for each of its figures; a blank cell says nothing, and
//! withdraws nothing.

use csv::StringRecord;

use super::columns::Columns;
use super::csv_lines::CsvLines;
use super::field::Field;
use super::incoming::{Input, Row, Sink, Unreadable};
use super::table_rows::TableRows;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// Reads a file; what keeps it from being read at all is the error.
pub fn read(input: &mut dyn Input, schema: &Schema, sink: &mut dyn Sink) -> Result<()> {
    let (mut lines, header) = CsvLines::open(input)?;
    let names: Vec<&str> = header.iter().collect();
    let columns = Columns::wide(&names, schema).map_err(|issue| Error::Malformed(vec![issue]))?;
    sink.head(columns.head(None))?;
    let rows = TableRows::new(columns, schema);
    let mut record = StringRecord::new();
    let mut count = 0;
    while let Some(line) = lines.next(&mut record)? {
        if record.len() != names.len() {
            count += 1;
            sink.row(misshapen(record.len(), names.len(), line))?;
            continue;
        }
        let fields: Vec<Field> = record.iter().map(Field::of).collect();
        count += rows.read(&fields, line, sink)?;
    }
    if count == 0 {
        return Err(Error::malformed(
            "",
            "empty",
            "the file has a header, but no figures below it",
        ));
    }
    Ok(())
}

fn misshapen(has: usize, should: usize, line: u32) -> Row {
    Row {
        content: Err(Unreadable {
            field: "",
            code: "invalid_row",
            detail: format!("it has {has} columns where the header has {should}"),
        }),
        line,
        column: None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::collected::Collected;
    use super::*;
    use crate::domain::sample::schema;

    fn parse(text: &str) -> Result<Collected> {
        let mut collected = Collected::up_to(100);
        read(
            &mut Cursor::new(text.as_bytes().to_vec()),
            &schema(),
            &mut collected,
        )?;
        Ok(collected)
    }

    fn refused(text: &str) -> &'static str {
        match parse(text).unwrap_err() {
            Error::Malformed(issues) => issues[0].code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_figures_line_by_line() {
        let text =
            "\u{feff}period,organization,visits,PROGRAMS\r\n2026-01,LIB1,421,\r\n\r\n2026-02,LIB1,NA,3\r\n";
        let parsed = parse(text).unwrap();
        let measures = parsed.rows.iter().map(|row| {
            let content = row.content.as_ref().unwrap();
            (
                row.line,
                row.column,
                content.measure.as_deref().unwrap(),
                content.missing.as_deref(),
            )
        });
        let measures: Vec<_> = measures.collect();
        let expected = [
            (2, Some(2), "Visits", None),
            (4, Some(2), "Visits", Some("not_available")),
            (4, Some(3), "PROGRAMS", None),
        ];
        assert_eq!(measures, expected);
        assert_eq!(parsed.head.place(4, Some(3), "/value").unwrap(), "line 4");
    }

    #[test]
    fn lists_lines_of_another_shape() {
        let parsed = parse("period,visits\n2026-01\n2026-02,5\n").unwrap();
        assert_eq!(parsed.rows[0].content.as_ref().unwrap_err().code, "invalid_row");
        assert!(parsed.rows[1].content.is_ok());
    }

    #[test]
    fn says_what_keeps_a_file_from_being_read() {
        assert_eq!(refused(""), "empty");
        assert_eq!(refused("period,visits\n2026-01,\n"), "empty");
        assert_eq!(refused("period;visits\n2026-01;5\n"), "invalid_header");
        assert_eq!(refused("period,visitors\n2026-01,5\n"), "unknown_column");
        assert_eq!(
            refused("measure,period,value\nvisits,2026-01,5\n"),
            "invalid_header"
        );
    }
}
