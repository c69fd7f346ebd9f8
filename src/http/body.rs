//! Bodies. The extractor never fails, so that who may do what is settled before a body is read.

use std::cell::Cell;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest, web};
use futures_core::Stream;
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};

use crate::auth::Access;
use crate::error::{Error, Result};
use crate::formats::json_issue::{issue_of, pointer};

/// The largest JSON body of a single resource, in bytes.
const RESOURCE: usize = 1024 * 1024;
/// A body that is still coming after this long is given up.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// A request body that has not been read yet.
pub struct Body {
    payload: Cell<Option<web::Payload>>,
    content_type: String,
    content_length: Option<usize>,
    query: Cell<Result<()>>,
}

impl FromRequest for Body {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let field = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let payload = web::Payload::from_request(request, payload).into_inner().ok();
        ready(Ok(Self {
            payload: Cell::new(payload),
            content_type: field(CONTENT_TYPE).unwrap_or_default().to_owned(),
            content_length: field(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            query: Cell::new(Access::check_query(request)),
        }))
    }
}

impl Body {
    /// The media type as it was sent, with its parameters.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The media type, without its parameters, in lower case.
    pub fn media_type(&self) -> String {
        self.content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    }

    /// All of it, if it is no longer than `limit` bytes.
    pub async fn bytes(&self, limit: usize) -> Result<web::Bytes> {
        self.query.replace(Ok(()))?;
        let too_large = || {
            Error::TooLarge(format!(
                "the body is larger than {} MB: send it in parts",
                limit.div_ceil(1024 * 1024)
            ))
        };
        if self.content_length.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let Some(payload) = self.payload.take() else {
            return Ok(web::Bytes::new());
        };
        match tokio::time::timeout(PATIENCE, payload.to_bytes_limited(limit)).await {
            Ok(Ok(Ok(bytes))) => Ok(bytes),
            Ok(Err(_)) => Err(too_large()),
            Ok(Ok(Err(_))) | Err(_) => Err(unreadable()),
        }
    }

    /// What is still to come of it, for [`next_chunk`].
    pub fn payload(&self) -> Result<web::Payload> {
        self.query.replace(Ok(()))?;
        self.payload.take().ok_or_else(unreadable)
    }

    /// A JSON body as a value of `T`.
    pub async fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if self.media_type() != "application/json" {
            return Err(Error::UnsupportedMediaType(
                "this takes JSON: send it with Content-Type: application/json".into(),
            ));
        }
        from_json(&self.bytes(RESOURCE).await?)
    }

    /// A JSON body that is about `thing`: where it cannot be read, what keeps the caller from the thing itself (404,
    /// 403) is answered first.
    pub async fn json_about<T: DeserializeOwned>(
        &self,
        thing: impl Future<Output = Result<()>>,
    ) -> Result<T> {
        match self.json().await {
            Ok(value) => Ok(value),
            Err(error) => {
                thing.await?;
                Err(error)
            }
        }
    }

    /// Like [`Body::empty`], about `thing` as in [`Body::json_about`].
    pub async fn empty_about(&self, thing: impl Future<Output = Result<()>>) -> Result<()> {
        match self.empty().await {
            Ok(()) => Ok(()),
            Err(error) => {
                thing.await?;
                Err(error)
            }
        }
    }

    /// An HTML form as a value of `T`.
    pub async fn form<T: DeserializeOwned>(&self) -> Result<T> {
        if self.media_type() != "application/x-www-form-urlencoded" {
            return Err(Error::UnsupportedMediaType(
                "this takes a form: send it with Content-Type: application/x-www-form-urlencoded".into(),
            ));
        }
        let bytes = self.bytes(RESOURCE).await?;
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(&bytes));
        serde_path_to_error::deserialize(pairs).map_err(|error| {
            let path = pointer(error.path());
            Error::Malformed(vec![issue_of(&path, &error.into_inner().to_string())])
        })
    }

    /// The body of an action that takes none: nothing, or `{}`.
    pub async fn empty(&self) -> Result<()> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        let bytes = self.bytes(RESOURCE).await?;
        if !bytes.trim_ascii().is_empty() {
            from_json::<Nothing>(&bytes)?;
        }
        Ok(())
    }
}

/// The next part of a body; nothing after the last.
pub async fn next_chunk(payload: &mut web::Payload) -> Result<Option<web::Bytes>> {
    let next = std::future::poll_fn(|context| Pin::new(&mut *payload).poll_next(context));
    match tokio::time::timeout(PATIENCE, next).await {
        Ok(chunk) => chunk.transpose().map_err(|_| unreadable()),
        Err(_) => Err(unreadable()),
    }
}

fn unreadable() -> Error {
    Error::malformed("", "unreadable_body", "the body ended before it was complete")
}

/// Reads JSON; what is wrong is named by its place in the document.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if std::str::from_utf8(bytes).is_err() {
        return Err(Error::malformed(
            "",
            "not_utf8",
            "the body is not UTF-8: save or send it as UTF-8",
        ));
    }
    if has_nul(bytes) {
        return Err(Error::malformed(
            "",
            "nul_character",
            "a text holds the character U+0000, which no text can: leave it out",
        ));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = pointer(error.path());
        let error = error.into_inner();
        if error.is_data() {
            Error::Malformed(vec![issue_of(&path, &error.to_string())])
        } else {
            Error::malformed("", "malformed_json", format!("this is not JSON: {error}"))
        }
    })?;
    reader
        .end()
        .map_err(|error| Error::malformed("", "malformed_json", format!("this is not JSON: {error}")))?;
    Ok(value)
}

/// Whether a string in a JSON document holds U+0000, which PostgreSQL cannot keep; it can only stand there escaped.
pub(super) fn has_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        if rest[at..].starts_with(b"\\u0000") {
            return true;
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        items: Vec<Inner>,
    }
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        value: Box<serde_json::value::RawValue>,
    }

    fn issue(text: &str) -> (String, &'static str) {
        match from_json::<Outer>(text.as_bytes()).unwrap_err() {
            Error::Invalid(issues) | Error::Malformed(issues) => (issues[0].pointer.clone(), issues[0].code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_the_place_and_keeps_digits() {
        let outer: Outer = from_json(br#"{"items": [{"value": 0.10}]}"#).unwrap();
        assert_eq!(outer.items[0].value.get(), "0.10");
        assert_eq!(
            issue(r#"{"items": [{"value": 1, "colour": 2}]}"#),
            ("/items/0/colour".into(), "unknown_field")
        );
        assert_eq!(issue(r#"{"items": [{}]}"#), ("/items/0/value".into(), "required"));
        assert_eq!(issue(r#"{"items": 5}"#), ("/items".into(), "wrong_type"));
        assert_eq!(issue(r#"{"items": ["#), (String::new(), "malformed_json"));
        assert_eq!(issue(r#"{"items": "\u0000"}"#), (String::new(), "nul_character"));
        assert!(!has_nul(br"a\\u0000 b\u0001") && has_nul(br"\\\u0000") && !has_nul(br"\"));
        assert_eq!(issue(r#"{"items": []} x"#), (String::new(), "malformed_json"));
    }
}
