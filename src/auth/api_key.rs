//! Where credentials stand in a request: `Bearer` with an access token or the secret of a key or a share link, or `Basic`
//! with such a secret as the password, for programs that can send nothing else.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Secret, share_link};
use crate::error::{Error, Result};

/// What a request presents.
pub(super) enum Presented {
    /// A signed access token.
    Token(String),
    /// The hash of an API key's secret.
    KeyHash(String),
    /// The hash of a share link's secret.
    LinkHash(String),
}

/// Reads the `Authorization` field.
pub(super) fn presented(request: &HttpRequest) -> Result<Presented> {
    let field = request
        .headers()
        .get(AUTHORIZATION)
        .ok_or(Error::Unauthenticated(
            "sign in first: send an access token or an API key in Authorization",
        ))?;
    let field = field.to_str().map_err(|_| UNREADABLE)?;
    let (scheme, value) = field.split_once(' ').ok_or(UNREADABLE)?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(secret(value).unwrap_or_else(|| Presented::Token(value.to_owned())));
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let password = basic_password(value)?;
        return Ok(secret(&password).unwrap_or_else(|| Presented::KeyHash(Secret::hash_of(&password))));
    }
    Err(UNREADABLE)
}

/// What a secret is of, by how it begins.
fn secret(text: &str) -> Option<Presented> {
    if text.starts_with("cairn_key_") {
        Some(Presented::KeyHash(Secret::hash_of(text)))
    } else if text.starts_with(share_link::PREFIX) {
        Some(Presented::LinkHash(Secret::hash_of(text)))
    } else {
        None
    }
}

const UNREADABLE: Error = Error::Unauthenticated(
    "the Authorization field cannot be read: it takes Bearer, or Basic with an API key as password",
);

fn basic_password(value: &str) -> Result<String> {
    let decoded = STANDARD
        .decode(value)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(UNREADABLE)?;
    decoded
        .split_once(':')
        .map(|(_, password)| password.to_owned())
        .ok_or(UNREADABLE)
}

/// The name and password of a Basic `Authorization`, where there is one.
pub(crate) fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let field = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, value) = field.split_once(' ')?;
    let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| (name.to_owned(), password.to_owned()))
}
