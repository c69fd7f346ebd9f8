//! Cells in use, each under a small id.

use std::collections::BTreeSet;
use std::sync::Arc;

use diesel::prelude::*;

use super::Write;
use super::schema::cells;
use crate::auth::InCoalition;
use crate::domain::cell::Cell;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// Gives an id to each of these cells that has none, and answers the schema that knows them all.
pub(in crate::store) fn ensure<S: InCoalition>(
    tx: &mut Write<'_, S>,
    schema: Arc<Schema>,
    wanted: impl Iterator<Item = Cell>,
) -> Result<Arc<Schema>> {
    let missing: BTreeSet<Cell> = wanted.filter(|cell| schema.cell_id(cell).is_none()).collect();
    if missing.is_empty() {
        return Ok(schema);
    }
    let coalition_id = tx.tenant().coalition_id();
    let count = i32::try_from(missing.len()).map_err(Error::internal)?;
    let first = tx.take_ids(count)?;
    for (id, cell) in (first..).zip(&missing) {
        diesel::insert_into(cells::table)
            .values((
                cells::coalition_id.eq(coalition_id),
                cells::id.eq(id),
                cells::key.eq(schema.cell_key(cell)),
            ))
            .execute(tx.connection)?;
    }
    tx.touch_schema(false)?;
    tx.schema()
}
