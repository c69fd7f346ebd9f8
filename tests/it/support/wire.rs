//! A connection to the running program, as it is: what is kept open, what is closed, and what is cut off.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection that is kept open.
pub struct Wire(BufReader<TcpStream>);

/// What came back.
pub struct Heard {
    pub status: u16,
    /// The names in small letters.
    fields: Vec<(String, String)>,
    pub body: String,
}

impl Wire {
    pub fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request without a body, and reads its answer to the end.
    pub fn get(&mut self, path: &str, authorization: &str) -> std::io::Result<Heard> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: cairn\r\nAuthorization: {authorization}\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes())?;
        let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut heard = Heard {
            status: status.ok_or_else(broken)?,
            fields: Vec::new(),
            body: String::new(),
        };
        loop {
            line.clear();
            self.0.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            heard.fields.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let length = heard
            .field("content-length")
            .and_then(|length| length.parse().ok());
        let mut body = vec![0; length.ok_or_else(broken)?];
        self.0.read_exact(&mut body)?;
        heard.body = String::from_utf8_lossy(&body).into_owned();
        Ok(heard)
    }
}

impl Heard {
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}
