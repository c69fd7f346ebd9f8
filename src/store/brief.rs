//! Which answers are there before another thread would have woken up.

use super::{Read, totals};
use crate::auth::ReadsCoalition;
use crate::domain::question::{Question, Way};
use crate::domain::schema::Schema;
use crate::error::Result;

/// So many rows are made in about a millisecond.
const MOST: u64 = 1_000;
/// For so few measures it is worth counting how many periods have been answered.
const FEW: usize = 4;

/// Whether the answer to a question is made of no more than a thousand totals, or of as many reports.
pub fn is_brief<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    question: &Question,
    as_of: Option<i64>,
) -> Result<bool> {
    if as_of.is_some() {
        return Ok(false);
    }
    let each = match question.widest_way(schema) {
        Way::Totals => question.cells_of_each(schema),
        Way::Reported => tx.roster()?.organizations().len() as u64,
        Way::Observations => return Ok(false),
    };
    let stretches = question.coverage_needed(schema);
    let mut slices: u64 = stretches
        .iter()
        .map(|(_, first, last)| first.count_to(*last))
        .sum();
    if slices.saturating_mul(each) > MOST && stretches.len() <= FEW {
        slices = totals::count_coverage(tx, &stretches)?;
    }
    Ok(slices.saturating_mul(each) <= MOST)
}
