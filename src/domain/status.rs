//! What a row's figure is worth: its status, and whether it can be compared with the rows before it.

use super::measure::{Break, Measure};
use super::period::Period;
use super::question::Question;
use super::rollup::sources;
use super::schema::Schema;
use super::words::words;
use chrono::NaiveDate;

words! {
    /// The status of a row. Of several that hold, the first is given.
    Status {
        /// The aggregate is beyond 2^53 − 1 in units, so that it has no value.
        Overflow = "overflow",
        /// Several organizations reported what only one can know (aggregation `none`), so that it has no value.
        Conflicting = "conflicting",
        /// The figure is hidden from whoever asked.
        Suppressed = "suppressed",
        /// Not everyone who is expected has answered.
        Provisional = "provisional",
        /// Everyone who is expected has answered.
        Final = "final",
    }
}

/// The breaks of a measure: its own, and for a ratio those of its sides.
fn breaks<'a>(schema: &'a Schema, measure: &'a Measure) -> impl Iterator<Item = &'a Break> {
    let sides = sources(schema, measure)
        .into_iter()
        .filter(|side| side.id != measure.id);
    measure.breaks.iter().chain(sides.flat_map(|side| &side.breaks))
}

/// The breaks that begin within what is asked, each with the measure whose rows they mark.
pub fn breaks_within<'a>(schema: &'a Schema, question: &'a Question) -> Vec<(&'a Measure, &'a Break)> {
    let asked = question.asked(schema);
    let all = asked.flat_map(|measure| breaks(schema, measure).map(move |declared| (measure, declared)));
    let is_within = |declared: &Break| {
        let start = declared.from.start(schema.fiscal_start);
        question.range.from.is_none_or(|from| start >= from) && question.range.to.is_none_or(|to| start <= to)
    };
    all.filter(|(_, declared)| is_within(declared)).collect()
}

/// The first days of the periods from which the measure's figures cannot be compared with those before.
pub fn break_dates(schema: &Schema, measure: &Measure) -> Vec<NaiveDate> {
    let mut dates: Vec<NaiveDate> = breaks(schema, measure)
        .map(|declared| declared.from.start(schema.fiscal_start))
        .collect();
    dates.sort_unstable();
    dates.dedup();
    dates
}

/// Whether a break begins within the period.
pub fn is_break(schema: &Schema, breaks: &[NaiveDate], period: Period) -> bool {
    if breaks.is_empty() {
        return false;
    }
    let (start, end) = (period.start(schema.fiscal_start), period.end(schema.fiscal_start));
    breaks.iter().any(|date| (start..=end).contains(date))
}
