//! A cube as a workbook: a sheet of figures with typed cells, and a sheet of notes.
//!
//! A spreadsheet keeps 15 significant digits of a number. A figure of more is a text, so that none of its digits is
//! lost, and the notes say so. A blank cell is no figure.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, IgnoreError, Workbook, Worksheet,
};

use super::cube_format::{CubeAnswer, CubeFormat};
use super::cube_xlsx_notes as notes;
use super::table::{Item, Shape};
use crate::domain::decimal::MAX_DECIMALS;
use crate::error::{Error, Result};

/// An Excel workbook.
pub const FORMAT: CubeFormat = CubeFormat {
    name: "xlsx",
    media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ending: Some("xlsx"),
    takes_bom: false,
    is_light: false,
    write,
};

/// The sheet of figures.
const SHEET: &str = "Figures";
/// What a sheet holds below its header.
const MOST_ROWS: usize = 1_048_575;
/// The significant digits that a spreadsheet keeps.
const MOST_DIGITS: usize = 15;

pub(super) type Written<T = ()> = std::result::Result<T, rust_xlsxwriter::XlsxError>;

fn write(answer: &CubeAnswer<'_>) -> Result<Vec<u8>> {
    let count = answer.cube.rows.len();
    if count > MOST_ROWS {
        let detail = format!(
            "a sheet holds {MOST_ROWS} rows and this answer has {count}: ask for fewer with `measure`, `period` or `by`, \
             or for csv"
        );
        return Err(Error::invalid("?format", "too_many_rows", detail));
    }
    workbook(answer).map_err(Error::internal)
}

fn workbook(answer: &CubeAnswer<'_>) -> Written<Vec<u8>> {
    let mut workbook = Workbook::new();
    // Not the present, so that the same answer is the same bytes: the day that an archive gives to what has no date.
    let day = ExcelDateTime::from_ymd(1980, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&day));
    let texts = figures(workbook.add_worksheet(), answer)?;
    notes::write(workbook.add_worksheet(), answer, texts)?;
    workbook.save_to_buffer()
}

/// Fills the sheet; answers how many figures are texts.
fn figures(sheet: &mut Worksheet, answer: &CubeAnswer<'_>) -> Written<usize> {
    let shape = Shape::of(answer.schema, answer.question);
    let names = shape.columns(answer.cube);
    sheet.set_name(SHEET)?;
    sheet.set_freeze_panes(1, 0)?;
    let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
    for (column, name) in (0..).zip(&names) {
        sheet.write_string_with_format(0, column, name, &head)?;
        sheet.set_column_width(column, width(name))?;
    }
    let cells = CellFormats::new();
    let mut texts = 0;
    for (line, row) in (1..).zip(&answer.cube.rows) {
        let decimals = answer
            .schema
            .measure(row.measure_id)
            .map_or(0, |measure| measure.decimals);
        for ((column, name), item) in (0..).zip(&names).zip(shape.items(answer.schema, row)) {
            let decimals = (name == "value").then_some(decimals);
            texts +=
                usize::from(cells.write(sheet, line, column, &item.unwrap_or(Item::Nothing), decimals)?);
        }
    }
    let last = u32::try_from(answer.cube.rows.len()).unwrap_or_default();
    if let Some(last_column) = u16::try_from(names.len())
        .ok()
        .and_then(|count| count.checked_sub(1))
    {
        sheet.autofilter(0, 0, last, last_column)?;
        sheet.ignore_error_range(0, 0, last, last_column, IgnoreError::NumberStoredAsText)?;
    }
    Ok(texts)
}

fn width(name: &str) -> f64 {
    let least = match name {
        "value" | "numerator" | "denominator" => 16.0,
        "measure" | "unit" => 20.0,
        _ => 11.0,
    };
    (name.len() as f64 + 3.0).max(least)
}

struct CellFormats {
    day: Format,
    /// By decimals.
    numbers: Vec<Format>,
    text: Format,
    digits: Format,
}

impl CellFormats {
    fn new() -> Self {
        let number = |decimals: u8| match usize::from(decimals) {
            0 => Format::new().set_num_format("#,##0"),
            decimals => Format::new().set_num_format(format!("#,##0.{}", "0".repeat(decimals))),
        };
        Self {
            day: Format::new().set_num_format("yyyy-mm-dd"),
            numbers: (0..=MAX_DECIMALS).map(number).collect(),
            // As text, so that nothing makes a number of the period 2017 when it is edited.
            text: Format::new().set_num_format("@"),
            digits: Format::new().set_num_format("@").set_align(FormatAlign::Right),
        }
    }

    /// Writes an item, with as many decimals as are given, else as it has; answers whether it is a number that had to
    /// be a text.
    fn write(
        &self,
        sheet: &mut Worksheet,
        line: u32,
        column: u16,
        item: &Item<'_>,
        decimals: Option<u8>,
    ) -> Written<bool> {
        match item {
            Item::Text(text) => sheet.write_string_with_format(line, column, &**text, &self.text)?,
            Item::Date(date) => match ExcelDateTime::parse_from_str(&date.to_string()) {
                Ok(day) if date.to_string().as_str() >= FIRST_DAY => {
                    sheet.write_datetime_with_format(line, column, &day, &self.day)?
                }
                _ => sheet.write_string_with_format(line, column, date.to_string(), &self.text)?,
            },
            Item::Number(number) => {
                let digits = number.to_string();
                match digits.parse::<f64>() {
                    Ok(number) if significant(&digits) <= MOST_DIGITS => {
                        let own = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
                        let decimals = decimals.map_or(own, usize::from).min(self.numbers.len() - 1);
                        sheet.write_number_with_format(line, column, number, &self.numbers[decimals])?
                    }
                    _ => {
                        sheet.write_string_with_format(line, column, digits, &self.digits)?;
                        return Ok(true);
                    }
                }
            }
            Item::Flag(flag) => sheet.write_boolean(line, column, *flag)?,
            Item::Nothing => return Ok(false),
        };
        Ok(false)
    }
}

/// Before it spreadsheets disagree about which day is which.
const FIRST_DAY: &str = "1900-03-01";

/// How many digits count: those between the zeros at either end.
fn significant(digits: &str) -> usize {
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_digits_that_a_spreadsheet_has_to_keep() {
        for (digits, count) in [
            ("0", 0),
            ("-0.25", 2),
            ("1200", 2),
            ("1002.5", 5),
            ("9007199254740991", 16),
        ] {
            assert_eq!(significant(digits), count, "{digits}");
        }
    }
}
