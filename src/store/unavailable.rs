//! What a database says when it is not there, or cannot work just now: nothing that is wrong with a request, and nothing
//! that is wrong with this program.

use diesel::result::{DatabaseErrorKind as Kind, Error as Diesel};

use crate::error::Error;

/// Known by their texts: diesel has no codes for them.
const TEXTS: [&str; 22] = [
    // SQLite
    "database or disk is full",
    "disk I/O error",
    "database is locked",
    "database table is locked",
    "unable to open database file",
    "attempt to write a readonly database",
    "locking protocol",
    // PostgreSQL, and the library that speaks to it
    "server closed the connection unexpectedly",
    "terminating connection",
    "the database system is",
    "no connection to the server",
    "could not send data to server",
    "could not receive data from server",
    "SSL connection has been closed",
    "remaining connection slots are reserved",
    "sorry, too many clients already",
    "No space left on device",
    "Input/output error",
    "canceling statement due to",
    "out of memory",
    "out of shared memory",
    "cannot execute",
];

/// The error as it is answered: [`Error::Busy`] where the database was not able to work; nothing was changed then, since
/// nothing was committed.
pub(in crate::store) fn explain(error: Error) -> Error {
    match error {
        Error::Database(error) if is_unavailable(&error) => {
            tracing::error!(%error, "the database cannot work just now");
            Error::Busy
        }
        error => error,
    }
}

fn is_unavailable(error: &Diesel) -> bool {
    match error {
        Diesel::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _)
        | Diesel::BrokenTransactionManager => true,
        Diesel::DatabaseError(_, information) => {
            let message = information.message();
            TEXTS.iter().any(|text| message.contains(text))
        }
        _ => false,
    }
}

/// Whether a disk was full.
pub(in crate::store) fn is_full(error: &Diesel) -> bool {
    matches!(error, Diesel::DatabaseError(_, information) if information.message() == TEXTS[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Error {
        Error::Database(Diesel::DatabaseError(Kind::Unknown, Box::new(text.to_owned())))
    }

    #[test]
    fn what_a_database_says_when_it_cannot_work_is_told_from_mistakes() {
        for text in [
            "database or disk is full",
            "FATAL:  the database system is in recovery mode",
            "could not extend file \"base/5/16384\": No space left on device",
        ] {
            assert!(matches!(explain(said(text)), Error::Busy), "{text}");
        }
        for text in ["no such column: colour", "relation \"colours\" does not exist"] {
            assert!(matches!(explain(said(text)), Error::Database(_)), "{text}");
        }
    }
}
