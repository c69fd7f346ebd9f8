//! Sends what the exporter has made, on the exporter's own thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};

/// So long a collector may take for an answer.
const BOUND: Duration = Duration::from_secs(10);
/// So much of its answer is read.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// Says once that a collector takes nothing, and once that it takes traces again; never what was sent, or with which
/// headers. It follows no redirects.
#[derive(Debug)]
pub(super) struct Sender {
    agent: ureq::Agent,
    fails: AtomicBool,
}

impl Default for Sender {
    fn default() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(BOUND))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build();
        Self {
            agent: config.new_agent(),
            fails: AtomicBool::default(),
        }
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.send(request);
        match &answer {
            Ok(answer) if answer.status().is_success() => {
                if self.fails.swap(false, Ordering::Relaxed) {
                    tracing::info!("traces are exported again");
                }
            }
            Ok(answer) => self.fail(answer.status().to_string()),
            Err(error) => self.fail(error.to_string()),
        }
        Ok(answer?)
    }
}

impl Sender {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let (head, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(head, body.as_ref()))?;
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(LONGEST_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }

    fn fail(&self, error: String) {
        if !self.fails.swap(true, Ordering::Relaxed) {
            tracing::warn!(error, "traces cannot be exported, and are dropped meanwhile");
        }
    }
}
