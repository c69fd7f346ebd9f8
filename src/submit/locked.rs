//! Rows that would change figures of periods which the coalition has locked. What is sent again as it stands changes
//! nothing, and is taken.

use super::Tenant;
use crate::domain::schema::Schema;
use crate::domain::submission::{Change, Checked, RowError};
use crate::error::Result;
use crate::store::Read;
use crate::store::changeset::rows_with_effect;

/// Refuses those of the good rows.
pub fn refuse(tx: &mut Read<'_, Tenant>, schema: &Schema, checked: &mut Checked) -> Result<()> {
    let Some(last) = schema.locked_through else {
        return Ok(());
    };
    let is_locked = |change: &&Change| schema.is_locked(change.period);
    if !checked.changes.iter().any(|change| is_locked(&change)) {
        return Ok(());
    }
    let rows = rows_with_effect(tx, schema, checked.changes.iter().filter(is_locked))?;
    let refused = checked
        .changes
        .extract_if(.., |change| rows.contains(&change.row));
    checked.errors.extend(refused.map(|change| RowError {
        row: change.row,
        pointer: format!("/observations/{}/period", change.row),
        code: "period_locked",
        detail: format!(
            "{} is locked: the coalition's figures of periods that end by {last} take no changes; if this one has to \
             change, ask the backbone to open the period again",
            change.period
        ),
    }));
    Ok(())
}
