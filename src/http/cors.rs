//! Which other sites' pages may read answers in a browser (CORS). They sign in by `Authorization` like everybody else:
//! there are no cookies, so no page can act in the name of whoever looks at it.

use std::str::FromStr;

use actix_cors::{Cors, CorsError};
use actix_web::ResponseError;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH,
    LINK, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;

use crate::error::Error;

/// The sites, and how far they reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    exact: Vec<String>,
    /// Whether any site may read what share links open.
    is_any_for_shared: bool,
}

/// Below here, the address itself is what allows to read.
const SHARED: &str = "/v1/shared/";

/// For how long, in seconds, a browser need not ask again what is allowed.
const SETTLED: usize = 3_600;

impl Origins {
    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && !self.is_any_for_shared
    }

    /// The middleware that tells browsers so, and answers what they ask beforehand.
    pub fn middleware(self) -> Cors {
        Cors::default()
            .allowed_origin_fn(move |origin, head| {
                let origin = origin.to_str().unwrap_or_default();
                self.allow(origin, head.uri.path())
            })
            .allowed_methods([
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allowed_headers([
                ACCEPT,
                AUTHORIZATION,
                CONTENT_TYPE,
                IF_MATCH,
                IF_NONE_MATCH,
                HeaderName::from_static("idempotency-key"),
                HeaderName::from_static("prefer"),
            ])
            .expose_headers([
                CONTENT_DISPOSITION,
                ETAG,
                LINK,
                LOCATION,
                RETRY_AFTER,
                WWW_AUTHENTICATE,
                HeaderName::from_static("ratelimit"),
                HeaderName::from_static("ratelimit-policy"),
                HeaderName::from_static("idempotency-replayed"),
                HeaderName::from_static("x-request-id"),
            ])
            .max_age(SETTLED)
    }

    fn allow(&self, origin: &str, path: &str) -> bool {
        self.exact.iter().any(|exact| exact == origin) || (self.is_any_for_shared && path.starts_with(SHARED))
    }
}

impl FromStr for Origins {
    type Err = String;

    /// Reads origins separated by commas, and `*` for any site, which then may read what share links open and nothing
    /// else.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut origins = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part {
                "*" => origins.is_any_for_shared = true,
                part => origins.exact.push(exact(part)?),
            }
        }
        Ok(origins)
    }
}

/// Middleware around it: a refusal is a problem, as every other.
pub async fn explain_refusal<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let response = next.call(request).await?;
    let refusal = response.response().error();
    let Some(refusal) = refusal.and_then(|error| error.as_error::<CorsError>()) else {
        return Ok(response.map_into_left_body());
    };
    let error = Error::Forbidden(format!(
        "{refusal}: CAIRN_CORS_ORIGINS names the origins that may"
    ));
    Ok(response
        .into_response(error.error_response())
        .map_into_right_body())
}

/// An origin as browsers send it: in lower case, without the port that goes without saying.
fn exact(text: &str) -> Result<String, String> {
    let unfit = || {
        format!(
            "'{text}' is no origin: write the scheme, the host and, if it has one, the port of a site, such as \
             https://dashboard.example, without a path"
        )
    };
    let uri: Uri = text.parse().map_err(|_| unfit())?;
    let (scheme, authority) = (uri.scheme_str(), uri.authority());
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (scheme, authority) else {
        return Err(unfit());
    };
    let is_bare = !text.ends_with('/') && uri.path() == "/" && uri.query().is_none();
    if !is_bare || authority.as_str().contains(['@', '*']) || authority.host().is_empty() {
        return Err(unfit());
    }
    let port = match (scheme, authority.port_u16()) {
        (_, None) | ("http", Some(80)) | ("https", Some(443)) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    Ok(format!(
        "{scheme}://{}{port}",
        authority.host().to_ascii_lowercase()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(text: &str) -> Origins {
        text.parse().unwrap()
    }

    #[test]
    fn nobody_unless_named() {
        for text in ["", " ", ","] {
            assert!(origins(text).is_empty(), "{text}");
        }
        assert!(!origins("").allow("https://a.example", "/v1/shared/x"));
    }

    #[test]
    fn an_origin_is_as_browsers_send_it() {
        for (text, sent) in [
            ("https://Dashboard.example", "https://dashboard.example"),
            ("https://dashboard.example:443", "https://dashboard.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ] {
            assert!(origins(text).allow(sent, "/v1/coalitions"), "{text}");
        }
        let two = origins("https://a.example, http://b.example:80");
        assert!(two.allow("https://a.example", "/") && two.allow("http://b.example", "/"));
        for other in ["https://b.example", "https://a.example.evil.example", "null", ""] {
            assert!(!two.allow(other, "/"), "{other}");
        }
    }

    #[test]
    fn any_site_reads_what_is_shared_and_nothing_else() {
        let any = origins("*,https://a.example");
        assert!(any.allow("https://anywhere.example", "/v1/shared/token/aggregates"));
        assert!(!any.allow("https://anywhere.example", "/v1/coalitions/c/aggregates"));
        assert!(any.allow("https://a.example", "/v1/coalitions/c/aggregates"));
    }

    #[test]
    fn what_is_no_origin_is_refused_with_what_would_be() {
        for text in [
            "dashboard.example",
            "https://dashboard.example/",
            "https://dashboard.example/app",
            "https://dashboard.example?x",
            "https://*.example",
            "https://user@dashboard.example",
            "ftp://dashboard.example",
            "https://",
            "null",
        ] {
            let told = text.parse::<Origins>().unwrap_err();
            assert!(told.contains("https://dashboard.example"), "{text}: {told}");
        }
    }
}
