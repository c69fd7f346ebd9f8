//! `cairn keys rotate`, by the real program on the database of a service: nobody is signed out.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::database::is_postgres;
use crate::support::program::Running;
use crate::support::{Database, PASSWORD, Template, cairn};

/// Status and body of an answer.
fn ask(address: SocketAddr, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let length = body.len();
    let authorization = match token {
        "" => String::new(),
        token => format!("Authorization: Bearer {token}\r\n"),
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: cairn\r\nConnection: close\r\nContent-Type: application/json\r\n\
         {authorization}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (
        status.expect("a status"),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

/// A session: its access token and its refresh token.
struct Session {
    access: String,
    refresh: String,
}

impl Session {
    fn of((status, body): (u16, Value)) -> Self {
        assert_eq!(status, 200, "{body}");
        let text = |name: &str| body[name].as_str().expect("a token").to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }

    fn signed_in(address: SocketAddr) -> Self {
        let credentials = json!({"email": "ana@b.example", "password": PASSWORD});
        Self::of(ask(address, "POST", "/v1/sessions", "", &credentials))
    }

    fn refreshed(&self, address: SocketAddr) -> Self {
        let body = json!({"refresh_token": self.refresh});
        Self::of(ask(address, "POST", "/v1/sessions/refresh", "", &body))
    }

    /// What reading one's account with the access token answers.
    fn status(&self, address: SocketAddr) -> u16 {
        ask(address, "GET", "/v1/account", &self.access, &Value::Null).0
    }

    /// The name of the key that signed the access token.
    fn key(&self) -> String {
        let header = self.access.split('.').next().expect("a header");
        let header = URL_SAFE_NO_PAD.decode(header).expect("base64");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        header["kid"].as_str().expect("a key").to_owned()
    }
}

fn rotate(database: &Database) -> String {
    let done = cairn(database, &["keys", "rotate"]);
    assert!(done.status.success(), "{done:?}");
    let said = String::from_utf8(done.stdout).expect("UTF-8");
    said.trim().rsplit(' ').next().expect("a key").to_owned()
}

#[test]
fn a_rotation_signs_nobody_out_and_a_retired_key_opens_nothing() {
    let database = Template::migrated().copy();
    let (first, address) = Running::serve(&database, &database.spool());
    let admin = json!({"email": "ana@b.example", "name": "Ana", "password": PASSWORD});
    let new = json!({"code": "riverside", "name": "Riverside", "admin": admin});
    assert_eq!(ask(address, "POST", "/v1/organizations", "", &new).0, 201);
    let (old, other) = (Session::signed_in(address), Session::signed_in(address));
    let old_key = old.key();

    // SQLite has one process at a time; on PostgreSQL the first service runs on, and knows nothing of the rotation yet.
    let mut first = Some((first, address));
    if !is_postgres() {
        assert!(!cairn(&database, &["keys", "rotate"]).status.success());
        first = None;
    }
    let new_key = rotate(&database);
    assert_ne!(new_key, old_key);
    // As it is when some seconds have passed.
    let later = "UPDATE signing_keys SET created_at = created_at - 10000000";
    database.connect().execute(later);
    let spool = database.spool().join("second");
    let (second, address) = Running::serve(&database, &spool);
    let addresses: Vec<SocketAddr> = first
        .iter()
        .map(|(_, address)| *address)
        .chain([address])
        .collect();

    let fresh = Session::signed_in(address);
    assert_eq!(fresh.key(), new_key);
    let renewed = old.refreshed(address);
    assert_eq!(renewed.key(), new_key);
    // The service that runs on reads the keys again when it has not done so within the second.
    let deadline = Instant::now() + Duration::from_secs(10);
    while addresses.iter().any(|address| fresh.status(*address) != 200) {
        assert!(Instant::now() < deadline, "the new key is not known everywhere");
        std::thread::sleep(Duration::from_millis(50));
    }
    for address in addresses {
        for session in [&old, &other, &fresh, &renewed] {
            assert_eq!(session.status(address), 200);
        }
    }

    // An hour later the old key is retired.
    drop((first, second));
    let retire = format!("UPDATE signing_keys SET retired_at = 1 WHERE kid = '{old_key}'");
    database.connect().execute(&retire);
    let (_third, address) = Running::serve(&database, &spool);
    for session in [&old, &other] {
        assert_eq!(session.status(address), 401);
    }
    assert_eq!(renewed.status(address), 200);
    let renewed = other.refreshed(address);
    assert_eq!((renewed.status(address), renewed.key()), (200, new_key));
}
