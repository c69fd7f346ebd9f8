//! Who is expected to answer, when an organization's place in its coalition changes.

use super::{Write, figures, rollup};
use crate::auth::InCoalition;
use crate::domain::coverage::Membership;
use crate::domain::rollup::full;
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
