//! Strong entity tags of single resources, and the `If-Match` that holds a change to the version it was made for.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::checksum::hexadecimal;
use crate::error::{Error, Result};

/// The tag of a representation, quotes included.
pub fn etag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    format!("\"{}\"", hexadecimal(&digest[..16]))
}

/// The `If-Match` field of a request, if it has one.
#[derive(Clone, Debug, Default)]
pub struct IfMatch(Option<String>);

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(
            request
                .headers()
                .get(IF_MATCH)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into()),
        )))
    }
}

impl IfMatch {
    /// Refuses unless the resource, as it is now, is the version that the client read.
    pub fn check<T: Serialize>(&self, current: &T) -> Result<()> {
        let Some(field) = &self.0 else { return Ok(()) };
        let tag = etag(&serde_json::to_vec(current)?);
        if field
            .split(',')
            .map(str::trim)
            .any(|given| given == "*" || given == tag)
        {
            Ok(())
        } else {
            Err(Error::PreconditionFailed)
        }
    }
}
