//! One connection type over both databases. It lives alone, because the derive fills its module with names.

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// SQLite, bundled.
    Sqlite(diesel::SqliteConnection),
    /// PostgreSQL, through libpq.
    Postgres(diesel::PgConnection),
}
