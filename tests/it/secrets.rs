//! No secret in the log, at any level, whichever way it comes in or goes out; and each request's id in it.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn::store::Location;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program::{PROGRAM, address, said_address};
use crate::support::{Authenticator, Coalition, Database, PASSWORD, TestApp, run_in_coalition};

const DATABASE_PASSWORD: &str = "canary-database-4711";
const PASSWORDS: [&str; 5] = [
    "canary-first-password-1",
    "canary-wrong-password-2",
    "canary-broken-password-3",
    "canary-next-password-4",
    "canary-invited-password-5",
];

/// A program that logs everything there is to log into a file.
struct Program {
    child: Child,
    address: String,
    folder: TempDir,
}

impl Program {
    fn start(database: &Database, format: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let location = match database.location() {
            Location::Sqlite(_) => address(database),
            Location::Postgres(url) => with_password(&url),
        };
        let errors = File::create(folder.path().join("log")).expect("a file");
        let mut child = Command::new(PROGRAM)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "trace",
                "--log-format",
                format,
            ])
            .args(["--workers", "1", "--trust-request-id", "--spool"])
            .arg(folder.path().join("spool"))
            .env("DATABASE_URL", location)
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("its output");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("a line");
        Self {
            child,
            address: said_address(&line),
            folder,
        }
    }

    /// Status, head and body.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (String, Value) {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: cairn\r\nConnection: close\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.write_all(request.as_bytes()).expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (
            head.to_lowercase(),
            serde_json::from_str(body).unwrap_or_default(),
        )
    }

    fn json(&self, method: &str, path: &str, token: &str, body: Value) -> (String, Value) {
        let authorization = format!("Bearer {token}");
        let headers = [
            ("Content-Type", "application/json"),
            ("Authorization", authorization.as_str()),
        ];
        let headers = if token.is_empty() {
            &headers[..1]
        } else {
            &headers[..]
        };
        self.ask(method, path, headers, &body.to_string())
    }

    /// Ends it, and answers everything that it logged.
    fn end(mut self) -> String {
        self.child.kill().expect("it ends");
        self.child.wait().expect("it ends");
        std::fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The same address with a password, which a server that trusts everybody does not ask for.
fn with_password(url: &str) -> String {
    url.replacen('@', &format!(":{DATABASE_PASSWORD}@"), 1)
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("a text, not {value}"))
        .to_owned()
}

/// Brings secrets in and out in every way there is; answers all of them.
fn use_secrets(program: &Program, coalition: &Coalition, name: &str) -> Vec<String> {
    let mut secrets: Vec<String> = PASSWORDS.map(str::to_owned).to_vec();
    let [first, wrong, broken, next, invited] = PASSWORDS;
    let email = format!("admin@{name}.example");
    let new =
        json!({"code": name, "name": name, "admin": {"email": email, "name": "Ana", "password": first}});
    let (head, _) = program.json("POST", "/v1/organizations", "", new);
    assert!(head.starts_with("http/1.1 201"), "{head}");
    let credentials = |password: &str| json!({"email": email, "password": password});
    let (head, _) = program.json("POST", "/v1/sessions", "", credentials(wrong));
    assert!(head.starts_with("http/1.1 401"), "{head}");
    let unreadable = format!("{{\"email\": \"{email}\", \"password\": \"{broken}\", \"{broken}\": ");
    program.ask(
        "POST",
        "/v1/sessions",
        &[("Content-Type", "application/json")],
        &unreadable,
    );
    program.json(
        "POST",
        "/v1/sessions",
        "",
        json!({"email": email, "password": [broken]}),
    );
    let (_, session) = program.json("POST", "/v1/sessions", "", credentials(first));
    let (access, refresh) = (text(&session["access_token"]), text(&session["refresh_token"]));
    let (_, renewed) = program.json(
        "POST",
        "/v1/sessions/refresh",
        "",
        json!({"refresh_token": refresh}),
    );
    let renewed = (text(&renewed["access_token"]), text(&renewed["refresh_token"]));
    secrets.extend([access.clone(), refresh, renewed.0, renewed.1]);

    let change = json!({"password": next, "current_password": first});
    let (head, _) = program.json("PATCH", "/v1/account", &access, change);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let (_, session) = program.json("POST", "/v1/sessions", "", credentials(next));
    let access = text(&session["access_token"]);
    secrets.extend([access.clone(), text(&session["refresh_token"])]);

    let proof = json!({"current_password": next});
    let (_, begun) = program.json("POST", "/v1/account/second-factor", &access, proof);
    let own = Authenticator::with(&begun["secret"]);
    let code = own.code_now();
    let confirmation = json!({"code": code});
    let (head, codes) = program.json("POST", "/v1/account/second-factor/confirm", &access, confirmation);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let with = |code: &str| json!({"email": email, "password": next, "code": code});
    let recovery = text(&codes["recovery_codes"][0]);
    program.json("POST", "/v1/sessions", "", with(&format!("{recovery}x")));
    let (head, _) = program.json("POST", "/v1/sessions", "", with(&recovery));
    assert!(head.starts_with("http/1.1 200"), "{head}");
    secrets.extend([
        text(&begun["secret"]),
        text(&begun["uri"]),
        recovery.replace('-', ""),
        recovery,
    ]);

    let invitation = json!({"email": format!("eve@{name}.example"), "role": "viewer"});
    let (_, invitation) = program.json("POST", "/v1/organization/invitations", &access, invitation);
    let token = text(&invitation["token"]);
    let accept = |token: &str| json!({"token": token, "name": "Eve", "password": invited});
    program.json("POST", "/v1/invitations/accept", "", accept(&format!("{token}x")));
    let (head, _) = program.json("POST", "/v1/invitations/accept", "", accept(&token));
    assert!(head.starts_with("http/1.1 200"), "{head}");

    let key = json!({"name": "a program", "scopes": ["schema:read"]});
    let (_, key) = program.json("POST", "/v1/organization/api-keys", &access, key);
    let secret = text(&key["secret"]);
    let basic = STANDARD.encode(format!("anybody:{secret}"));
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={secret}",
        text(&key["id"])
    );
    let (head, granted) = program.ask(
        "POST",
        "/v1/oauth/token",
        &[("Content-Type", "application/x-www-form-urlencoded")],
        &form,
    );
    assert!(head.starts_with("http/1.1 200"), "{head}");
    secrets.push(text(&granted["access_token"]));
    for authorization in [
        format!("Basic {basic}"),
        format!("Bearer {secret}"),
        format!("Bearer {secret}x"),
        format!("Bearer {access}x"),
        format!("Digest {secret}"),
        secret.clone(),
    ] {
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Cookie", secret.as_str()),
        ];
        program.ask("GET", &coalition.path("/measures"), &headers, "");
        program.ask("GET", "/v1/organization", &headers, "");
        program.ask("GET", &format!("/odata/{}/", coalition.code), &headers, "");
        program.ask("GET", &format!("/v1/organization?token={secret}"), &headers, "");
        program.ask("GET", &format!("/v1/nothing/{secret}"), &headers, "");
        program.ask(
            "DELETE",
            &format!("/v1/organization/api-keys/{secret}"),
            &headers,
            "",
        );
    }
    let backbone = json!({"email": coalition.backbone.email(), "password": PASSWORD});
    let (_, session) = program.json("POST", "/v1/sessions", "", backbone);
    let backbone = text(&session["access_token"]);
    let link = json!({"name": "the town's website", "audience": "public"});
    let (_, link) = program.json("POST", &coalition.path("/share-links"), &backbone, link);
    let (address, shared) = (text(&link["address"]), text(&link["secret"]));
    for path in [
        address.clone(),
        format!("{address}/aggregates"),
        format!("{address}/chart.svg?measure=PROGRAMS"),
        format!("{address}x/aggregates"),
        format!("/v1/shared/{}", shared.replace('_', "%5F")),
        format!("/v1/Shared/{shared}"),
        format!("//v1/shared/{shared}"),
        format!("/v1/shared/x/{shared}"),
    ] {
        program.ask("GET", &path, &[], "");
    }
    program.json("DELETE", "/v1/sessions", &access, json!({}));
    secrets.extend([token, secret, basic, shared, backbone, PASSWORD.to_owned()]);
    secrets
}

async fn refused_when_logged(app: &TestApp, coalition: &Coalition, format: &str) {
    let program = Program::start(app.database(), format);
    let secrets = use_secrets(&program, coalition, &format!("secretive-{format}"));
    let log = program.end();
    assert!(log.lines().count() > 60, "it was logged: {log}");
    assert!(log.contains("/v1/oauth/token"), "{log}");
    let percent = |secret: &String| secret.replace('_', "%5F");
    for secret in secrets.iter().chain([&DATABASE_PASSWORD.to_owned()]) {
        for form in [secret.clone(), percent(secret), STANDARD.encode(secret)] {
            let line = log.lines().find(|line| line.contains(&form));
            assert!(line.is_none(), "{form} is in the log: {line:?}");
        }
    }
}

#[test]
fn no_secret_is_logged_in_lines_for_people() {
    run_in_coalition(async |app, coalition| refused_when_logged(&app, &coalition, "text").await);
}

#[test]
fn no_secret_is_logged_in_json() {
    run_in_coalition(async |app, coalition| refused_when_logged(&app, &coalition, "json").await);
}

#[test]
fn a_request_has_the_id_that_the_server_in_front_gave_it() {
    run_in_coalition(async |app, _| {
        let program = Program::start(app.database(), "json");
        let (head, _) = program.ask("GET", "/healthz", &[("X-Request-Id", "7c-front.1")], "");
        assert!(head.contains("\r\nx-request-id: 7c-front.1"), "{head}");
        let (head, _) = program.ask("GET", "/healthz", &[("X-Request-Id", "two words")], "");
        assert!(
            !head.contains("two words") && head.contains("\r\nx-request-id: "),
            "{head}"
        );
        let log = program.end();
        let lines: Vec<Value> = log
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("JSON, not {line}")))
            .collect();
        let answered = lines
            .iter()
            .find(|line| line["fields"]["request"] == "7c-front.1");
        let fields = &answered.unwrap_or_else(|| panic!("{log}"))["fields"];
        assert_eq!(
            (&fields["path"], &fields["status"]),
            (&json!("/healthz"), &json!(200))
        );
        assert!(!log.contains("two words"), "{log}");

        // Where nobody is in front, what a stranger sends is no id.
        let answer = app
            .anonymous()
            .get("/healthz")
            .header("X-Request-Id", "mine")
            .send()
            .await
            .expect(200);
        assert_ne!(answer.header("x-request-id"), Some("mine"));
    });
}

#[test]
fn a_database_address_that_does_not_work_keeps_its_password() {
    for url in [
        "postgres://cairn:canary-4711@127.0.0.1:1/cairn",
        "postgres://cairn:canary%4711@127.0.0.1:1/cairn",
        "postgres://cairn:canary/4711@127.0.0.1:1/cairn",
        "postgres://cairn:canary@4711@127.0.0.1:1/cairn",
        "postgres://cairn:canary?4711@127.0.0.1:1/cairn",
        "postgres://cairn@127.0.0.1:1/cairn?password=canary-4711",
        "postgres://cairn@127.0.0.1:1/cairn?password=canary%4711",
        "postgres://127.0.0.1:1/cairn?user=cairn&password=canary-4711&x=1",
        "postgre://cairn:canary-4711@127.0.0.1:1/cairn",
        "cairn:canary-4711@127.0.0.1/cairn",
    ] {
        for command in ["serve", "check", "migrate"] {
            let output = Command::new(PROGRAM)
                .args([command, "--log", "trace"])
                .env("DATABASE_URL", url)
                .output()
                .expect("it runs");
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(!output.status.success() && !said.is_empty(), "{url}");
            assert!(
                !said.contains("4711") && !said.contains("canary"),
                "{command} {url}: {said}"
            );
        }
    }
}
