//! A collector: it keeps what it is sent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::Outcome;

/// One on a free port of 127.0.0.1.
pub struct Collector {
    /// What is to be told the program.
    pub endpoint: String,
    sent: Arc<Mutex<Vec<Sent>>>,
}

/// One request.
#[derive(Clone)]
pub struct Sent {
    /// Its first line and header fields, in lower case.
    pub head: String,
    /// Its body.
    pub body: Vec<u8>,
}

impl Collector {
    /// Begins to listen.
    pub fn listen() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let sent = Arc::<Mutex<Vec<Sent>>>::default();
        let kept = Arc::clone(&sent);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Ok(one) = receive(stream) {
                    lock(&kept).push(one);
                }
            }
        });
        Ok(Self { endpoint, sent })
    }

    /// What has been sent until now.
    pub fn sent(&self) -> Vec<Sent> {
        lock(&self.sent).clone()
    }

    /// The spans in it, where it is JSON.
    pub fn spans(&self) -> Outcome<Vec<Value>> {
        let mut spans = Vec::new();
        for sent in self.sent() {
            let body: Value = serde_json::from_slice(&sent.body)?;
            for resource in list(&body["resourceSpans"]) {
                for scope in list(&resource["scopeSpans"]) {
                    spans.extend(list(&scope["spans"]).iter().cloned());
                }
            }
        }
        Ok(spans)
    }
}

fn lock(sent: &Mutex<Vec<Sent>>) -> MutexGuard<'_, Vec<Sent>> {
    sent.lock().unwrap_or_else(PoisonError::into_inner)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// An attribute of a span or a resource, as text.
pub fn attribute(of: &Value, key: &str) -> Option<String> {
    let found = list(&of["attributes"]).iter().find(|one| one["key"] == key)?;
    let value = found["value"].as_object()?.values().next()?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn receive(mut stream: TcpStream) -> Outcome<Sent> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let (mut all, mut part) = (Vec::new(), [0; 16 * 1024]);
    let (head, mut body) = loop {
        let read = stream.read(&mut part)?;
        all.extend_from_slice(&part[..read]);
        if let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") {
            break (
                String::from_utf8(all[..end].to_vec())?.to_lowercase(),
                all.split_off(end + 4),
            );
        }
        if read == 0 {
            return Err("half a request".into());
        }
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .ok_or("no length")?
        .parse()?;
    while body.len() < length {
        let read = stream.read(&mut part)?;
        if read == 0 {
            return Err("half a request".into());
        }
        body.extend_from_slice(&part[..read]);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    Ok(Sent { head, body })
}
