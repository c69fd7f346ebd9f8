//! What the service answered.

use actix_web::http::header::HeaderMap;
use serde_json::Value;

/// One answer, already held to the contract.
pub struct Answer {
    pub request: String,
    pub status: u16,
    pub headers: HeaderMap,
    /// The bytes that came over the wire.
    pub sent: usize,
    /// The body, no longer compressed.
    pub body: Vec<u8>,
}

impl Answer {
    /// The answer itself, if it has that status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{} answered {}: {}",
            self.request,
            self.status,
            self.text()
        );
        self
    }

    /// The body as text.
    #[track_caller]
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("the body is UTF-8")
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} answered no JSON ({error}): {}", self.request, self.text()))
    }

    /// The rows of a list.
    #[track_caller]
    pub fn data(&self) -> Vec<Value> {
        self.json()["data"].as_array().expect("a list").clone()
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The entity tag.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").expect("an ETag").to_owned()
    }

    /// The problem's JSON; panics where the answer is none.
    #[track_caller]
    pub fn problem(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.text()
        );
        self.json()
    }

    /// The code of a problem, or of an error as OData tells it.
    #[track_caller]
    pub fn code(&self) -> String {
        let told = match self.header("odata-version") {
            Some(_) => self.json()["error"].clone(),
            None => self.problem(),
        };
        told["code"].as_str().expect("a code").to_owned()
    }

    /// What is wrong with the request: the pointer and code of each error, such as `/name invalid_text`.
    #[track_caller]
    pub fn issues(&self) -> Vec<String> {
        let problem = self.problem();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|issue| {
                format!(
                    "{} {}",
                    issue["pointer"].as_str().unwrap_or_default(),
                    issue["code"].as_str().unwrap_or_default()
                )
            })
            .collect()
    }
}
