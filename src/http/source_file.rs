//! The file that a body is, as its sender calls it: `?filename=…`, or the name in `Content-Disposition`.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, HeaderValue};
use actix_web::{FromRequest, HttpRequest};

use crate::domain::file_name;
use crate::error::{Error, Result};

/// The `Content-Disposition` of a request, if it has one; read once it is settled who may do what.
pub struct Disposition(Option<HeaderValue>);

impl FromRequest for Disposition {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.headers().get(CONTENT_DISPOSITION).cloned())))
    }
}

impl Disposition {
    /// What it is called; a name in the query goes before one in the header.
    pub fn file_name(&self, in_query: Option<String>) -> Result<Option<String>> {
        match in_query {
            Some(name) => checked(name, "?filename").map(Some),
            None => self.name()?.map(|name| checked(name, HEADER)).transpose(),
        }
    }

    fn name(&self) -> Result<Option<String>> {
        let Some(field) = &self.0 else { return Ok(None) };
        let unreadable = || {
            let detail = "write it as: attachment; filename=\"figures.csv\"";
            Error::malformed(HEADER, "invalid_header", detail)
        };
        let disposition = ContentDisposition::from_raw(field).map_err(|_| unreadable())?;
        if let Some(extended) = disposition.get_filename_ext() {
            let name = String::from_utf8(extended.value.clone());
            return name.map(Some).map_err(|_| unreadable());
        }
        Ok(disposition.get_filename().map(str::to_owned))
    }
}

const HEADER: &str = "Content-Disposition";

fn checked(name: String, pointer: &str) -> Result<String> {
    match file_name::check(&name) {
        Ok(()) => Ok(name),
        Err(expected) => Err(Error::invalid(pointer, "invalid_file_name", expected)),
    }
}
