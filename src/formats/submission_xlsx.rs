//! A submission as a workbook: the first sheet to be seen that has a header, tidy or wide, as spreadsheet programs
//! save it. Cells say what they show: a formula its last result, a number its digits, and a blank figure nothing.

use calamine::{Reader, SheetType, SheetVisible, Xlsx};

use super::columns::Columns;
use super::field::Field;
use super::incoming::{Input, Sink};
use super::table_rows::TableRows;
use super::workbook_check::{check, malformed};
use super::workbook_rows::WorkbookRows;
use super::workbook_stamp::stamp;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// So many rows may stand above the header, such as a title.
const ROWS_ABOVE: usize = 20;

/// Reads a workbook; what keeps it from being read at all is the error.
pub fn read(input: &mut dyn Input, schema: &Schema, sink: &mut dyn Sink) -> Result<()> {
    check(input)?;
    input.rewind().map_err(Error::internal)?;
    let mut workbook = Xlsx::new(input).map_err(malformed)?;
    let made_for = stamp(&mut workbook)?;
    let sheets = workbook.sheets_metadata().iter();
    let visible =
        sheets.filter(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = visible.map(|sheet| sheet.name.clone()).collect();
    for name in &names {
        let mut rows = WorkbookRows::open(&mut workbook, name)?;
        let Some(header) = header(&mut rows, schema)? else {
            continue;
        };
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let columns = Columns::either(&header, schema).map_err(|issue| Error::Malformed(vec![issue]))?;
        let mut head = columns.head(Some(name));
        head.made_for = made_for;
        sink.head(head)?;
        return read_rows(&mut rows, &TableRows::new(columns, schema), name, sink);
    }
    let detail = format!(
        "no sheet of the workbook has a row that names the columns, such as measure, period and value; looked at {}",
        if names.is_empty() {
            "none, for none is visible".into()
        } else {
            names.join(", ")
        }
    );
    Err(Error::malformed("", "invalid_header", detail))
}

/// The names of the columns, in the first of the rows that looks like a header.
fn header(rows: &mut WorkbookRows<'_, '_>, schema: &Schema) -> Result<Option<Vec<String>>> {
    let mut fields = Vec::new();
    for _ in 0..ROWS_ABOVE {
        if rows.next(&mut fields)?.is_none() {
            break;
        }
        let names: Vec<String> = fields.iter().map(name).collect();
        let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
        if Columns::are_named_by(&borrowed, schema) {
            return Ok(Some(names));
        }
    }
    Ok(None)
}

fn name(field: &Field) -> String {
    match field {
        Field::Text(text) | Field::Number(text) => text.clone(),
        // Nothing that could be the name of a column; below it nothing may stand.
        Field::Blank | Field::Flag(_) | Field::Date(_) | Field::Fault(_) => String::new(),
    }
}

fn read_rows(
    rows: &mut WorkbookRows<'_, '_>,
    table: &TableRows<'_>,
    sheet: &str,
    sink: &mut dyn Sink,
) -> Result<()> {
    let (mut fields, mut count) = (Vec::new(), 0);
    while let Some(line) = rows.next(&mut fields)? {
        count += table.read(&fields, line, sink)?;
    }
    if count == 0 {
        let detail = format!("the sheet {sheet} has a header, but no figures below it");
        return Err(Error::malformed("", "empty", detail));
    }
    Ok(())
}
