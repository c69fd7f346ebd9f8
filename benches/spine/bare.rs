//! The bare database: the row that a submission of one figure ends in, written into the same table with the same two
//! indexes, under the same settings, by one connection with a prepared statement, and nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use cairn::clock::Clock;
use cairn::store::{Location, migrate};
use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::Outcome;
use crate::postgres::as_owner;
use crate::tables::observations as o;

/// The settings of Cairn's own writer.
const SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; \
     PRAGMA journal_size_limit = 67108864;";

/// A database with Cairn's tables, and no Cairn.
pub struct Bare {
    connection: Connection,
    rows: i64,
}

enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Runs one text of code against the connection that is there.
macro_rules! each {
    ($connection:expr, $c:ident => $body:expr) => {
        match $connection {
            Connection::Sqlite($c) => $body,
            Connection::Postgres($c) => $body,
        }
    };
}

impl Bare {
    /// Makes the tables and opens a connection.
    pub fn open(database: &str) -> Outcome<Self> {
        let location = Location::parse(&as_owner(database))?;
        migrate(&location, &Clock::System).map_err(|error| error.to_string())?;
        let connection = match location {
            Location::Sqlite(path) => {
                let mut connection = open_file(&path)?;
                connection.batch_execute(SETTINGS)?;
                Connection::Sqlite(connection)
            }
            Location::Postgres(url) => Connection::Postgres(PgConnection::establish(&url)?),
        };
        Ok(Self { connection, rows: 0 })
    }

    /// Writes in transactions of `group` rows each, for some time; answers the rows a second.
    pub fn write_for(&mut self, time: Duration, group: usize) -> Outcome<f64> {
        let (started, before) = (Instant::now(), self.rows);
        while started.elapsed() < time {
            each!(&mut self.connection, c => c.batch_execute(begin(c)))?;
            for _ in 0..group {
                self.rows += 1;
                self.insert()?;
            }
            each!(&mut self.connection, c => c.batch_execute("COMMIT"))?;
        }
        Ok((self.rows - before) as f64 / started.elapsed().as_secs_f64())
    }

    /// How [`Bare::load`] does it.
    pub fn how(&self) -> &'static str {
        match self.connection {
            Connection::Sqlite(_) => "a prepared insert",
            Connection::Postgres(_) => "COPY",
        }
    }

    /// Writes rows in one transaction, in the way that is fastest on the database.
    pub fn load(&mut self, rows: &[Row]) -> Outcome<()> {
        match &mut self.connection {
            Connection::Sqlite(c) => {
                c.batch_execute("BEGIN IMMEDIATE")?;
                for row in rows {
                    diesel::insert_into(o::table).values(row.columns()).execute(c)?;
                }
                c.batch_execute("COMMIT")?;
            }
            Connection::Postgres(c) => {
                let rows: Vec<Copied> = rows.iter().map(Copied::from).collect();
                diesel::copy_from(o::table).from_insertable(rows).execute(c)?;
            }
        }
        Ok(())
    }

    fn insert(&mut self) -> Outcome<()> {
        let values = (
            o::coalition_id.eq(1),
            o::measure_id.eq(1),
            o::period.eq(i32::try_from(self.rows)?),
            o::cell_id.eq(0),
            o::organization_id.eq(2),
            o::value.eq(Some(421 + self.rows)),
            o::flags.eq(0_i16),
            o::submission_id.eq(self.rows),
            o::recorded_at.eq(1_790_000_000_000_000 + self.rows),
            o::note.eq(None::<&str>),
        );
        each!(&mut self.connection, c => diesel::insert_into(o::table).values(values).execute(c))?;
        Ok(())
    }
}

/// A row of a large file.
pub struct Row {
    /// The measure.
    pub measure: i32,
    /// The year.
    pub period: i32,
    /// The organization.
    pub organization: i32,
    /// The value.
    pub value: i64,
}

type Columns = (
    diesel::dsl::Eq<o::coalition_id, i32>,
    diesel::dsl::Eq<o::measure_id, i32>,
    diesel::dsl::Eq<o::period, i32>,
    diesel::dsl::Eq<o::cell_id, i32>,
    diesel::dsl::Eq<o::organization_id, i32>,
    diesel::dsl::Eq<o::value, Option<i64>>,
    diesel::dsl::Eq<o::flags, i16>,
    diesel::dsl::Eq<o::submission_id, i64>,
    diesel::dsl::Eq<o::recorded_at, i64>,
    diesel::dsl::Eq<o::note, Option<&'static str>>,
);

impl Row {
    fn columns(&self) -> Columns {
        (
            o::coalition_id.eq(1),
            o::measure_id.eq(self.measure),
            o::period.eq(self.period),
            o::cell_id.eq(0),
            o::organization_id.eq(self.organization),
            o::value.eq(Some(self.value)),
            o::flags.eq(0),
            o::submission_id.eq(1),
            o::recorded_at.eq(1_790_000_000_000_000),
            o::note.eq(None),
        )
    }
}

#[derive(Insertable)]
#[diesel(table_name = o)]
#[diesel(treat_none_as_default_value = false)]
struct Copied {
    coalition_id: i32,
    measure_id: i32,
    period: i32,
    cell_id: i32,
    organization_id: i32,
    value: Option<i64>,
    flags: i16,
    submission_id: i64,
    recorded_at: i64,
    note: Option<&'static str>,
}

impl From<&Row> for Copied {
    fn from(row: &Row) -> Self {
        Self {
            coalition_id: 1,
            measure_id: row.measure,
            period: row.period,
            cell_id: 0,
            organization_id: row.organization,
            value: Some(row.value),
            flags: 0,
            submission_id: 1,
            recorded_at: 1_790_000_000_000_000,
            note: None,
        }
    }
}

/// How a writer begins: on SQLite with its lock, as Cairn does.
trait Begin {
    const BEGIN: &str;
}
impl Begin for SqliteConnection {
    const BEGIN: &str = "BEGIN IMMEDIATE";
}
impl Begin for PgConnection {
    const BEGIN: &str = "BEGIN";
}
fn begin<C: Begin>(_: &C) -> &'static str {
    C::BEGIN
}

/// How many figures a database holds.
pub fn count(database: &str) -> Outcome<i64> {
    let mut connection = match Location::parse(&as_owner(database))? {
        Location::Sqlite(path) => Connection::Sqlite(open_file(&path)?),
        Location::Postgres(url) => Connection::Postgres(PgConnection::establish(&url)?),
    };
    Ok(each!(&mut connection, c => o::table.count().get_result(c))?)
}

/// A connection to a SQLite file.
pub fn open_file(path: &Path) -> Outcome<SqliteConnection> {
    Ok(SqliteConnection::establish(
        path.to_str().ok_or("the path is not UTF-8")?,
    )?)
}
