//! A request on its way, held to the contract before it is sent, and its answer after.

use std::io::Read;
use std::net::{IpAddr, SocketAddr};

use actix_web::body::to_bytes;
use actix_web::http::header::{CONTENT_ENCODING, HeaderMap};
use actix_web::http::{Method, Uri};
use actix_web::test::TestRequest;
use serde_json::Value;

use super::contract::contract;
use super::{Answer, TestApp};

/// The largest answer that is read, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// A request that has not been sent yet.
pub struct Request {
    app: TestApp,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    is_off_contract: bool,
    from: Option<SocketAddr>,
}

impl Request {
    pub fn new(app: TestApp, method: &str, path: &str) -> Self {
        Self {
            app,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
            is_off_contract: false,
            from: None,
        }
    }

    /// Sets a header, instead of one of that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn if_match(self, tag: &str) -> Self {
        self.header("If-Match", tag)
    }

    pub fn accept(self, media_type: &str) -> Self {
        self.header("Accept", media_type)
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// A body of any kind, as it is.
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("Content-Type", media_type)
    }

    /// From that network address.
    pub fn at_address(mut self, address: &str) -> Self {
        self.from = Some((address.parse::<IpAddr>().expect("an address"), 4711).into());
        self
    }

    /// The request breaks the contract on purpose; the answer is held to it all the same.
    pub fn off_contract(mut self, _why: &str) -> Self {
        self.is_off_contract = true;
        self
    }

    /// What is wrong with the request by the contract.
    pub fn fault(&self) -> Option<String> {
        let content_type = self.find("Content-Type");
        let body = self.body.as_deref().map(|body| (content_type, body));
        contract().request_fault(&self.method, &self.path, body)
    }

    fn find(&self, name: &str) -> &str {
        let header = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        header.map_or("", |(_, value)| value)
    }

    /// Sends it. Panics where the request (unless off the contract) or the answer is not as `openapi.yaml` says.
    pub async fn send(self) -> Answer {
        self.try_send().await.unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// Sends it; an error where the request or the answer is not as `openapi.yaml` says.
    pub async fn try_send(self) -> Result<Answer, String> {
        let request = format!("{} {}", self.method, self.path);
        if !self.is_off_contract
            && let Some(fault) = self.fault()
        {
            return Err(format!("{request} is not as openapi.yaml says: {fault}"));
        }
        let uri: Uri = self.path.parse().expect("a path");
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let mut sent = TestRequest::with_uri(&uri.to_string()).method(method);
        for (name, value) in &self.headers {
            sent = sent.insert_header((name.as_str(), value.as_str()));
        }
        if let Some(body) = self.body {
            sent = sent
                .insert_header(("Content-Length", body.len()))
                .set_payload(body);
        }
        if let Some(from) = self.from {
            sent = sent.peer_addr(from);
        }
        let response = self.app.call(sent).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body())
            .await
            .expect("a body that can be read")
            .to_vec();
        assert!(body.len() <= LARGEST, "{request} answered {} bytes", body.len());
        let answer = Answer {
            request,
            status,
            sent: body.len(),
            body: decoded(&headers, body),
            headers,
        };
        match contract().answer_fault(&self.method, &self.path, &answer) {
            None => Ok(answer),
            Some(fault) => Err(format!(
                "{} answered {status}, which is not as openapi.yaml says: {fault}\n{}",
                answer.request,
                String::from_utf8_lossy(&answer.body)
            )),
        }
    }
}

/// A body as it was before it was compressed.
fn decoded(headers: &HeaderMap, body: Vec<u8>) -> Vec<u8> {
    let encoding = headers
        .get(CONTENT_ENCODING)
        .map(|value| value.to_str().expect("a name"));
    let mut bytes = Vec::new();
    match encoding {
        None => return body,
        Some("gzip") => flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut bytes),
        Some("br") => brotli::Decompressor::new(&body[..], 4096).read_to_end(&mut bytes),
        Some(other) => panic!("an answer in the encoding {other}"),
    }
    .expect("what was compressed can be read");
    bytes
}
