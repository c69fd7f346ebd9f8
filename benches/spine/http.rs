//! An HTTP/1.1 client of one connection that is kept open: as little work as can be, because it shares the machine
//! with what is measured.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::Outcome;

/// A connection to a server.
pub struct Client {
    address: SocketAddr,
    stream: TcpStream,
    /// Fields of the head of each request.
    fields: String,
    request: String,
    answer: Vec<u8>,
    /// Where the head of the last answer ends.
    head: usize,
}

impl Client {
    /// Connects. `token` is sent as `Bearer` with each request, unless it is empty.
    pub fn connect(address: SocketAddr, token: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let fields = match token {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        Ok(Self {
            address,
            stream,
            fields,
            request: String::new(),
            answer: Vec::new(),
            head: 0,
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
        self.request.clear();
        write!(
            self.request,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}{fields}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.fields,
            body.len()
        )?;
        self.stream.write_all(self.request.as_bytes())?;
        self.receive()
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
        let head = std::str::from_utf8(&self.answer[..self.head]).ok()?;
        head.split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    fn receive(&mut self) -> Outcome<(u16, &[u8])> {
        self.answer.clear();
        let mut part = [0; 16 * 1024];
        let mut whole: Option<(u16, usize, usize)> = None;
        loop {
            if let Some((status, head, length)) = whole
                && self.answer.len() >= head + length
            {
                self.head = head;
                return Ok((status, &self.answer[head..head + length]));
            }
            let read = self.stream.read(&mut part)?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            self.answer.extend_from_slice(&part[..read]);
            if whole.is_none()
                && let Some(end) = self.answer.windows(4).position(|four| four == b"\r\n\r\n")
            {
                let (status, length) = read_head(std::str::from_utf8(&self.answer[..end])?)?;
                whole = Some((status, end + 4, length));
            }
        }
    }
}

/// The status and the length of the body.
fn read_head(head: &str) -> Outcome<(u16, usize)> {
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|status| status.parse().ok())
        .ok_or("this is not HTTP")?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, length)| length.trim().parse())?;
    Ok((status, length))
}
