//! An HTTP/1.1 client of one connection that is kept open: as little work as can be, because it shares the machine
//! with what is measured.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::Outcome;
use crate::message::{Answer, authorization, write_request};

/// A connection to a server.
pub struct Client {
    address: SocketAddr,
    stream: TcpStream,
    /// Fields of the head of each request.
    fields: String,
    request: String,
    answer: Answer,
}

impl Client {
    /// Connects. `token` is sent as `Bearer` with each request, unless it is empty.
    pub fn connect(address: SocketAddr, token: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            address,
            stream,
            fields: authorization(token),
            request: String::new(),
            answer: Answer::default(),
        })
    }

    /// The same, which sends more fields with each request; each ends its line.
    pub fn with(mut self, fields: &str) -> Self {
        self.fields.push_str(fields);
        self
    }

    /// The same client on a connection of its own: one that was quiet for long may have been closed.
    pub fn renew(&mut self) -> Outcome<()> {
        self.stream = Self::connect(self.address, "")?.stream;
        Ok(())
    }

    /// Sends a request with a JSON body, if any, and answers the status and the body of what comes back.
    pub fn send(&mut self, method: &str, path: &str, body: &str) -> Outcome<(u16, &[u8])> {
        self.send_with(method, path, "", body)
    }

    /// The same with further fields, each a line with its end.
    pub fn send_with(&mut self, method: &str, path: &str, fields: &str, body: &str) -> Outcome<(u16, &[u8])> {
        write_request(&mut self.request, method, path, &[&self.fields, fields], body)?;
        self.stream.write_all(self.request.as_bytes())?;
        self.answer.clear();
        let mut part = [0; 16 * 1024];
        loop {
            let read = self.stream.read(&mut part)?;
            if let Some(status) = self.answer.take(&part[..read])? {
                return Ok((status, self.answer.body()));
            }
        }
    }

    /// Sends a request that must succeed, and reads its answer.
    pub fn ask(&mut self, method: &str, path: &str, body: &Value) -> Outcome<Value> {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let (status, answer) = self.send(method, path, &body)?;
        if !(200..300).contains(&status) {
            return Err(format!("{method} {path}: {status} {}", String::from_utf8_lossy(answer)).into());
        }
        Ok(serde_json::from_slice(answer).unwrap_or_default())
    }

    /// A field of the last answer.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.answer.field(name)
    }
}
