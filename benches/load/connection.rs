//! A client of one connection, of which one thread keeps many: they take the place of other machines, so they must not
//! take the processors' time by their number.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Outcome;
use crate::message::{Answer, authorization, write_request};

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a server.
pub struct Connection {
    stream: TcpStream,
    /// Fields of the head of each request.
    fields: String,
    request: String,
    answer: Answer,
    part: Vec<u8>,
}

impl Connection {
    /// Connects. `key` is sent as `Bearer` with each request.
    pub async fn open(address: SocketAddr, key: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            fields: authorization(key),
            request: String::new(),
            answer: Answer::default(),
            part: vec![0; 16 * 1024],
        })
    }

    /// Sends a request with a JSON body, if any, and answers the status of what comes back.
    pub async fn send(&mut self, method: &str, path: &str, body: &str) -> Outcome<u16> {
        write_request(&mut self.request, method, path, &[&self.fields], body)?;
        tokio::time::timeout(PATIENCE, self.exchange()).await?
    }

    /// A field of the last answer.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.answer.field(name)
    }

    async fn exchange(&mut self) -> Outcome<u16> {
        self.stream.write_all(self.request.as_bytes()).await?;
        self.answer.clear();
        loop {
            let read = self.stream.read(&mut self.part).await?;
            if let Some(status) = self.answer.take(&self.part[..read])? {
                return Ok(status);
            }
        }
    }
}
