//! Dimensions and their codes. They are read with the whole schema: [`Read::schema`](super::Read::schema).

use diesel::prelude::*;

use super::Write;
use super::connection::each;
use super::own::own;
use super::schema::{dimension_codes, dimensions};
use crate::auth::{InCoalition, MayWrite};
use crate::domain::dimension::{Dimension, DimensionCode};
use crate::error::{Error, Result};

/// Adds a dimension under the next id; its code has to be free.
pub fn create<S: InCoalition + MayWrite>(tx: &mut Write<'_, S>, new: &Dimension) -> Result<()> {
    let coalition_id = tx.tenant().coalition_id();
    let last: Option<i16> = dimensions::table
        .filter(own!(dimensions::coalition_id, coalition_id))
        .order(dimensions::id.desc())
        .select(dimensions::id)
        .first(tx.connection)
        .optional()?;
    let id = last.unwrap_or(0).checked_add(1).ok_or_else(|| {
        Error::conflict(
            "too_many_dimensions",
            "this coalition has as many dimensions as there can be",
        )
    })?;
    diesel::insert_into(dimensions::table)
        .values((
            dimensions::coalition_id.eq(coalition_id),
            dimensions::id.eq(id),
            dimensions::code.eq(&new.code),
            dimensions::name.eq(&new.name),
            dimensions::overlapping.eq(new.overlapping),
            dimensions::created_at.eq(tx.recorded_at()),
        ))
        .execute(tx.connection)?;
    add_codes(tx, id, new.codes.iter())?;
    tx.touch_schema(true)
}

/// Writes down what has changed of a dimension: its name, its codes' names and retirement, and codes it did not have.
pub fn update<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    before: &Dimension,
    after: &Dimension,
) -> Result<()> {
    let (coalition_id, id) = (tx.tenant().coalition_id(), small(before.id)?);
    diesel::update(dimensions::table.find((coalition_id, id)))
        .set(dimensions::name.eq(&after.name))
        .execute(tx.connection)?;
    for code in &after.codes {
        if before.code_by_id(code.id).is_some_and(|known| known != code) {
            diesel::update(dimension_codes::table.find((coalition_id, id, small(code.id)?)))
                .set((
                    dimension_codes::name.eq(&code.name),
                    dimension_codes::retired.eq(code.retired),
                ))
                .execute(tx.connection)?;
        }
    }
    let new = after
        .codes
        .iter()
        .filter(|code| before.code_by_id(code.id).is_none());
    add_codes(tx, id, new)?;
    tx.touch_schema(true)
}

fn add_codes<'d, S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    dimension_id: i16,
    codes: impl Iterator<Item = &'d DimensionCode>,
) -> Result<()> {
    let coalition_id = tx.tenant().coalition_id();
    let mut rows = Vec::new();
    for code in codes {
        rows.push((
            dimension_codes::coalition_id.eq(coalition_id),
            dimension_codes::dimension_id.eq(dimension_id),
            dimension_codes::id.eq(small(code.id)?),
            dimension_codes::code.eq(&code.code),
            dimension_codes::code_key.eq(code.code.to_ascii_lowercase()),
            dimension_codes::name.eq(&code.name),
            dimension_codes::retired.eq(code.retired),
        ));
    }
    for rows in rows.chunks(1_000) {
        each!(&mut *tx.connection, connection => diesel::insert_into(dimension_codes::table).values(rows).execute(connection)?);
    }
    Ok(())
}

fn small(id: u16) -> Result<i16> {
    i16::try_from(id).map_err(Error::internal)
}
