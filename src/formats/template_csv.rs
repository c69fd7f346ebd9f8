//! A table to fill in as tidy CSV. Sent back half filled, it withdraws nothing that was not in it: a blank value
//! withdraws, and of what was never reported there is nothing to withdraw.

use super::neutral;
use super::template::{Template, digits};
use crate::domain::answer::Answer;
use crate::error::{Error, Result};

/// The bytes.
pub fn write(template: &Template<'_>) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let dimensions = template.dimensions();
    let names = dimensions.iter().map(|dimension| dimension.code.as_str());
    let header = ["measure", "period"].into_iter().chain(names);
    let header = header.chain(["value", "missing", "estimated", "note"]);
    writer.write_record(header).map_err(Error::internal)?;
    for row in &template.rows {
        let Some(measure) = template.measure(row) else {
            continue;
        };
        let (answer, period) = (row.answer, row.slot.period.to_string());
        let value = digits(measure, answer.and_then(Answer::units)).unwrap_or_default();
        let is_estimated = answer.is_some_and(Answer::is_estimated);
        let note = neutral(row.note.as_deref().unwrap_or_default());
        let codes = dimensions.iter().map(|dimension| template.code(row, dimension));
        let fields = [measure.code.as_str(), &period].into_iter().chain(codes);
        let fields = fields.chain([
            value.as_str(),
            answer.and_then(Answer::missing).unwrap_or_default(),
            if is_estimated { "true" } else { "" },
            &note,
        ]);
        writer.write_record(fields).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}
