//! Instants that are settled: nothing can be recorded at or before them any more.

use diesel::prelude::*;

use super::schema::coalition_clock as c;
use super::{System, Version, coalition_clock, reach};
use crate::error::Result;

/// Settles an instant that is not in the future: waits for the write that is under way, if there is one, and moves the
/// coalition's clock on, so that every later write is recorded after the instant. An answer as of a settled instant is
/// always the same. Answers the state in which everything up to the instant is there.
pub fn settle(tx: &mut System<'_>, coalition_id: i32, instant: i64) -> Result<Version> {
    reach::enter(tx.connection, coalition_id)?;
    let behind = c::table.find(coalition_id).filter(c::recorded_at.lt(instant));
    diesel::update(behind)
        .set(c::recorded_at.eq(instant))
        .execute(tx.connection)?;
    Ok(coalition_clock::current(tx.connection, coalition_id)?.version())
}
