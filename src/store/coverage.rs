//! Who is expected to answer, when an organization's place in its coalition changes, or what is asked for.

use super::{Write, figures, memberships, rollup};
use crate::auth::InCoalition;
use crate::domain::measure::{Measure, MeasureScope};
use crate::domain::membership::Membership;
use crate::domain::rollup::{Deltas, coverage_of, full};
use crate::domain::schema::Schema;
use crate::error::Result;

/// Moves the coalition's coverage from one membership of an organization to another. Its figures stay where they are;
/// what changes is whether they, and what it called not applicable, were expected of it. `None` is an organization
/// that never joined.
pub(in crate::store) fn reconcile<S: InCoalition>(
    tx: &mut Write<'_, S>,
    organization_id: i32,
    before: Option<&Membership>,
    after: Option<&Membership>,
) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let figures = figures::load(tx, organization_id)?;
    if figures.is_empty() {
        return Ok(());
    }
    let schema = tx.schema()?;
    let added = |member: Option<&Membership>| {
        full(&schema, &figures, &|measure, period| {
            member.is_some_and(|member| member.expects(&schema, measure, period))
        })
    };
    let deltas = added(after).minus(&added(before));
    rollup::apply(tx, &schema, &deltas)
}

/// Moves the coalition's coverage from one shared schema to another. What changes is of which measures answers are
/// usually expected; a measure at a time, because there may be more figures than memory holds.
pub(in crate::store) fn reconcile_schema<S: InCoalition>(
    tx: &mut Write<'_, S>,
    before: &Schema,
    after: &Schema,
) -> Result<()> {
    let is_moved = |measure: &&Measure| {
        let earlier = before.measure(measure.id);
        measure.scope == MeasureScope::Performance
            && earlier.is_some_and(|earlier| {
                before.is_usually_asked_for(earlier) != after.is_usually_asked_for(measure)
            })
    };
    let moved: Vec<&Measure> = after.measures.iter().filter(is_moved).collect();
    if moved.is_empty() {
        return Ok(());
    }
    let mut members = memberships::expected(tx)?;
    members.retain(|member| member.is_partner_role && member.measures.is_none());
    for measure in moved {
        let everybody = figures::load_everybody(tx, after, &rollup::stretches_of(after, measure), None)?;
        let mut deltas = Deltas::default();
        for member in &members {
            let Some(figures) = everybody.get(&member.organization_id) else {
                continue;
            };
            for (schema, times) in [(before, -1), (after, 1)] {
                let expects = |measure: &_, period| member.expects(schema, measure, period);
                for (period, coverage) in coverage_of(schema, measure, figures, &expects) {
                    let counts = deltas.coverage.entry((measure.id, period)).or_default();
                    counts.add(&coverage, times);
                }
            }
        }
        deltas.coverage.retain(|_, counts| !counts.is_zero());
        rollup::apply(tx, after, &deltas)?;
    }
    Ok(())
}
