//! The program as it listens: what goes over the wire, and what it writes to its log.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use cairn::store::Location;
use serde_json::json;

use crate::support::{Database, run_in_coalition};

/// A running program, ended with the test.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(database: &Database) -> Self {
        let address = match database.location() {
            Location::Sqlite(path) => format!("sqlite://{}", path.display()),
            Location::Postgres(url) => url,
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_cairn"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "trace",
                "--workers",
                "1",
            ])
            .args(["--database", &address])
            .env("CAIRN_CORS_ORIGINS", "https://dashboard.example")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit("//").next().expect("an address").to_owned();
        Self { child, address }
    }

    /// The whole answer, head and body.
    fn get(&self, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let request = format!("GET {path} HTTP/1.1\r\nHost: cairn\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).expect("it is sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Ends the program, and answers what it logged.
    fn end(mut self) -> String {
        self.child.kill().expect("it ends");
        let mut log = String::new();
        let errors = self.child.stderr.take().expect("its log");
        BufReader::new(errors).read_to_string(&mut log).expect("a log");
        log
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_shared_address_is_answered_and_its_secret_not_logged() {
    run_in_coalition(async |app, coalition| {
        let link = coalition
            .share(json!({"name": "the town's website", "audience": "public"}))
            .await;
        let (address, secret) = (&link["address"], &link["secret"]);
        let (address, secret) = (address.as_str().unwrap(), secret.as_str().unwrap());
        let program = Running::start(app.database());
        let path = format!("{address}/aggregates?measure=PROGRAMS");
        let answer = program.get(&path, "Origin: https://dashboard.example\r\n");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let head = answer.to_lowercase();
        assert!(
            head.contains("access-control-allow-origin: https://dashboard.example"),
            "{answer}"
        );
        let tag = head.split("etag: ").nth(1).expect("a tag");
        let tag = tag.split("\r\n").next().expect("a line");
        let same = program.get(&path, &format!("If-None-Match: {tag}\r\n"));
        assert!(same.starts_with("HTTP/1.1 304"), "{same}");
        assert!(same.ends_with("\r\n\r\n"), "no body: {same}");
        let large = program.get("/openapi.yaml", "Accept-Encoding: br\r\n");
        assert!(large.to_lowercase().contains("content-encoding: br"));
        let basic = program.get(
            &coalition.path("/aggregates"),
            &format!("Authorization: Bearer {secret}\r\n"),
        );
        assert!(basic.starts_with("HTTP/1.1 200"), "{basic}");
        let lost = program.get(&format!("{address}/nothing"), "");
        assert!(lost.starts_with("HTTP/1.1 404"), "{lost}");
        let log = program.end();
        assert!(log.contains("/v1/shared/…/aggregates"), "{log}");
        assert!(!log.contains(secret), "{log}");
    });
}
