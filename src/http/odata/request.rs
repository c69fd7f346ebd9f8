//! What a request says before it is known what it is about, and what every answer has.

use actix_web::http::header::{ACCEPT, VARY};
use actix_web::{HttpRequest, HttpResponse};

use super::PREFIX;
use super::options::Given;
use super::representation::Representation;
use crate::domain::issue::Issue;
use crate::error::{Error, Result};
use crate::http::QueryText;

/// The most rows of one answer; the rest is behind its `@odata.nextLink`.
const MOST_ROWS: usize = 5_000;

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Sent {
    root: String,
    query: QueryText,
    accept: String,
    prefer: String,
    most_version: String,
}

/// A request that was read.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The address of the service, with a slash at its end.
    pub root: String,
    /// The query options, as they were written.
    pub given: Given,
    /// In which shape to answer.
    pub representation: Representation,
    /// The most rows that the client wants at once, if it said so.
    pub preferred: Option<usize>,
}

/// The bytes of an answer, and what is said of them.
#[derive(Debug)]
pub struct Answer {
    /// Their shape.
    pub representation: Representation,
    /// The page size that the client asked for and got.
    pub applied: Option<usize>,
    /// JSON.
    pub bytes: Vec<u8>,
}

impl Sent {
    /// What a request to the service of a coalition says. Addresses in the answer begin as the client wrote them, or
    /// as the proxy before Cairn says that it did.
    pub fn of(request: &HttpRequest, query: QueryText, coalition: &str) -> Self {
        let header = |name: &str| {
            let value = request.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let connection = request.connection_info();
        Self {
            root: format!(
                "{}://{}{PREFIX}{coalition}/",
                connection.scheme(),
                connection.host()
            ),
            query,
            accept: header(ACCEPT.as_str()),
            prefer: header("prefer"),
            most_version: header("odata-maxversion"),
        }
    }

    /// What the answer depends on besides the address and its options.
    pub fn fields(&self) -> [String; 4] {
        [&self.root, &self.accept, &self.prefer, &self.most_version].map(Clone::clone)
    }

    /// Reads it, for the rows of a set.
    pub fn read(&self) -> Result<Asked> {
        self.asked(Given::of_rows(&self.query))
    }

    /// Reads it, for the service as a whole.
    pub fn read_plain(&self) -> Result<Asked> {
        self.asked(Given::read(&self.query, &["$format"]))
    }

    fn asked(&self, given: Result<Given>) -> Result<Asked> {
        let major = self.most_version.trim().split('.').next().unwrap_or_default();
        if major.parse::<u32>().is_ok_and(|major| major < 4) {
            return Err(Error::malformed(
                "OData-MaxVersion",
                "unknown_version",
                "this service speaks OData 4.0",
            ));
        }
        let given = given?;
        Ok(Asked {
            root: self.root.clone(),
            representation: Representation::choose(given.find("$format"), &self.accept)?,
            given,
            preferred: page_size(&self.prefer),
        })
    }
}

impl Asked {
    /// How many rows the answer has at most.
    pub fn page_size(&self) -> usize {
        self.preferred.map_or(MOST_ROWS, |size| size.min(MOST_ROWS))
    }

    /// An answer to it.
    pub fn answer(&self, bytes: Vec<u8>) -> Answer {
        Answer {
            representation: self.representation,
            applied: None,
            bytes,
        }
    }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let mut response = HttpResponse::Ok();
        if let Some(size) = answer.applied {
            response.insert_header(("Preference-Applied", format!("odata.maxpagesize={size}")));
        }
        response
            .content_type(answer.representation.content_type())
            .insert_header((VARY, "Accept, Prefer"))
            .body(answer.bytes)
    }
}

/// The number of rows, as `$count` answers it.
pub fn counted(count: u64) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain")
        .body(count.to_string())
}

/// The page size among preferences; those that cannot be read are none.
fn page_size(prefer: &str) -> Option<usize> {
    let sizes = prefer.split([',', ';']).filter_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        let is_size =
            ["odata.maxpagesize", "maxpagesize"].contains(&name.trim().to_ascii_lowercase().as_str());
        is_size
            .then(|| value.trim().trim_matches('"').parse().ok())
            .flatten()
    });
    sizes.into_iter().find(|size| *size > 0)
}

/// 501: what OData knows, and this service does not do.
pub fn not_implemented(option: &str, detail: impl Into<String>) -> Error {
    Error::NotImplemented(Issue {
        pointer: format!("?{option}"),
        code: "not_implemented",
        detail: detail.into(),
    })
}
