//! The row by which writes in a coalition take turns: it is their lock, their clock and their counter.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Write;
use super::connection::{Connection, each};
use super::kept::Kept;
use super::schema::coalition_clock;
use crate::auth::InCoalition;
use crate::error::{Error, Result};

/// One turn of a coalition's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Counts the writes in the coalition.
    pub revision: i64,
    /// When this write was recorded: UTC microseconds, strictly increasing within the coalition.
    pub recorded_at: i64,
    /// Counts the changes of the shared schema.
    pub schema_version: i32,
    /// Names the exact state of the schema, its cells, and who takes part; never used twice.
    pub schema_stamp: i64,
    /// When the last write was recorded: unlike `recorded_at`, not moved by an instant that is settled.
    pub written_at: i64,
}

/// Names one state of a coalition: another one after every write in it, and, since times do not come again, never the
/// same for two states, even when a backup was restored and revisions are counted anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Counts the writes in the coalition.
    pub revision: i64,
    /// When the last one was recorded.
    pub written_at: i64,
}

impl Tick {
    /// The state that it leaves the coalition in.
    pub fn version(self) -> Version {
        Version {
            revision: self.revision,
            written_at: self.written_at,
        }
    }
}

type Columns = (
    coalition_clock::revision,
    coalition_clock::recorded_at,
    coalition_clock::schema_version,
    coalition_clock::schema_stamp,
    coalition_clock::written_at,
);
const COLUMNS: Columns = (
    coalition_clock::revision,
    coalition_clock::recorded_at,
    coalition_clock::schema_version,
    coalition_clock::schema_stamp,
    coalition_clock::written_at,
);
type Row = (i64, i64, i32, i64, i64);

/// Begins some writes in a coalition: waits for its row, then moves it on by as many turns; answers the last of them.
pub(in crate::store) fn advance(
    connection: &mut Connection,
    coalition_id: i32,
    now: i64,
    turns: i64,
) -> Result<Tick> {
    use coalition_clock as c;
    let recorded_at = || {
        case_when::<_, _, BigInt>(c::recorded_at.lt(now - turns + 1), now).otherwise(c::recorded_at + turns)
    };
    let update = diesel::update(c::table.find(coalition_id))
        .set((
            c::revision.eq(c::revision + turns),
            c::recorded_at.eq(recorded_at()),
            c::written_at.eq(recorded_at()),
        ))
        .returning(COLUMNS);
    let row = Kept(update).get_result::<Row>(connection).optional()?;
    row.map(tick).ok_or(Error::NotFound)
}

/// The clock as it stands.
pub(in crate::store) fn current(connection: &mut Connection, coalition_id: i32) -> Result<Tick> {
    let query = coalition_clock::table.find(coalition_id).select(COLUMNS);
    let row: Option<Row> = each!(connection, c => query.get_result(c)).optional()?;
    row.map(tick).ok_or(Error::NotFound)
}

/// A new coalition's clock, at rest.
pub(in crate::store) fn create(connection: &mut Connection, coalition_id: i32, now: i64) -> Result<()> {
    use coalition_clock as c;
    diesel::insert_into(c::table)
        .values((
            c::coalition_id.eq(coalition_id),
            c::revision.eq(0),
            c::recorded_at.eq(now),
            c::next_id.eq(1),
            c::schema_version.eq(1),
            c::schema_stamp.eq(fresh_stamp()?),
            c::written_at.eq(now),
        ))
        .execute(connection)?;
    Ok(())
}

impl<S: InCoalition> Write<'_, S> {
    /// The next `count` ids of the coalition, as the first of them.
    pub(in crate::store) fn take_ids(&mut self, count: i32) -> Result<i32> {
        use coalition_clock as c;
        let next: i32 = diesel::update(c::table.find(self.tenant().coalition_id()))
            .set(c::next_id.eq(c::next_id + count))
            .returning(c::next_id)
            .get_result(self.connection)?;
        Ok(next - count)
    }

    /// Marks that the schema, or who takes part, changed: readers load it anew. Cells that come into use, partners and
    /// locks change the stamp alone, a change of measures or dimensions also the version.
    pub(in crate::store) fn touch_schema(&mut self, is_new_version: bool) -> Result<()> {
        use coalition_clock as c;
        let row = diesel::update(c::table.find(self.tenant().coalition_id()))
            .set((
                c::schema_version.eq(c::schema_version + i32::from(is_new_version)),
                c::schema_stamp.eq(fresh_stamp()?),
            ))
            .returning(COLUMNS)
            .get_result(self.connection)?;
        self.tick = Some(tick(row));
        Ok(())
    }
}

/// Random, so that a stamp which was rolled back never comes again and a cache by stamp cannot be poisoned.
fn fresh_stamp() -> Result<i64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(i64::from_le_bytes(bytes))
}

fn tick((revision, recorded_at, schema_version, schema_stamp, written_at): Row) -> Tick {
    Tick {
        revision,
        recorded_at,
        schema_version,
        schema_stamp,
        written_at,
    }
}
