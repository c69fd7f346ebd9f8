//! A coalition's shared schema, read whole.

use diesel::prelude::*;

use super::connection::Connection;
use super::days::read_day;
use super::own::own;
use super::schema::{cells, coalitions, dimension_codes, dimensions, measures};
use crate::domain::dimension::{Dimension, DimensionCode};
use crate::domain::measure::Measure;
use crate::domain::period_kind::FiscalStart;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// Everything that figures of a coalition are read and written against.
pub(in crate::store) fn load(connection: &mut Connection, coalition_id: i32, version: i32) -> Result<Schema> {
    let (month, locked_through): (i16, Option<String>) = coalitions::table
        .find(coalition_id)
        .select((coalitions::fiscal_year_start_month, coalitions::locked_through))
        .first(connection)?;
    let fiscal_start = u8::try_from(month)
        .ok()
        .and_then(FiscalStart::new)
        .ok_or_else(|| Error::internal(format!("{month} is no month")))?;
    let mut schema = Schema::new(
        fiscal_start,
        version,
        load_dimensions(connection, coalition_id)?,
        load_measures(connection, coalition_id)?,
        load_cells(connection, coalition_id)?,
    );
    schema.locked_through = locked_through.as_deref().map(read_day).transpose()?;
    Ok(schema)
}

fn load_dimensions(connection: &mut Connection, coalition_id: i32) -> Result<Vec<Dimension>> {
    let rows: Vec<(i16, String, String, bool)> = dimensions::table
        .filter(own!(dimensions::coalition_id, coalition_id))
        .order(dimensions::id)
        .select((
            dimensions::id,
            dimensions::code,
            dimensions::name,
            dimensions::overlapping,
        ))
        .load(connection)?;
    let codes: Vec<(i16, i16, String, String, bool)> = dimension_codes::table
        .filter(own!(dimension_codes::coalition_id, coalition_id))
        .order((dimension_codes::dimension_id, dimension_codes::id))
        .select((
            dimension_codes::dimension_id,
            dimension_codes::id,
            dimension_codes::code,
            dimension_codes::name,
            dimension_codes::retired,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, code, name, overlapping)| {
            let codes = codes
                .iter()
                .filter(|(dimension, ..)| *dimension == id)
                .map(|(_, id, code, name, retired)| {
                    Ok(DimensionCode {
                        id: small(*id)?,
                        code: code.clone(),
                        name: name.clone(),
                        retired: *retired,
                    })
                })
                .collect::<Result<_>>()?;
            Ok(Dimension {
                id: small(id)?,
                code,
                name,
                overlapping,
                codes,
            })
        })
        .collect()
}

fn load_measures(connection: &mut Connection, coalition_id: i32) -> Result<Vec<Measure>> {
    let rows: Vec<(i32, String)> = measures::table
        .filter(own!(measures::coalition_id, coalition_id))
        .order(measures::id)
        .select((measures::id, measures::body))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, body)| {
            Ok(Measure {
                id,
                ..serde_json::from_str(&body)?
            })
        })
        .collect()
}

fn load_cells(connection: &mut Connection, coalition_id: i32) -> Result<Vec<(i32, String)>> {
    Ok(cells::table
        .filter(own!(cells::coalition_id, coalition_id))
        .select((cells::id, cells::key))
        .load(connection)?)
}

fn small(id: i16) -> Result<u16> {
    u16::try_from(id).map_err(Error::internal)
}
