//! A table to fill in as a workbook: a sheet with a row for each figure, lists to choose codes from, notes that say
//! what each measure counts, and a hidden sheet that says whom it was made for. What stands in parentheses is for
//! people and is not read back.

use rust_xlsxwriter::{
    DataValidation, DocProperties, ExcelDateTime, Format, Formula, Note, Workbook, Worksheet,
};

use super::incoming::letters;
use super::template::{Template, digits};
use super::workbook_field::is_shown_as;
use super::workbook_stamp;
use crate::domain::answer::Answer;
use crate::domain::dimension::{Dimension, NOT_STATED};
use crate::domain::measure::Measure;
use crate::domain::template::TemplateRow;
use crate::error::{Error, Result};

/// The sheet to fill in.
const SHEET: &str = "Figures";
/// Lists to choose from go on for so many rows below the last.
const ROWS_TO_ADD: u32 = 500;
/// The column of the hidden sheet in which the first list stands.
const FIRST_LIST: u16 = 3;
const MISSING: [&str; 2] = ["not_available", "not_applicable"];
const ESTIMATED: [&str; 2] = ["yes", "no"];

type Written = std::result::Result<(), rust_xlsxwriter::XlsxError>;

/// The bytes.
pub fn write(template: &Template<'_>) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let made_at =
        ExcelDateTime::from_timestamp(template.made_at.div_euclid(1_000_000)).map_err(Error::internal)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made_at));
    let columns = Columns::of(template);
    fill(workbook.add_worksheet(), template, &columns).map_err(Error::internal)?;
    hide(workbook.add_worksheet(), template).map_err(Error::internal)?;
    workbook.save_to_buffer().map_err(Error::internal)
}

/// The columns from the left: measure, its name, period, dimensions, and those that are filled in.
struct Columns<'s> {
    dimensions: Vec<&'s Dimension>,
    value: u16,
}

impl<'s> Columns<'s> {
    const MEASURE: u16 = 0;
    const NAME: u16 = 1;
    const PERIOD: u16 = 2;
    const DIMENSIONS: u16 = 3;

    fn of(template: &Template<'s>) -> Self {
        let dimensions = template.dimensions();
        let count = u16::try_from(dimensions.len()).unwrap_or(u16::MAX);
        Self {
            dimensions,
            value: Self::DIMENSIONS.saturating_add(count),
        }
    }

    fn missing(&self) -> u16 {
        self.value + 1
    }

    fn estimated(&self) -> u16 {
        self.value + 2
    }

    fn note(&self) -> u16 {
        self.value + 3
    }

    fn previous(&self) -> u16 {
        self.value + 4
    }
}

fn fill(sheet: &mut Worksheet, template: &Template<'_>, columns: &Columns<'_>) -> Written {
    sheet.set_name(SHEET)?;
    sheet.set_freeze_panes(1, 0)?;
    head(sheet, columns)?;
    let mut last_measure = None;
    for (line, row) in (1..).zip(&template.rows) {
        let Some(measure) = template.measure(row) else {
            continue;
        };
        fill_row(sheet, line, template, columns, measure, row)?;
        if last_measure != Some(measure.id) {
            sheet.insert_note(line, Columns::MEASURE, &explained(measure))?;
            last_measure = Some(measure.id);
        }
    }
    let last = u32::try_from(template.rows.len()).unwrap_or_default() + ROWS_TO_ADD;
    for (place, dimension) in (0..).zip(&columns.dimensions) {
        let list = format!(
            "={}!{}",
            workbook_stamp::SHEET,
            list_range(FIRST_LIST + place, dimension)
        );
        let column = Columns::DIMENSIONS + place;
        let choice = DataValidation::new().allow_list_formula(Formula::new(list));
        sheet.add_data_validation(1, column, last, column, &choice)?;
    }
    for (column, words) in [(columns.missing(), MISSING), (columns.estimated(), ESTIMATED)] {
        let choice = DataValidation::new().allow_list_strings(&words)?;
        sheet.add_data_validation(1, column, last, column, &choice)?;
    }
    Ok(())
}

fn head(sheet: &mut Worksheet, columns: &Columns<'_>) -> Written {
    // Text, so that a spreadsheet does not make dates of periods and codes.
    let text = Format::new().set_num_format("@");
    let grey = Format::new().set_font_color("808080");
    let bold = Format::new()
        .set_bold()
        .set_border_bottom(rust_xlsxwriter::FormatBorder::Thin);
    let mut names = vec![
        ("measure", 18, Some(&text)),
        ("(name)", 32, Some(&grey)),
        ("period", 10, Some(&text)),
    ];
    names.extend(
        columns
            .dimensions
            .iter()
            .map(|dimension| (dimension.code.as_str(), 16, Some(&text))),
    );
    names.extend([
        ("value", 14, None),
        ("missing", 15, Some(&text)),
        ("estimated", 10, Some(&text)),
    ]);
    names.extend([("note", 40, Some(&text)), ("(previous)", 14, Some(&grey))]);
    for (column, (name, width, format)) in (0..).zip(names) {
        sheet.set_column_width(column, width)?;
        if let Some(format) = format {
            sheet.set_column_format(column, format)?;
        }
        sheet.write_string_with_format(0, column, name, &bold)?;
    }
    Ok(())
}

fn fill_row(
    sheet: &mut Worksheet,
    line: u32,
    template: &Template<'_>,
    columns: &Columns<'_>,
    measure: &Measure,
    row: &TemplateRow,
) -> Written {
    let text = Format::new().set_num_format("@");
    let grey = Format::new().set_font_color("808080");
    sheet.write_string_with_format(line, Columns::MEASURE, &measure.code, &text)?;
    sheet.write_string_with_format(line, Columns::NAME, &measure.name, &grey)?;
    sheet.write_string_with_format(line, Columns::PERIOD, row.slot.period.to_string(), &text)?;
    for (column, dimension) in (Columns::DIMENSIONS..).zip(&columns.dimensions) {
        sheet.write_string_with_format(line, column, template.code(row, dimension), &text)?;
    }
    let number = Format::new().set_num_format(number_format(measure));
    write_value(
        sheet,
        line,
        columns.value,
        &number,
        digits(measure, row.answer.and_then(Answer::units)),
    )?;
    if let Some(reason) = row.answer.and_then(Answer::missing) {
        sheet.write_string_with_format(line, columns.missing(), reason, &text)?;
    }
    if row.answer.is_some_and(Answer::is_estimated) {
        sheet.write_string_with_format(line, columns.estimated(), ESTIMATED[0], &text)?;
    }
    if let Some(note) = &row.note {
        sheet.write_string_with_format(line, columns.note(), note, &text)?;
    }
    let grey = grey.set_num_format(number_format(measure));
    let previous = row.previous.and_then(Answer::units);
    write_value(sheet, line, columns.previous(), &grey, digits(measure, previous))
}

/// Writes a number, as a text where a spreadsheet would not keep all of its digits.
fn write_value(
    sheet: &mut Worksheet,
    line: u32,
    column: u16,
    format: &Format,
    digits: Option<String>,
) -> Written {
    let Some(digits) = digits else {
        return sheet.write_blank(line, column, format).map(|_| ());
    };
    match digits.parse() {
        Ok(number) if is_shown_as(number, &digits) => {
            sheet.write_number_with_format(line, column, number, format)
        }
        _ => sheet.write_string_with_format(line, column, &digits, format),
    }
    .map(|_| ())
}

fn number_format(measure: &Measure) -> String {
    match usize::from(measure.decimals) {
        0 => "#,##0".into(),
        decimals => format!("#,##0.{}", "0".repeat(decimals)),
    }
}

fn explained(measure: &Measure) -> Note {
    let decimals = match measure.decimals {
        0 => "whole numbers".into(),
        1 => "one decimal at most".into(),
        decimals => format!("{decimals} decimals at most"),
    };
    let frequency = measure.frequency.as_str().replace('_', " ");
    let counted = format!("In {}, by {frequency}; {decimals}.", measure.unit);
    let parts = [measure.name.trim(), measure.definition.trim(), &counted];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let text = parts.join("\n\n");
    let text: String = text.chars().take(2_000).collect();
    Note::new(text)
        .add_author_prefix(false)
        .set_width(360)
        .set_height(180)
}

fn list_range(column: u16, dimension: &Dimension) -> String {
    let column = letters(column.into());
    format!("${column}$2:${column}${}", dimension.active_codes().count() + 2)
}

/// The sheet that says whom the workbook was made for, with the lists to choose from beside it.
fn hide(sheet: &mut Worksheet, template: &Template<'_>) -> Written {
    sheet.set_name(workbook_stamp::SHEET)?;
    sheet.set_hidden(true);
    let facts = [
        (workbook_stamp::COALITION, template.coalition.to_owned()),
        (workbook_stamp::ORGANIZATION, template.organization.to_owned()),
        ("schema_version", template.schema.version.to_string()),
        ("period", template.period.to_string()),
    ];
    for (line, (name, fact)) in (0..).zip(facts) {
        sheet.write_string(line, 0, name)?;
        sheet.write_string(line, 1, fact)?;
    }
    for (column, dimension) in (FIRST_LIST..).zip(template.dimensions()) {
        sheet.write_string(0, column, &dimension.code)?;
        let codes = dimension.active_codes().map(|code| code.code.as_str());
        for (line, code) in (1..).zip(codes.chain([NOT_STATED])) {
            sheet.write_string(line, column, code)?;
        }
    }
    Ok(())
}
