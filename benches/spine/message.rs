//! Requests and answers of HTTP/1.1 as they stand on a connection.

use std::fmt::Write as _;

use crate::Outcome;

/// Writes a request with a JSON body, if any, in place of what the text was. `fields` are lines of the head, each with
/// its end.
pub fn write_request(
    text: &mut String,
    method: &str,
    path: &str,
    fields: &[&str],
    body: &str,
) -> Outcome<()> {
    text.clear();
    write!(text, "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n")?;
    for fields in fields {
        text.push_str(fields);
    }
    write!(
        text,
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    Ok(())
}

/// The field by which a caller says who it is: none for an empty token.
pub fn authorization(token: &str) -> String {
    match token {
        "" => String::new(),
        token => format!("Authorization: Bearer {token}\r\n"),
    }
}

/// An answer, as much of it as has come.
#[derive(Default)]
pub struct Answer {
    bytes: Vec<u8>,
    head: Option<Head>,
}

/// What the head says.
#[derive(Clone, Copy)]
struct Head {
    status: u16,
    /// Where the body begins.
    end: usize,
    /// How long the body is.
    length: usize,
}

impl Answer {
    /// Forgets the answer, for the next.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.head = None;
    }

    /// Takes what has come, and answers the status once the answer is whole. Nothing that has come is a connection
    /// that was closed.
    pub fn take(&mut self, part: &[u8]) -> Outcome<Option<u16>> {
        if part.is_empty() {
            return Err("the server closed the connection".into());
        }
        self.bytes.extend_from_slice(part);
        if self.head.is_none()
            && let Some(end) = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let (status, length) = read_head(std::str::from_utf8(&self.bytes[..end])?)?;
            self.head = Some(Head {
                status,
                end: end + 4,
                length,
            });
        }
        Ok(self
            .head
            .filter(|head| self.bytes.len() >= head.end + head.length)
            .map(|head| head.status))
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        self.head
            .and_then(|head| self.bytes.get(head.end..head.end + head.length))
            .unwrap_or_default()
    }

    /// A field of the head.
    pub fn field(&self, name: &str) -> Option<&str> {
        let head = std::str::from_utf8(&self.bytes[..self.head?.end]).ok()?;
        head.split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
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
