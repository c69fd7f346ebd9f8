//! Errors as `application/problem+json` (RFC 9457): the one place where they become status codes.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use serde::Serialize;

use crate::domain::issue::Issue;
use crate::error::Error;
use crate::store::submissions::RowNotice;

/// The body of every error.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    errors: Errors<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Errors<'a> {
    Issues(&'a [Issue]),
    Rows(&'a [RowNotice]),
}

/// More errors than this are not listed; the detail then says how many there are.
const LISTED: usize = 1_000;

impl Error {
    /// Its status, its stable code, and what was wrong in particular.
    pub(super) fn parts(&self) -> (StatusCode, &'static str, &[Issue]) {
        match self {
            Self::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "unauthenticated", &[]),
            Self::SecondFactorRequired => (StatusCode::UNAUTHORIZED, "second_factor_required", &[]),
            Self::SecondFactorRefused => (StatusCode::UNAUTHORIZED, "second_factor_refused", &[]),
            Self::NotFound | Self::NoSuchLink | Self::Database(Diesel::NotFound) => {
                (StatusCode::NOT_FOUND, "not_found", &[])
            }
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", &[]),
            Self::Malformed(issues) => (StatusCode::BAD_REQUEST, "malformed", issues),
            Self::Invalid(issues) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", issues),
            Self::RejectedRows { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", &[]),
            Self::Conflict { code, .. } => (StatusCode::CONFLICT, code, &[]),
            Self::NotImplemented(issue) => (
                StatusCode::NOT_IMPLEMENTED,
                "not_implemented",
                std::slice::from_ref(issue),
            ),
            Self::TooManyAttempts(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", &[]),
            Self::Cancelled => (StatusCode::CONFLICT, "cancelled", &[]),
            Self::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", &[]),
            Self::KeyInUse => (StatusCode::CONFLICT, "idempotency_key_in_use", &[]),
            Self::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "precondition_failed", &[]),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", &[]),
            Self::UnsupportedMediaType(_) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", &[])
            }
            Self::NotAcceptable(_) => (StatusCode::NOT_ACCEPTABLE, "not_acceptable", &[]),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", &[]),
            Self::Database(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                (StatusCode::CONFLICT, "already_exists", &[])
            }
            Self::Busy | Self::Database(Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection, _)) => {
                (StatusCode::SERVICE_UNAVAILABLE, "busy", &[])
            }
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", &[]),
            Self::Unknown => (StatusCode::SERVICE_UNAVAILABLE, "outcome_unknown", &[]),
            Self::Database(_) | Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", &[]),
        }
    }

    /// The sentence that whoever asked may read.
    pub(super) fn shown_detail(&self, status: StatusCode, issues: &[Issue]) -> String {
        match self {
            Self::Database(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                "somebody else has just made one under the same name".into()
            }
            Self::Database(Diesel::NotFound) => Self::NotFound.to_string(),
            _ if status == StatusCode::INTERNAL_SERVER_ERROR => {
                "something went wrong on our side; nothing was changed".into()
            }
            Self::Unknown => self.to_string(),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => Self::Busy.to_string(),
            _ => match issues {
                [] => self.to_string(),
                [only] => only.detail.clone(),
                [first, rest @ ..] => format!("{} (and {} more)", first.detail, rest.len()),
            },
        }
    }
}

impl Error {
    /// The body of the answer, in JSON.
    pub fn to_problem(&self) -> String {
        let (status, code, issues) = self.parts();
        let problem = Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: self.shown_detail(status, issues),
            errors: match self {
                Self::RejectedRows { errors, .. } => Errors::Rows(errors),
                _ => Errors::Issues(&issues[..issues.len().min(LISTED)]),
            },
        };
        serde_json::to_string(&problem).unwrap_or_default()
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.parts().0
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        // To be busy is no failure, and is told to many at once: the line of the request says so.
        let is_failure = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        if is_failure && !matches!(self, Self::Busy) {
            tracing::error!(error = %self, status = status.as_u16(), "a request failed");
        }
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        match self {
            _ if status == StatusCode::UNAUTHORIZED => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"cairn\", Basic realm=\"cairn\""));
            }
            Self::MethodNotAllowed(allowed) => {
                response.insert_header((ALLOW, allowed.as_str()));
            }
            Self::TooMany { seconds } => {
                response.insert_header((RETRY_AFTER, seconds.to_string()));
            }
            Self::TooManyAttempts(seconds) => {
                response.insert_header((RETRY_AFTER, *seconds));
            }
            _ if status == StatusCode::SERVICE_UNAVAILABLE || matches!(self, Self::KeyInUse) => {
                response.insert_header((RETRY_AFTER, "1"));
            }
            _ => {}
        }
        response.body(self.to_problem())
    }
}
