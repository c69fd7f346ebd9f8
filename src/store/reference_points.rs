//! Baselines and targets of measures.

use std::collections::HashMap;

use diesel::prelude::*;

use super::connection::each;
use super::own::own;
use super::schema::reference_points;
use super::{Read, Write};
use crate::auth::{InCoalition, MayWrite, ReadsCoalition};
use crate::domain::cell::Cell;
use crate::domain::period::Period;
use crate::domain::reference_points::ReferencePoint;
use crate::domain::references::ReferenceKind;
use crate::domain::schema::Schema;
use crate::error::{Error, Result};

/// The points of one kind of a measure, by the key of their cell and their period.
pub fn list<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    measure_id: i32,
    kind: ReferenceKind,
) -> Result<Vec<ReferencePoint>> {
    let schema = tx.schema()?;
    let mut rows: Vec<(String, i32, i64)> = reference_points::table
        .filter(own!(reference_points::coalition_id, tx.tenant().coalition_id()))
        .filter(reference_points::measure_id.eq(measure_id))
        .filter(reference_points::kind.eq(kind.as_str()))
        .select((
            reference_points::cell_key,
            reference_points::period,
            reference_points::value,
        ))
        .load(tx.connection)?;
    rows.sort_unstable();
    rows.into_iter()
        .map(|(key, period, units)| read(&schema, &key, period, units))
        .collect()
}

/// The points of all measures, each cell's in the order of time.
#[derive(Debug, Default)]
pub struct ReferencePoints(HashMap<(i32, Cell, ReferenceKind), Vec<ReferencePoint>>);

/// All of the coalition's points.
pub fn list_all<S: ReadsCoalition>(tx: &mut Read<'_, S>) -> Result<ReferencePoints> {
    let schema = tx.schema()?;
    let rows: Vec<(i32, String, String, i32, i64)> = reference_points::table
        .filter(own!(reference_points::coalition_id, tx.tenant().coalition_id()))
        .order(reference_points::period)
        .select((
            reference_points::measure_id,
            reference_points::kind,
            reference_points::cell_key,
            reference_points::period,
            reference_points::value,
        ))
        .load(tx.connection)?;
    let mut points = ReferencePoints::default();
    for (measure_id, kind, key, period, units) in rows {
        let point = read(&schema, &key, period, units)?;
        let kind = ReferenceKind::parse(&kind);
        let kind = kind.ok_or_else(|| Error::internal("a point that is neither baseline nor target"))?;
        points
            .0
            .entry((measure_id, point.cell, kind))
            .or_default()
            .push(point);
    }
    Ok(points)
}

impl ReferencePoints {
    /// Those of one kind of a measure at a cell.
    pub fn at(
        &self,
        measure_id: i32,
        cell: Cell,
        kind: ReferenceKind,
    ) -> impl Iterator<Item = &ReferencePoint> {
        self.0.get(&(measure_id, cell, kind)).into_iter().flatten()
    }
}

fn read(schema: &Schema, key: &str, period: i32, units: i64) -> Result<ReferencePoint> {
    let cell = schema.parse_cell_key(key);
    let cell = cell.ok_or_else(|| Error::internal(format!("'{key}' is no cell")))?;
    let found = Period::from_encoded(period);
    let period = found.ok_or_else(|| Error::internal(format!("{period} is no period")))?;
    Ok(ReferencePoint { cell, period, units })
}

/// Puts these points in the place of all of that kind that the measure had.
pub fn replace<S: InCoalition + MayWrite>(
    tx: &mut Write<'_, S>,
    measure_id: i32,
    kind: ReferenceKind,
    points: &[ReferencePoint],
) -> Result<()> {
    let coalition_id = tx.tenant().coalition_id();
    let schema = tx.schema()?;
    diesel::delete(
        reference_points::table
            .filter(own!(reference_points::coalition_id, coalition_id))
            .filter(reference_points::measure_id.eq(measure_id))
            .filter(reference_points::kind.eq(kind.as_str())),
    )
    .execute(tx.connection)?;
    let rows: Vec<_> = points
        .iter()
        .map(|point| {
            (
                reference_points::coalition_id.eq(coalition_id),
                reference_points::measure_id.eq(measure_id),
                reference_points::kind.eq(kind.as_str()),
                reference_points::cell_key.eq(schema.cell_key(&point.cell)),
                reference_points::period.eq(point.period.encoded()),
                reference_points::value.eq(point.units),
            )
        })
        .collect();
    for rows in rows.chunks(1_000) {
        each!(&mut *tx.connection, connection => diesel::insert_into(reference_points::table).values(rows).execute(connection)?);
    }
    Ok(())
}
