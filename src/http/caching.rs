//! Answers that a client may keep. Each carries a strong tag of everything that it depends on; who sends the tag back in
//! `If-None-Match` while nothing of that has changed gets 304. Whether it has is told by the coalition's state, which was
//! read when the caller was identified: nothing else is asked of the database.

use actix_web::http::header::{CACHE_CONTROL, ETAG, VARY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::etag::{self, etag};
use crate::auth::ReadsCoalition;
use crate::error::Result;
use crate::store::Version;

/// The program that made the answer: another one may write the same figures in other bytes.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// An answer that may be kept: what it depends on besides the coalition's state, and what the client has kept.
pub struct Cacheable {
    depends_on: Vec<u8>,
    media_type: &'static str,
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
            seen: asker.seen(),
            kept: etag::kept(request),
        })
    }

    /// 304, if the client has the answer that it would get.
    pub fn unchanged(&self) -> Option<HttpResponse> {
        let tag = self.tag(self.seen);
        let kept = self.kept.iter().find(|kept| etag::is_of(kept, &tag))?;
        let same = if kept == "*" { &tag } else { kept };
        Some(head(HttpResponse::NotModified(), same).finish())
    }

    /// 200 with everything but the body, which was made in that state of the coalition.
    pub fn answer(&self, version: Version) -> HttpResponseBuilder {
        let mut response = head(HttpResponse::Ok(), &self.tag(version));
        response.content_type(self.media_type);
        response
    }

    fn tag(&self, version: Version) -> String {
        let state = format!("{} {} ", version.revision, version.written_at);
        etag(&[state.as_bytes(), &self.depends_on].concat())
    }
}

/// For the client alone, which asks again each time whether it still holds.
fn head(mut response: HttpResponseBuilder, tag: &str) -> HttpResponseBuilder {
    response
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        .insert_header((VARY, "Accept, Accept-Encoding, Authorization"));
    response
}
