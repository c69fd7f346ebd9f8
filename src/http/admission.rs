//! The door: who has asked too much within a time is told so before anything is done for it, and everybody else goes on
//! under a number by which its turns at the database are counted. After the IETF's draft of the `RateLimit` fields.

use std::time::{Duration, Instant};

use actix_web::ResponseError;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;

use super::limits::Budget;
use crate::app::App;
use crate::error::Error;
use crate::store::ASKER;

/// A refusal is not given sooner: who asks again at once, whatever it is told, keeps this machine busy no more than so.
const PAUSE: Duration = Duration::from_millis(40);
/// Readiness has its own turns at the database.
const READINESS: u64 = u64::MAX;

/// Middleware that lets requests in.
pub async fn admit<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let started = Instant::now();
    let Ok(app) = App::of(request.request()) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let limits = app.limits.clone();
    let organization = limits.organization(request.request());
    let budget = organization.and_then(|organization| limits.take(organization));
    let asker = match organization {
        Some(organization) => u64::from(organization.cast_unsigned()),
        None if request.path() == "/readyz" => READINESS,
        None => 0,
    };
    let refusal = match budget {
        Some(Err(budget)) => Some(Error::TooMany {
            seconds: budget.reset,
        }),
        // What known credentials come with ends at the database.
        _ if organization.is_some() && !app.db.has_room(asker) => Some(Error::Busy),
        _ => None,
    };
    let mut response = match refusal {
        Some(refusal) => request
            .into_response(refusal.error_response())
            .map_into_right_body(),
        None => ASKER.scope(asker, next.call(request)).await?.map_into_left_body(),
    };
    if let Some(Ok(budget) | Err(budget)) = budget {
        tell(budget, response.headers_mut());
    }
    if limits.is_stopping() {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    let is_refused = matches!(
        response.status(),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    );
    if is_refused {
        tokio::time::sleep(PAUSE.saturating_sub(started.elapsed())).await;
    }
    Ok(response)
}

fn tell(budget: Budget, headers: &mut HeaderMap) {
    let Budget {
        quota,
        window,
        remaining,
        reset,
    } = budget;
    let fields = [
        (
            "ratelimit-policy",
            format!("\"organization\";q={quota};w={window}"),
        ),
        ("ratelimit", format!("\"organization\";r={remaining};t={reset}")),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
