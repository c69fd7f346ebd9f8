//! The rows of a sheet, one after another, as its cells are read.

use calamine::{Cell, DataRef, Xlsx, XlsxCellReader};

use super::field::Field;
use super::incoming::Input;
use super::workbook_check::malformed;
use super::workbook_field::field;
use crate::error::Result;

/// The most columns that a sheet can have.
const MOST_COLUMNS: usize = 16_384;

/// An opened workbook.
pub type Workbook<'i> = Xlsx<&'i mut dyn Input>;

/// The rows of a sheet that hold anything.
pub struct WorkbookRows<'w, 'i> {
    cells: XlsxCellReader<'w, &'i mut dyn Input>,
    /// The first cell of the next row.
    ahead: Option<Cell<DataRef<'w>>>,
    /// Asked again, the reader would go on after the cells.
    is_at_end: bool,
}

impl<'w, 'i> WorkbookRows<'w, 'i> {
    /// The rows of the sheet with that name.
    pub fn open(workbook: &'w mut Workbook<'i>, name: &str) -> Result<Self> {
        let cells = workbook.worksheet_cells_reader(name).map_err(malformed)?;
        Ok(Self {
            cells,
            ahead: None,
            is_at_end: false,
        })
    }

    /// Reads the next row that holds anything into the fields, from the first column to the last that has something;
    /// answers its number, from 1. `None` after the last row.
    pub fn next(&mut self, fields: &mut Vec<Field>) -> Result<Option<u32>> {
        loop {
            fields.clear();
            let Some(first) = self.cell()? else {
                return Ok(None);
            };
            let (row, _) = first.get_position();
            let mut next = Some(first);
            while let Some(cell) = next.take() {
                if cell.get_position().0 != row {
                    self.ahead = Some(cell);
                    break;
                }
                place(&cell, fields);
                next = self.cell()?;
            }
            if !fields.is_empty() {
                return Ok(Some(row.saturating_add(1)));
            }
        }
    }

    fn cell(&mut self) -> Result<Option<Cell<DataRef<'w>>>> {
        if self.ahead.is_some() || self.is_at_end {
            return Ok(self.ahead.take());
        }
        let cell = self.cells.next_cell().map_err(malformed)?;
        self.is_at_end = cell.is_none();
        Ok(cell)
    }
}

fn place(cell: &Cell<DataRef<'_>>, fields: &mut Vec<Field>) {
    let column = cell.get_position().1 as usize;
    let field = field(cell.get_value());
    if field.is_blank() || column >= MOST_COLUMNS {
        return;
    }
    if fields.len() <= column {
        fields.resize(column + 1, Field::Blank);
    }
    fields[column] = field;
}
