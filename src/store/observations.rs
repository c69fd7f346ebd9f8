//! Observations: what each organization answered, one row for each figure that holds.

use diesel::prelude::*;

use super::Read;
use super::own::own;
use super::schema::observations;
use crate::auth::InCoalition;
use crate::error::Result;

/// Whether the coalition has any.
pub fn exist<S: InCoalition>(tx: &mut Read<'_, S>) -> Result<bool> {
    let found: Option<i32> = observations::table
        .filter(own!(observations::coalition_id, tx.tenant().coalition_id()))
        .select(observations::measure_id)
        .first(tx.connection)
        .optional()?;
    Ok(found.is_some())
}
