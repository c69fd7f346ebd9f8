//! Query strings, read by name; what is unknown is refused by name. The extractor never fails.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::formats::json_issue::issue_of;

/// A query string that has not been read yet.
#[derive(Clone, Debug)]
pub struct QueryText(String);

impl FromRequest for QueryText {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.query_string().to_owned())))
    }
}

impl QueryText {
    /// The parameters as they stand there: names and values.
    pub fn pairs(&self) -> Result<Vec<(String, String)>> {
        let pairs = form_urlencoded::parse(self.0.as_bytes()).map(|(name, value)| {
            if name.contains('\0') || value.contains('\0') {
                return Err(Error::malformed(
                    format!("?{}", name.replace('\0', "")),
                    "nul_character",
                    "the character U+0000 cannot stand here: leave it out",
                ));
            }
            Ok((name.into_owned(), value.into_owned()))
        });
        pairs.collect()
    }

    /// The parameters as a value of `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        self.pairs()?;
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(self.0.as_bytes()));
        serde_path_to_error::deserialize(pairs).map_err(|error| {
            let path = format!("?{}", error.path());
            Error::Malformed(vec![issue_of(&path, &error.into_inner().to_string())])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        limit: Option<u32>,
    }

    fn issue(text: &str) -> (String, &'static str) {
        match QueryText(text.into()).parse::<Asked>().unwrap_err() {
            Error::Malformed(issues) => (issues[0].pointer.clone(), issues[0].code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn refuses_by_name() {
        assert_eq!(
            QueryText("limit=5".into()).parse::<Asked>().unwrap().limit,
            Some(5)
        );
        assert_eq!(issue("colour=red"), ("?colour".into(), "unknown_field"));
        assert_eq!(issue("limit=many"), ("?limit".into(), "wrong_type"));
        assert_eq!(issue("limit=1&limit=2"), ("?limit".into(), "duplicate_field"));
    }
}
