//! The sheet beside the figures, for whoever opens the workbook a year later: what was asked, of which state of the
//! coalition, what the measures and statuses mean, and where figures cannot be compared.

use rust_xlsxwriter::{Format, FormatAlign, Worksheet};

use super::cube_format::CubeAnswer;
use super::cube_xlsx::Written;
use super::labels;
use crate::domain::measure::Measure;
use crate::domain::status::Status;

const SHEET: &str = "Notes";
/// A cell of a sheet holds 32,767 characters.
const MOST_CHARACTERS: usize = 32_000;

/// Fills the sheet; `texts` figures of the other one had to be texts.
pub fn write(sheet: &mut Worksheet, answer: &CubeAnswer<'_>, texts: usize) -> Written {
    sheet.set_name(SHEET)?;
    for (column, width) in [(0, 22.0), (1, 16.0), (2, 90.0)] {
        sheet.set_column_width(column, width)?;
    }
    let mut lines = Lines { sheet, next: 0 };
    facts(&mut lines, answer, texts)?;
    lines.head(["Measure", "Unit", "Name and definition"])?;
    for measure in answer
        .question
        .measures
        .iter()
        .filter_map(|&id| answer.schema.measure(id))
    {
        lines.row([&measure.code, &measure.unit, &explained(measure)])?;
    }
    if !answer.meta.breaks.is_empty() {
        lines.head([
            "Break",
            "From",
            "Figures cannot be compared with those before, because",
        ])?;
        for declared in &answer.meta.breaks {
            lines.row([declared.measure, &declared.period, declared.reason])?;
        }
    }
    lines.head(["Status", "", "Meaning"])?;
    for &status in Status::ALL {
        lines.row([status.as_str(), "", meaning(status)])?;
    }
    Ok(())
}

fn facts(lines: &mut Lines<'_>, answer: &CubeAnswer<'_>, texts: usize) -> Written {
    let meta = answer.meta;
    let as_of = meta.as_of.as_deref().unwrap_or("when it was asked for");
    lines.row(["About", "", &labels::title(answer.schema, answer.question)])?;
    lines.row(["Coalition", "", meta.coalition])?;
    lines.row(["Revision", "", &meta.revision.to_string()])?;
    lines.row(["Schema version", "", &meta.schema_version.to_string()])?;
    lines.row(["Figures as known", "", as_of])?;
    lines.row([
        "Blank cells",
        "",
        "There is no figure; it is not zero. `status` says why.",
    ])?;
    if texts > 0 {
        let note = format!(
            "{texts} figures have more than 15 digits, which a spreadsheet does not keep. They are texts, whole and exact."
        );
        lines.row(["Texts", "", &note])?;
    }
    Ok(())
}

fn explained(measure: &Measure) -> String {
    let definition = measure.definition.trim();
    let parts = [labels::measure(measure), definition];
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ")
}

fn meaning(status: Status) -> &'static str {
    match status {
        Status::Final => "Everyone expected has answered.",
        Status::Provisional => "Not everyone expected has answered yet.",
        Status::Suppressed => "Hidden from whoever asked.",
        Status::Conflicting => "Several organizations reported what only one can know.",
        Status::Overflow => "Too large to be kept whole.",
    }
}

/// What is written from the top down.
struct Lines<'s> {
    sheet: &'s mut Worksheet,
    next: u32,
}

impl Lines<'_> {
    fn row(&mut self, texts: [&str; 3]) -> Written {
        self.write(texts, &Format::new().set_text_wrap().set_align(FormatAlign::Top))
    }

    /// A header, with a blank line before it.
    fn head(&mut self, texts: [&str; 3]) -> Written {
        self.next += 1;
        self.write(texts, &Format::new().set_bold())
    }

    fn write(&mut self, texts: [&str; 3], format: &Format) -> Written {
        for (column, text) in (0..).zip(texts) {
            let text: String = text.chars().take(MOST_CHARACTERS).collect();
            if !text.is_empty() {
                self.sheet
                    .write_string_with_format(self.next, column, text, format)?;
            }
        }
        self.next += 1;
        Ok(())
    }
}
