//! Answers that a client may keep. Each carries a strong tag of everything that it depends on; who sends the tag back in
//! `If-None-Match` while nothing of that has changed gets 304. Whether it has is told by the coalition's state, which was
//! read when the caller was identified: nothing else is asked of the database.

use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderName, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::etag::{self, etag};
use crate::auth::ReadsCoalition;
use crate::error::{Error, Result};
use crate::store::Version;

/// The program that made the answer: another one may write the same figures in other bytes.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// An answer that may be kept: what it depends on besides the coalition's state, and what the client has kept.
pub struct Cacheable {
    depends_on: Vec<u8>,
    media_type: &'static str,
    vary: &'static str,
    seen: Version,
    kept: Vec<String>,
}

impl Cacheable {
    /// The answer in that media type to a request: path, parameters, and what whoever asks may see. What else it depends
    /// on stands in `also`: today's date, or the organization where each gets another answer.
    pub fn new<S: ReadsCoalition>(
        request: &HttpRequest,
        asker: &S,
        media_type: &'static str,
        also: &[String],
    ) -> Result<Self> {
        let mut parameters: Vec<_> = form_urlencoded::parse(request.query_string().as_bytes()).collect();
        parameters.sort();
        let depends_on = serde_json::to_vec(&(
            PROGRAM,
            request.path(),
            parameters,
            media_type,
            asker.sight(),
            also,
        ))?;
        Ok(Self {
            depends_on,
            media_type,
            vary: "Accept, Accept-Encoding, Authorization",
            seen: asker.seen(),
            kept: etag::kept(request),
        })
    }

    /// The same, whose answer depends on these fields of the request.
    pub fn varying(self, vary: &'static str) -> Self {
        Self { vary, ..self }
    }

    /// 304, if the client has the answer that it would get.
    pub fn unchanged(&self) -> Option<HttpResponse> {
        let tag = self.tag(self.seen);
        let kept = self.kept.iter().find(|kept| etag::is_of(kept, &tag))?;
        let same = if kept == "*" { &tag } else { kept };
        Some(self.head(HttpResponse::NotModified(), same).finish())
    }

    /// 200 with everything but the body, which was made in that state of the coalition.
    pub fn answer(&self, version: Version) -> HttpResponseBuilder {
        let mut response = self.head(HttpResponse::Ok(), &self.tag(version));
        response.content_type(self.media_type);
        response
    }

    fn tag(&self, version: Version) -> String {
        let state = format!("{} {} ", version.revision, version.written_at);
        etag(&[state.as_bytes(), &self.depends_on].concat())
    }

    /// The same for an answer that is there already.
    pub fn mark(&self, version: Version, mut response: HttpResponse) -> Result<HttpResponse> {
        for (name, value) in self.fields(&self.tag(version)) {
            let value = HeaderValue::from_str(value).map_err(Error::internal)?;
            response.headers_mut().insert(name, value);
        }
        Ok(response)
    }

    fn head(&self, mut response: HttpResponseBuilder, tag: &str) -> HttpResponseBuilder {
        for field in self.fields(tag) {
            response.insert_header(field);
        }
        response
    }

    /// For the client alone, which asks again each time whether it still holds.
    fn fields<'t>(&self, tag: &'t str) -> [(HeaderName, &'t str); 3] {
        [
            (ETAG, tag),
            (CACHE_CONTROL, "private, no-cache"),
            (VARY, self.vary),
        ]
    }
}
