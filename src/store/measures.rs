//! Measures and everything they ever said. The current ones are read with the whole schema:
//! [`Read::schema`](super::Read::schema).

use diesel::prelude::*;

use super::own::own;
use super::schema::{measure_versions, measures};
use super::{Read, Write, coverage};
use crate::auth::{InCoalition, MayWrite};
use crate::domain::measure::Measure;
use crate::error::{Error, Result};

/// A measure as it was from some moment on.
pub struct MeasureVersion {
    /// What it said.
    pub measure: Measure,
    /// Since when, in microseconds.
    pub recorded_at: i64,
}

/// Adds a measure under a new id, which it answers; its code has to be free. A ratio is worked out at once from what
/// its sides hold; where it changes what is usually asked for, so is who was expected to answer.
pub fn create<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, new: &Measure) -> Result<i32> {
    let (id, before) = (tx.take_ids(1)?, tx.schema()?);
    let body = serde_json::to_string(new)?;
    diesel::insert_into(measures::table)
        .values((
            measures::coalition_id.eq(tx.tenant().coalition_id()),
            measures::id.eq(id),
            measures::code.eq(&new.code),
            measures::code_key.eq(new.code.to_ascii_lowercase()),
            measures::version.eq(new.version),
            measures::body.eq(&body),
            measures::created_at.eq(tx.recorded_at()),
        ))
        .execute(tx.connection)?;
    keep_version(tx, id, new.version, &body)?;
    tx.touch_schema(true)?;
    if new.is_ratio() {
        super::rollup::fill(tx, id)?;
    }
    let after = tx.schema()?;
    coverage::reconcile_schema(tx, &before, &after)?;
    Ok(id)
}

/// Puts a new version in the place of the one before, which stays among the versions. Where it changes what is usually
/// asked for, who was expected to answer is worked out anew.
pub fn update<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, changed: &Measure) -> Result<()> {
    let (body, before) = (serde_json::to_string(changed)?, tx.schema()?);
    let rows = diesel::update(measures::table.find((tx.tenant().coalition_id(), changed.id)))
        .set((measures::version.eq(changed.version), measures::body.eq(&body)))
        .execute(tx.connection)?;
    if rows != 1 {
        return Err(Error::NotFound);
    }
    keep_version(tx, changed.id, changed.version, &body)?;
    tx.touch_schema(true)?;
    let after = tx.schema()?;
    coverage::reconcile_schema(tx, &before, &after)
}

fn keep_version<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    id: i32,
    version: i32,
    body: &str,
) -> Result<()> {
    diesel::insert_into(measure_versions::table)
        .values((
            measure_versions::coalition_id.eq(tx.tenant().coalition_id()),
            measure_versions::measure_id.eq(id),
            measure_versions::version.eq(version),
            measure_versions::body.eq(body),
            measure_versions::actor.eq(tx.tenant().actor().to_string()),
            measure_versions::recorded_at.eq(tx.recorded_at()),
        ))
        .execute(tx.connection)?;
    Ok(())
}

/// What a measure said, newest first, from before a version on.
pub fn list_versions<S: InCoalition>(
    tx: &mut Read<'_, S>,
    measure_id: i32,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<MeasureVersion>> {
    let rows: Vec<(String, i64)> = measure_versions::table
        .filter(own!(measure_versions::coalition_id, tx.tenant().coalition_id()))
        .filter(measure_versions::measure_id.eq(measure_id))
        .filter(measure_versions::version.lt(before.unwrap_or(i32::MAX)))
        .order(measure_versions::version.desc())
        .limit(limit)
        .select((measure_versions::body, measure_versions::recorded_at))
        .load(tx.connection)?;
    rows.into_iter()
        .map(|(body, recorded_at)| {
            let measure = Measure {
                id: measure_id,
                ..serde_json::from_str(&body)?
            };
            Ok(MeasureVersion { measure, recorded_at })
        })
        .collect()
}
