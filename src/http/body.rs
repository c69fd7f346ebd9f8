//! Bodies. The extractor never fails, so that who may do what is settled before a body is read.

use std::cell::Cell;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};

use super::query::issue_of;
use crate::error::{Error, Result};

/// The largest JSON body of a single resource, in bytes.
const RESOURCE: usize = 1024 * 1024;
/// A body that is still coming after this long is given up.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// A request body that has not been read yet.
pub struct Body {
    payload: Cell<Option<web::Payload>>,
    content_type: String,
    content_length: Option<usize>,
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
        }))
    }
}

impl Body {
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
        let unreadable = || Error::malformed("", "unreadable_body", "the body ended before it was complete");
        match tokio::time::timeout(PATIENCE, payload.to_bytes_limited(limit)).await {
            Ok(Ok(Ok(bytes))) => Ok(bytes),
            Ok(Err(_)) => Err(too_large()),
            Ok(Ok(Err(_))) | Err(_) => Err(unreadable()),
        }
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

/// For a field that may be left out, but not be `null`.
pub(super) fn given<'de, D, T>(deserializer: D) -> std::result::Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
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

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", crate::domain::issue::pointer_step(key)),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only read")]
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
        assert_eq!(issue(r#"{"items": []} x"#), (String::new(), "malformed_json"));
    }
}
