//! Figures as they were reported, as tidy CSV, a line for each: the columns of a submission, so that what comes out can
//! be sent in again, and then what else is known of each, in columns that a submission passes over.

use csv::Writer;

use super::columns::TOLD;
use super::neutral;
use crate::domain::answer::Answer;
use crate::domain::decimal::format_units;
use crate::domain::period::Period;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// What a line tells.
pub struct Line<'a> {
    /// The measure.
    pub measure_id: i32,
    /// The period.
    pub period: Period,
    /// The cell.
    pub cell_id: i32,
    /// The organization's code.
    pub organization: &'a str,
    /// What was answered; `None` where the answer was taken back.
    pub answer: Option<Answer>,
    /// What was said of it.
    pub note: Option<&'a str>,
    /// The submission that brought it, or took it back.
    pub submission: &'a str,
    /// When, as RFC 3339.
    pub recorded_at: String,
}

/// A table, or a piece of one, that is being written.
pub struct Table<'s> {
    schema: &'s Schema,
    writer: Writer<Vec<u8>>,
}

impl<'s> Table<'s> {
    /// Begins one, with a header or without.
    pub fn begin(schema: &'s Schema, has_header: bool) -> Result<Self> {
        let mut writer = Writer::from_writer(Vec::new());
        if has_header {
            let dimensions = schema.dimensions.iter().map(|dimension| dimension.code.as_str());
            let header = ["measure", "period"].into_iter().chain(dimensions);
            let header = header.chain(["value", "missing", "estimated", "note", "organization"]);
            writer.write_record(header.chain(TOLD)).map_err(Error::internal)?;
        }
        Ok(Self { schema, writer })
    }

    /// Writes a line.
    pub fn write(&mut self, line: &Line<'_>) -> Result<()> {
        let broken = || Error::internal("an observation has something that nothing can be");
        let measure = self.schema.measure(line.measure_id).ok_or_else(broken)?;
        let cell = self.schema.cell_by_id(line.cell_id).ok_or_else(broken)?;
        let (period, fiscal_start) = (line.period.to_string(), self.schema.fiscal_start);
        let (start, end) = (line.period.start(fiscal_start), line.period.end(fiscal_start));
        let (start, end) = (start.to_string(), end.to_string());
        let codes = self.schema.dimensions.iter().map(|dimension| {
            let code = cell.code(dimension.id);
            code.and_then(|code| dimension.code_text(code))
                .unwrap_or_default()
        });
        let units = line.answer.and_then(Answer::units);
        let value = units.map(|units| format_units(units.into(), measure.decimals));
        let is_estimated = line.answer.is_some_and(Answer::is_estimated);
        let note = neutral(line.note.unwrap_or_default());
        let fields = [measure.code.as_str(), &period].into_iter().chain(codes);
        let fields = fields.chain([
            value.as_deref().unwrap_or_default(),
            line.answer.and_then(Answer::missing).unwrap_or_default(),
            flag(is_estimated),
            &note,
            line.organization,
        ]);
        let told = [
            &start,
            &end,
            flag(line.answer.is_none()),
            line.submission,
            &line.recorded_at,
        ];
        self.writer
            .write_record(fields.chain(told))
            .map_err(Error::internal)
    }

    /// The bytes.
    pub fn end(self) -> Result<Vec<u8>> {
        self.writer.into_inner().map_err(Error::internal)
    }
}

fn flag(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}
