//! Connections as `store` uses them.

pub use super::any_connection::AnyConnection as Connection;

/// A pooled connection, which its pool drops unless its last transaction is known to have ended.
pub struct Pooled {
    /// The connection.
    pub connection: Connection,
    is_broken: bool,
}

impl Pooled {
    pub(in crate::store) fn new(connection: Connection) -> Self {
        Self {
            connection,
            is_broken: false,
        }
    }

    pub(in crate::store) fn doubt(&mut self) {
        self.is_broken = true;
    }

    pub(in crate::store) fn trust(&mut self) {
        self.is_broken = false;
    }

    pub(in crate::store) fn is_broken(&self) -> bool {
        self.is_broken
    }
}

/// Runs one text of code against the connection that is there: for what the common connection cannot say
/// (`ON CONFLICT`, batch inserts), still checked by the compiler once for each database.
macro_rules! each {
    ($connection:expr, $c:ident => $body:expr) => {
        match &mut *$connection {
            $crate::store::connection::Connection::Sqlite($c) => $body,
            $crate::store::connection::Connection::Postgres($c) => $body,
        }
    };
}
pub(in crate::store) use each;
