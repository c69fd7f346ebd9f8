//! Every way a request can fail, free of HTTP: the one place that maps these to status codes is
//! [`crate::http::problem`].
//!
//! Which error belongs in which layer: `domain` answers [`Issue`]s, never an [`Error`]; `store` answers
//! `NotFound`, `Conflict` and whatever the database says; extractors answer `Unauthenticated`, `NotFound` and
//! `Forbidden`; handlers add `Malformed` and `Invalid` while they read what came in.

use crate::domain::issue::Issue;
use crate::store::submissions::RowNotice;

/// The result of anything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, in terms of the service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody: no credentials, or none that hold.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The password was right, and the account needs a code beside it.
    #[error(
        "the password is right, and this account needs a second step: send the six digits that your authenticator app \
         shows, or one of your recovery codes, as `code` beside the password"
    )]
    SecondFactorRequired,
    /// What was given is no code that holds.
    #[error(
        "this code does not hold: it is wrong, too old, or was used before; wait for the app to show the next one, and \
         look that the clock of your device is right, or use another recovery code"
    )]
    SecondFactorRefused,
    /// It does not exist, or the caller may not know that it does.
    #[error("nothing here under that name, or nothing that you may see")]
    NotFound,
    /// No share link has that secret, or it has ended; which of the two is not told.
    #[error(
        "there is nothing at this address any more: the link has expired or was revoked, or is not whole; ask whoever \
         gave it to you for another"
    )]
    NoSuchLink,
    /// The caller may know of it, but not do this.
    #[error("{0}")]
    Forbidden(String),
    /// The request cannot be read.
    #[error("the request could not be read")]
    Malformed(Vec<Issue>),
    /// The request was read, but asks for something that cannot be.
    #[error("the request was understood, but something in it has to change")]
    Invalid(Vec<Issue>),
    /// Rows of a submission cannot be taken.
    #[error("{detail}")]
    RejectedRows {
        /// How many of how many.
        detail: String,
        /// How many errors there are.
        total: usize,
        /// What is wrong with each, the first thousand of them.
        errors: Vec<RowNotice>,
    },
    /// It contradicts what is already there.
    #[error("{detail}")]
    Conflict {
        /// A stable code for programs.
        code: &'static str,
        /// The sentence for people.
        detail: String,
    },
    /// The `Idempotency-Key` stands for another request.
    #[error(
        "this Idempotency-Key was sent before with another request: send each new request under a new key, \
         and the same request unchanged under its own"
    )]
    KeyReused,
    /// The request with this `Idempotency-Key` is still being answered.
    #[error(
        "the request with this Idempotency-Key is still being answered: send it again in a moment, and you get \
         its answer"
    )]
    KeyInUse,
    /// `If-Match` named another version than the current one.
    #[error("it has changed since you read it: fetch it again, then repeat your change")]
    PreconditionFailed,
    /// More came in than is taken at once.
    #[error("{0}")]
    TooLarge(String),
    /// The body is of a kind that is not taken here.
    #[error("{0}")]
    UnsupportedMediaType(String),
    /// No answer of the kind asked for.
    #[error("{0}")]
    NotAcceptable(String),
    /// The path exists, the method does not.
    #[error("this address does not answer to that method")]
    MethodNotAllowed(String),
    /// Something of a standard that Cairn follows in part, and not in this.
    #[error("{}", .0.detail)]
    NotImplemented(Issue),
    /// It was asked that nothing of it be done.
    #[error("cancelled: nothing was changed")]
    Cancelled,
    /// More was asked in a time than one organization may ask.
    #[error(
        "your organization asks more than it may at once; wait {seconds} s, then send the same request again"
    )]
    TooMany {
        /// How long to wait.
        seconds: u32,
    },
    /// Not now: nothing was changed, the same request may be sent again.
    #[error("busy: nothing was changed; send the same request again in a moment")]
    Busy,
    /// The database did not say whether it kept the change: it may come to light later.
    #[error(
        "the database did not say in time whether this was kept: look, or send the same request again under its \
         Idempotency-Key"
    )]
    Unknown,
    /// Too many attempts have failed: not before so many seconds.
    #[error(
        "too many attempts to sign in have failed: wait {}, then try again; whoever has forgotten the password asks an \
         admin of the organization for a new one", waiting(*.0)
    )]
    TooManyAttempts(i64),
    /// The database.
    #[error("the database said: {0}")]
    Database(#[from] diesel::result::Error),
    /// Anything that should not happen; the text is logged, never shown.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// One thing wrong with a request that was otherwise understood.
    pub fn invalid(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![Issue {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        }])
    }

    /// One thing that keeps a request from being read.
    pub fn malformed(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Malformed(vec![Issue {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        }])
    }

    /// A contradiction with what is already there.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            detail: detail.into(),
        }
    }

    /// Something that should not happen, with what is known of it.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// Whether the error is the request's own: its savepoint is rolled back and its neighbours go on.
    /// Everything else puts the connection in doubt.
    pub(crate) fn is_own(&self) -> bool {
        use diesel::result::{DatabaseErrorKind as Kind, Error as Diesel};
        match self {
            Self::Database(
                Diesel::NotFound | Diesel::SerializationError(_) | Diesel::DeserializationError(_),
            ) => true,
            Self::Database(Diesel::DatabaseError(kind, _)) => matches!(
                kind,
                Kind::UniqueViolation
                    | Kind::ForeignKeyViolation
                    | Kind::NotNullViolation
                    | Kind::CheckViolation
            ),
            Self::Database(_) | Self::Internal(_) | Self::Busy | Self::Unknown => false,
            _ => true,
        }
    }
}

fn waiting(seconds: i64) -> String {
    match seconds {
        1 => "a second".into(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", (seconds + 59) / 60),
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(format!("JSON that Cairn itself wrote: {error}"))
    }
}
