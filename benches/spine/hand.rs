//! Questions to the observations in plain SQL, on a connection of its own.

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};

use cairn::domain::period::Period;
use cairn::store::Location;

use crate::Outcome;
use crate::bare::open_file;
use crate::postgres::as_owner;
use crate::tables::measures;

/// A connection, and what stands for a measure and the year 2020 in its texts.
pub struct Hand {
    connection: Connection,
    measure: i32,
    period: i32,
}

enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = BigInt)]
    sum: i64,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Hand {
    /// Connects to the database of the only coalition.
    pub fn open(database: &str, measure: &str) -> Outcome<Self> {
        let mut connection = match Location::parse(&as_owner(database))? {
            Location::Sqlite(path) => {
                let mut connection = open_file(&path)?;
                // As Cairn's own readers have it.
                connection.batch_execute("PRAGMA cache_size = -4000; PRAGMA mmap_size = 268435456")?;
                Connection::Sqlite(connection)
            }
            Location::Postgres(url) => {
                let mut connection = PgConnection::establish(&url)?;
                // As PostgreSQL does by itself, within some minutes.
                connection.batch_execute("VACUUM ANALYZE")?;
                Connection::Postgres(connection)
            }
        };
        let found = measures::table
            .filter(measures::code.eq(measure))
            .select(measures::id);
        let measure = match &mut connection {
            Connection::Sqlite(c) => found.first(c)?,
            Connection::Postgres(c) => found.first(c)?,
        };
        let period = Period::parse("2020").map_err(|error| error.to_string())?;
        Ok(Self {
            connection,
            measure,
            period: period.encoded(),
        })
    }

    /// Sums and counts, by a key, of what stands somewhere.
    pub fn select(&mut self, [key, from]: &[&str; 2]) -> Outcome<()> {
        let from = from
            .replace("{measure}", &self.measure.to_string())
            .replace("{period}", &self.period.to_string());
        let text = format!(
            "SELECT CAST({key} AS TEXT) AS key, CAST(SUM(value) AS BIGINT) AS sum, COUNT(value) AS count \
            FROM {from} GROUP BY {key}"
        );
        #[expect(clippy::disallowed_methods, reason = "by hand is what it is")]
        let query = sql_query(text);
        let rows: Vec<Row> = match &mut self.connection {
            Connection::Sqlite(c) => query.load(c)?,
            Connection::Postgres(c) => query.load(c)?,
        };
        let total: i64 = rows
            .iter()
            .map(|row| row.sum + row.count + row.key.len() as i64)
            .sum();
        std::hint::black_box(total);
        Ok(())
    }
}
