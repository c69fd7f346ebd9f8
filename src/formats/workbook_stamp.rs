//! Whom a workbook was made for: a hidden sheet of the workbooks that Cairn makes says so, in names and what they
//! stand for, one below the other.

use calamine::Reader;

use super::field::Field;
use super::incoming::MadeFor;
use super::workbook_rows::{Workbook, WorkbookRows};
use crate::error::Result;

/// The name of the hidden sheet.
pub const SHEET: &str = "cairn";
/// The name of the row with the coalition's code.
pub const COALITION: &str = "coalition";
/// The name of the row with the organization's code.
pub const ORGANIZATION: &str = "organization";
/// So many rows can the sheet have before the two are found.
const MOST_ROWS: usize = 10;

/// Whom the workbook was made for, if it says so.
pub fn stamp(workbook: &mut Workbook<'_>) -> Result<Option<MadeFor>> {
    if !workbook.sheet_names().iter().any(|name| name == SHEET) {
        return Ok(None);
    }
    let mut rows = WorkbookRows::open(workbook, SHEET)?;
    let (mut coalition, mut organization) = (None, None);
    let mut fields = Vec::new();
    for _ in 0..MOST_ROWS {
        if rows.next(&mut fields)?.is_none() {
            break;
        }
        if let [Field::Text(name), Field::Text(code) | Field::Number(code), ..] = fields.as_slice() {
            match name.as_str() {
                COALITION => coalition = Some(code.clone()),
                ORGANIZATION => organization = Some(code.clone()),
                _ => {}
            }
        }
    }
    Ok(coalition
        .zip(organization)
        .map(|(coalition, organization)| MadeFor {
            coalition,
            organization,
        }))
}
