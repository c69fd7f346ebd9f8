//! Strong entity tags, and the fields by which clients send them back: `If-Match`, which holds a change to the version it
//! was made for, and `If-None-Match`.
//!
//! The tag of an answer that is sent compressed ends in its encoding, such as `"5d41402abc4b2a76-gzip"`, since its bytes
//! are others.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{AcceptEncoding, IF_MATCH, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::compression::takes;
use crate::checksum::hexadecimal;
use crate::error::{Error, Result};

/// The tag of a representation, quotes included.
pub fn etag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    format!("\"{}\"", hexadecimal(&digest[..16]))
}

/// The tag of the same representation in an encoding.
pub fn encoded(tag: &str, encoding: &str) -> String {
    format!("{}-{encoding}\"", tag.strip_suffix('"').unwrap_or(tag))
}

/// Whether a tag that a client sent is this one, in whatever encoding.
pub fn is_of(given: &str, tag: &str) -> bool {
    given == "*" || split(given).0 == split(tag).0
}

/// The tags in a request's `If-None-Match`, compared weakly, since who compresses on the way makes a tag weak. Those of
/// an encoding that the client does not take any more are left out: what it has kept is of no use to it.
pub fn kept(request: &HttpRequest) -> Vec<String> {
    let accepted = request.get_header::<AcceptEncoding>();
    let fields = request.headers().get_all(IF_NONE_MATCH);
    let given = fields
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(',').map(str::trim));
    given
        .map(|tag| tag.strip_prefix("W/").unwrap_or(tag))
        .filter(|tag| {
            split(tag)
                .1
                .is_none_or(|encoding| takes(accepted.as_ref(), encoding))
        })
        .map(str::to_owned)
        .collect()
}

/// A tag without its quotes, and the encoding that it ends in.
fn split(tag: &str) -> (&str, Option<&str>) {
    let tag = tag.trim_matches('"');
    tag.split_once('-')
        .map_or((tag, None), |(tag, encoding)| (tag, Some(encoding)))
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
    /// Refuses unless the resource, as it is now, is the version that the client read, in whatever encoding.
    pub fn check<T: Serialize>(&self, current: &T) -> Result<()> {
        let Some(field) = &self.0 else { return Ok(()) };
        let tag = etag(&serde_json::to_vec(current)?);
        if field.split(',').any(|given| is_of(given.trim(), &tag)) {
            Ok(())
        } else {
            Err(Error::PreconditionFailed)
        }
    }
}
