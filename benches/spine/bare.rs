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
        let location = Location::parse(database)?;
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
    let mut connection = match Location::parse(database)? {
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
