//! The live totals, and who answered, as they are read: in one statement, however many measures are asked about.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::{BigInt, Integer};

use super::Read;
use super::arrays::{Arrays, Column};
use super::connection::{Connection, each};
use super::figures::Stretch;
use super::listed::{Listed, by_time};
use super::many::{Bind, Many};
use super::own::is_own;
use crate::auth::ReadsCoalition;
use crate::domain::cell::Cell;
use crate::domain::coverage::Coverage;
use crate::domain::period::Period;
use crate::domain::rollup::Effect;
use crate::domain::schema::Schema;
use crate::domain::totals::Total;
use crate::error::{Error, Result};

/// So many stretches go as a list of values; more as arrays, or on SQLite as lists of measures.
const FEW: usize = 16;

/// Measure, period, cell; sum and denominator; contributors and those with an estimate.
type TotalRow = ((i32, i32, i32), (i64, i64), (i32, i32));
type TotalSql = ((Integer, Integer, Integer), (BigInt, BigInt), (Integer, Integer));
/// Measure and period; contributors, not applicable, outsiders, answered.
type CoverageRow = ((i32, i32), (i32, i32, i32, i32));
type CoverageSql = ((Integer, Integer), (Integer, Integer, Integer, Integer));

/// The columns of a [`TotalRow`], and from where they are taken.
macro_rules! select_totals {
    ($from:literal) => {
        concat!(
            "SELECT r.measure_id, r.period, r.cell_id, r.sum, r.denominator, r.contributors, r.estimated FROM ",
            $from
        )
    };
}

/// Those of a [`CoverageRow`].
macro_rules! select_coverage {
    ($from:literal) => {
        concat!(
            "SELECT r.measure_id, r.period, r.contributors, r.not_applicable, r.outsiders, r.answered FROM ",
            $from
        )
    };
}

const FROM_COVERAGE: &str = concat!(
    ") AS s CROSS JOIN coverage r WHERE r.coalition_id",
    is_own!(),
    "s.column1 AND r.measure_id = s.column2 AND r.period BETWEEN s.column3 AND s.column4"
);

/// The totals of some stretches, those of one cell only where one is given.
pub(in crate::store) fn load<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    schema: &Schema,
    stretches: &[Stretch],
    only: Option<Cell>,
) -> Result<Vec<(i32, Period, Cell, Total)>> {
    // Ids of cells begin with the headline's, 0.
    let cells = match only.map(|cell| schema.cell_id(&cell)) {
        Some(None) => return Ok(Vec::new()),
        Some(Some(id)) => (id, id),
        None => (0, i32::MAX),
    };
    let coalition_id = tx.tenant().coalition_id();
    let rows = match tx.connection {
        Connection::Postgres(c) if stretches.len() > FEW => {
            totals_in_arrays(coalition_id, stretches, cells).load(c)?
        }
        Connection::Sqlite(c) if stretches.len() > FEW => {
            listed::<TotalSql, TotalRow>(c, TOTALS_LISTED, coalition_id, stretches, Some(cells))?
        }
        _ => totals_by_values(tx.connection, coalition_id, stretches, cells)?,
    };
    rows.into_iter()
        .map(
            |((measure, period, cell), (sum, denominator), (contributors, estimated))| {
                let (Some(period), Some(cell)) = (Period::from_encoded(period), schema.cell_by_id(cell))
                else {
                    return Err(Error::internal(
                        "a total has a period or a cell that nothing can be",
                    ));
                };
                let effect = Effect {
                    sum: sum.into(),
                    denominator: denominator.into(),
                    contributors,
                    estimated,
                };
                Ok((measure, period, cell, Total::from(effect)))
            },
        )
        .collect()
}

/// Who answered, in some stretches.
pub(in crate::store) fn load_coverage<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    stretches: &[Stretch],
) -> Result<Vec<((i32, Period), Coverage)>> {
    let coalition_id = tx.tenant().coalition_id();
    let rows = match tx.connection {
        Connection::Postgres(c) if stretches.len() > FEW => {
            coverage_in_arrays(coalition_id, stretches).load(c)?
        }
        Connection::Sqlite(c) if stretches.len() > FEW => {
            listed::<CoverageSql, CoverageRow>(c, COVERAGE_LISTED, coalition_id, stretches, None)?
        }
        _ => coverage_by_values(tx.connection, coalition_id, stretches)?,
    };
    rows.into_iter()
        .map(
            |((measure, period), (contributors, not_applicable, outsiders, answered))| {
                let period =
                    Period::from_encoded(period).ok_or_else(|| Error::internal("coverage of no period"))?;
                let counts = Coverage {
                    contributors,
                    not_applicable,
                    outsiders,
                    answered,
                };
                Ok(((measure, period), counts))
            },
        )
        .collect()
}

/// How many periods of some stretches were answered.
pub(in crate::store) fn count_coverage<S: ReadsCoalition>(
    tx: &mut Read<'_, S>,
    stretches: &[Stretch],
) -> Result<u64> {
    let wanted = coverage_wanted(tx.tenant().coalition_id(), stretches);
    let mut count = 0;
    for query in Many::<4, BigInt>::statements("SELECT COUNT(*) FROM (VALUES", &wanted, FROM_COVERAGE) {
        count += each!(tx.connection, c => query.get_result::<i64>(c))?;
    }
    u64::try_from(count).map_err(Error::internal)
}

fn totals_by_values(
    connection: &mut Connection,
    coalition_id: i32,
    stretches: &[Stretch],
    (first_cell, last_cell): (i32, i32),
) -> Result<Vec<TotalRow>> {
    let wanted = stretches.iter().map(|(measure, first, last)| {
        [
            coalition_id,
            *measure,
            first.encoded(),
            last.encoded(),
            first_cell,
            last_cell,
        ]
        .map(Bind::Int)
    });
    let wanted: Vec<_> = wanted.collect();
    let join = concat!(
        ") AS s CROSS JOIN rollup r WHERE r.coalition_id",
        is_own!(),
        "s.column1 AND r.measure_id = s.column2 \
        AND r.period BETWEEN s.column3 AND s.column4 AND r.cell_id BETWEEN s.column5 AND s.column6"
    );
    let mut rows = Vec::new();
    for query in Many::<6, TotalSql>::statements(select_totals!("(VALUES"), &wanted, join) {
        rows.extend(each!(connection, c => query.load::<TotalRow>(c))?);
    }
    Ok(rows)
}

fn coverage_by_values(
    connection: &mut Connection,
    coalition_id: i32,
    stretches: &[Stretch],
) -> Result<Vec<CoverageRow>> {
    let wanted = coverage_wanted(coalition_id, stretches);
    let mut rows = Vec::new();
    for query in Many::<4, CoverageSql>::statements(select_coverage!("(VALUES"), &wanted, FROM_COVERAGE) {
        rows.extend(each!(connection, c => query.load::<CoverageRow>(c))?);
    }
    Ok(rows)
}

fn coverage_wanted(coalition_id: i32, stretches: &[Stretch]) -> Vec<[Bind<'static>; 4]> {
    let wanted = stretches.iter().map(|(measure, first, last)| {
        [coalition_id, *measure, first.encoded(), last.encoded()].map(Bind::Int)
    });
    wanted.collect()
}

const TOTALS_LISTED: [&str; 2] = [
    select_totals!("json_each("),
    concat!(
        ") AS s CROSS JOIN rollup r WHERE r.measure_id = s.value AND r.coalition_id",
        is_own!()
    ),
];

const COVERAGE_LISTED: [&str; 2] = [
    select_coverage!("json_each("),
    concat!(
        ") AS s CROSS JOIN coverage r WHERE r.measure_id = s.value AND r.coalition_id",
        is_own!()
    ),
];

/// The rows of some stretches, of those cells only where any are given: a statement for all measures of the same time.
fn listed<T, R>(
    connection: &mut SqliteConnection,
    [select, join]: [&'static str; 2],
    coalition_id: i32,
    stretches: &[Stretch],
    cells: Option<(i32, i32)>,
) -> Result<Vec<R>>
where
    Listed<T>: for<'q> LoadQuery<'q, SqliteConnection, R>,
{
    let mut rows = Vec::with_capacity(stretches.len());
    for ((first, last), measures) in by_time(stretches) {
        let mut after = vec![(join, coalition_id)];
        after.extend(within(PERIOD, (first.encoded(), last.encoded())));
        after.extend(cells.into_iter().flat_map(|cells| within(CELL, cells)));
        rows.extend(Listed::<T>::new(select, &measures, after).load::<R>(connection)?);
    }
    Ok(rows)
}

/// What stands before the only value of a column, and before its least.
const PERIOD: [&str; 2] = [" AND r.period = ", " AND r.period BETWEEN "];
const CELL: [&str; 2] = [" AND r.cell_id = ", " AND r.cell_id BETWEEN "];

/// That a column is within bounds; where these are the same, SQLite finds the row by its whole key.
fn within(
    [only, least]: [&'static str; 2],
    (first, last): (i32, i32),
) -> impl Iterator<Item = (&'static str, i32)> {
    let is_one = first == last;
    let end = (!is_one).then_some((" AND ", last));
    std::iter::once((if is_one { only } else { least }, first)).chain(end)
}

fn column<'a>(stretches: &[Stretch], of: fn(&Stretch) -> i32) -> Column<'a> {
    Column::Ints(stretches.iter().map(of).collect())
}

fn totals_in_arrays(
    coalition_id: i32,
    stretches: &[Stretch],
    (first_cell, last_cell): (i32, i32),
) -> Arrays<'_, TotalSql> {
    Arrays {
        // OFFSET 0 keeps PostgreSQL to the index: see the stored figures.
        texts: &[
            select_totals!("unnest("),
            ", ",
            ", ",
            concat!(
                ") AS s (measure_id, first, last) CROSS JOIN LATERAL (SELECT * FROM rollup r WHERE r.coalition_id",
                is_own!()
            ),
            " AND r.measure_id = s.measure_id AND r.period BETWEEN s.first AND s.last AND r.cell_id BETWEEN ",
            " AND ",
        ],
        columns: vec![
            column(stretches, |(measure, ..)| *measure),
            column(stretches, |(_, first, _)| first.encoded()),
            column(stretches, |(_, _, last)| last.encoded()),
            Column::Int(coalition_id),
            Column::Int(first_cell),
            Column::Int(last_cell),
        ],
        end: " OFFSET 0) AS r",
        answers: PhantomData,
    }
}

fn coverage_in_arrays(coalition_id: i32, stretches: &[Stretch]) -> Arrays<'_, CoverageSql> {
    Arrays {
        texts: &[
            select_coverage!("unnest("),
            ", ",
            ", ",
            concat!(
                ") AS s (measure_id, first, last) CROSS JOIN LATERAL (SELECT * FROM coverage r WHERE r.coalition_id",
                is_own!()
            ),
        ],
        columns: vec![
            column(stretches, |(measure, ..)| *measure),
            column(stretches, |(_, first, _)| first.encoded()),
            column(stretches, |(_, _, last)| last.encoded()),
            Column::Int(coalition_id),
        ],
        end: " AND r.measure_id = s.measure_id AND r.period BETWEEN s.first AND s.last OFFSET 0) AS r",
        answers: PhantomData,
    }
}
