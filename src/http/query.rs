//! Query strings, read by name; what is unknown is refused by name. The extractor never fails.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::domain::issue::Issue;
use crate::error::{Error, Result};

/// A query string that has not been read yet.
pub struct QueryText(String);

impl FromRequest for QueryText {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.query_string().to_owned())))
    }
}

impl QueryText {
    /// The parameters as a value of `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        for (name, value) in form_urlencoded::parse(self.0.as_bytes()) {
            if name.contains('\0') || value.contains('\0') {
                return Err(Error::malformed(
                    format!("?{}", name.replace('\0', "")),
                    "nul_character",
                    "the character U+0000 cannot stand here: leave it out",
                ));
            }
        }
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(self.0.as_bytes()));
        serde_path_to_error::deserialize(pairs).map_err(|error| {
            let path = format!("?{}", error.path());
            Error::Malformed(vec![issue_of(&path, &error.into_inner().to_string())])
        })
    }
}

/// What serde says, as an issue: a stable code, and the field where serde names it only in its text.
pub(super) fn issue_of(path: &str, message: &str) -> Issue {
    let message = message.split(" at line ").next().unwrap_or(message);
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let ends_with_field = path.rsplit(['/', '?']).next() == Some(quoted);
    let named = |separator: &str| {
        if ends_with_field {
            path.to_owned()
        } else {
            format!("{}{separator}{quoted}", path.trim_end_matches('.'))
        }
    };
    let is_query = path.starts_with('?');
    let separator = if is_query { "" } else { "/" };
    let base = if is_query { "?" } else { path };
    if message.starts_with("unknown field") {
        let expected = message
            .split_once(", expected ")
            .map(|(_, rest)| rest.replace('`', ""))
            .unwrap_or_default();
        let pointer = if is_query {
            format!("{base}{quoted}")
        } else {
            named(separator)
        };
        let known = match expected.as_str() {
            "" | "there are no fields" => "nothing is taken here".to_owned(),
            expected => format!("it takes {}", expected.trim_start_matches("one of ")),
        };
        return Issue {
            pointer,
            code: "unknown_field",
            detail: format!("'{quoted}' is not known here: {known}"),
        };
    }
    if message.starts_with("missing field") {
        let pointer = if is_query {
            format!("{base}{quoted}")
        } else {
            format!("{path}/{quoted}")
        };
        return Issue {
            pointer,
            code: "required",
            detail: format!("'{quoted}' is needed"),
        };
    }
    if message.starts_with("duplicate field") {
        let pointer = if is_query {
            format!("{base}{quoted}")
        } else {
            named(separator)
        };
        return Issue {
            pointer,
            code: "duplicate_field",
            detail: format!("'{quoted}' is given twice"),
        };
    }
    let code = if message.starts_with("unknown variant") {
        "unknown_value"
    } else {
        "wrong_type"
    };
    Issue {
        pointer: path.trim_end_matches(".").to_owned(),
        code,
        detail: message.to_owned(),
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
