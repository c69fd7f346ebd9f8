//! What organizations reported for earlier periods, to hold new figures against.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};

use super::Read;
use super::arrays::{Arrays, Column};
use super::connection::Connection;
use super::many::{Bind, Many};
use crate::auth::InCoalition;
use crate::domain::period::Period;
use crate::error::Result;

/// Some periods of one organization's figures for a measure.
pub(in crate::store) struct Wanted {
    pub organization_id: i32,
    pub measure_id: i32,
    pub first: Period,
    pub last: Period,
    /// The least and the greatest id of the cells.
    pub cells: (i32, i32),
}

/// Organization, measure, period as encoded, cell, and the value, which there is.
pub(in crate::store) type Reported = (i32, i32, i32, i32, i64);
type ReportedSql = (Integer, Integer, Integer, Integer, BigInt);

/// So many stretches PostgreSQL takes as a list of values; more as arrays.
const FEW: usize = 16;

/// The values that there are, in any order.
pub(in crate::store) fn load<S: InCoalition>(
    tx: &mut Read<'_, S>,
    wanted: &[Wanted],
) -> Result<Vec<Reported>> {
    let coalition_id = tx.tenant().coalition_id();
    let binds: Vec<_> = wanted.iter().map(|wanted| wanted.binds(coalition_id)).collect();
    let mut rows = Vec::new();
    match tx.connection {
        Connection::Sqlite(c) => {
            // By the index alone as far as the cell; only then to the row, of which there are few in a large lattice.
            let join = ") AS s CROSS JOIN observations i INDEXED BY observations_by_organization \
                CROSS JOIN observations o \
                WHERE i.coalition_id = s.column1 AND i.organization_id = s.column2 AND i.measure_id = s.column3 \
                AND i.period BETWEEN s.column4 AND s.column5 AND i.cell_id BETWEEN s.column6 AND s.column7 \
                AND o.coalition_id = i.coalition_id AND o.measure_id = i.measure_id AND o.period = i.period \
                AND o.cell_id = i.cell_id AND o.organization_id = i.organization_id AND o.value IS NOT NULL";
            for query in Many::<7, ReportedSql>::statements(SELECT, &binds, join) {
                rows.extend(query.load::<Reported>(c)?);
            }
        }
        Connection::Postgres(c) if wanted.len() > FEW => {
            rows = in_arrays(coalition_id, wanted).load(c)?;
        }
        Connection::Postgres(c) => {
            let join = ") AS s CROSS JOIN observations o \
                WHERE o.coalition_id = s.column1 AND o.organization_id = s.column2 AND o.measure_id = s.column3 \
                AND o.period BETWEEN s.column4 AND s.column5 AND o.cell_id BETWEEN s.column6 AND s.column7 \
                AND o.value IS NOT NULL";
            for query in Many::<7, ReportedSql>::statements(SELECT, &binds, join) {
                rows.extend(query.load::<Reported>(c)?);
            }
        }
    }
    Ok(rows)
}

const SELECT: &str = "SELECT o.organization_id, o.measure_id, o.period, o.cell_id, o.value FROM (VALUES";

impl Wanted {
    fn binds(&self, coalition_id: i32) -> [Bind<'_>; 7] {
        [
            Bind::Int(coalition_id),
            Bind::Int(self.organization_id),
            Bind::Int(self.measure_id),
            Bind::Int(self.first.encoded()),
            Bind::Int(self.last.encoded()),
            Bind::Int(self.cells.0),
            Bind::Int(self.cells.1),
        ]
    }
}

fn in_arrays(coalition_id: i32, wanted: &[Wanted]) -> Arrays<'_, ReportedSql> {
    let column = |of: fn(&Wanted) -> i32| Column::Ints(wanted.iter().map(of).collect());
    Arrays {
        // OFFSET 0 keeps PostgreSQL to the index: see the stored figures.
        texts: &[
            "SELECT o.organization_id, o.measure_id, o.period, o.cell_id, o.value FROM unnest(",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ") AS s (organization_id, measure_id, first, last, first_cell, last_cell) \
                CROSS JOIN LATERAL (SELECT * FROM observations o WHERE o.coalition_id = ",
        ],
        columns: vec![
            column(|wanted| wanted.organization_id),
            column(|wanted| wanted.measure_id),
            column(|wanted| wanted.first.encoded()),
            column(|wanted| wanted.last.encoded()),
            column(|wanted| wanted.cells.0),
            column(|wanted| wanted.cells.1),
            Column::Int(coalition_id),
        ],
        end: " AND o.organization_id = s.organization_id AND o.measure_id = s.measure_id \
            AND o.period BETWEEN s.first AND s.last AND o.cell_id BETWEEN s.first_cell AND s.last_cell \
            AND o.value IS NOT NULL OFFSET 0) AS o",
        answers: PhantomData,
    }
}
