//! Signing in under attack: floods, guesses, and what the time of an answer gives away.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::program::Running;
use crate::support::{Answer, PASSWORD, Template, TestApp, run};

async fn sign_in(app: &TestApp, from: &str, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    let request = app.anonymous().post("/v1/sessions", body);
    request.at_address(from).send().await
}

#[test]
fn guesses_wait_ever_longer_and_nobody_else_does() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let guess = async |from: &str, password: &str| sign_in(&app, from, ana.email(), password).await;
        assert_eq!(guess("192.0.2.7", PASSWORD).await.status, 200);
        for _ in 0..6 {
            guess("198.51.100.1", "a wrong password").await.expect(401);
        }
        // What is not looked at is not told either: the right password gets the same answer.
        let waiting = guess("198.51.100.1", PASSWORD).await.expect(429);
        assert_eq!(waiting.code(), "too_many_attempts");
        assert_eq!(waiting.header("retry-after"), Some("1"));
        assert!(waiting.text().contains("wait a second"), "{}", waiting.text());
        // Neither where she has signed in before, nor anywhere else.
        guess("192.0.2.7", PASSWORD).await.expect(200);
        guess("203.0.113.9", PASSWORD).await.expect(200);
        app.advance(1);
        guess("198.51.100.1", "a wrong password").await.expect(401);
        let waiting = guess("198.51.100.1", "a wrong password").await.expect(429);
        assert_eq!(waiting.header("retry-after"), Some("2"));
        app.advance(2);
        guess("198.51.100.1", PASSWORD).await.expect(200);
        guess("198.51.100.1", "a wrong password").await.expect(401);
    });
}

#[test]
fn guesses_at_an_unknown_account_look_the_same() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let mut answers = Vec::new();
        for (email, from) in [
            (ana.email(), "192.0.2.1"),
            ("nobody@riverside.example", "192.0.2.2"),
        ] {
            let mut texts = Vec::new();
            for _ in 0..8 {
                let answer = sign_in(&app, from, email, "a wrong password").await;
                let wait = answer.header("retry-after").map(str::to_owned);
                texts.push((answer.status, wait, answer.text()));
            }
            answers.push(texts);
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0][7].0, 429);
    });
}

#[test]
fn every_way_to_try_a_password_is_counted() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let admin = json!({"email": ana.email(), "name": "Ana", "password": "quiet-meadow-lantern-92"});
        let register = json!({"code": "club", "name": "Club", "admin": admin});
        for status in [401, 401, 401, 401, 401, 401, 429] {
            let request = app.anonymous().post("/v1/organizations", register.clone());
            request.at_address("192.0.2.1").send().await.expect(status);
        }
        sign_in(&app, "192.0.2.1", ana.email(), PASSWORD)
            .await
            .expect(429);

        let invitation = json!({"email": ana.email(), "role": "viewer"});
        let club = app.organization("school").await;
        let request = club.post("/v1/organization/invitations", invitation);
        let token = request.send().await.expect(201).json()["token"].clone();
        let accept = json!({"token": token, "password": "quiet-meadow-lantern-92"});
        for status in [401, 401, 401, 401, 401, 401, 429] {
            let request = app.anonymous().post("/v1/invitations/accept", accept.clone());
            request.at_address("192.0.2.2").send().await.expect(status);
        }
        let change = json!({"password": "quiet-meadow-lantern-92", "current_password": "a wrong password"});
        for status in [422, 422, 422, 422, 422, 422, 429] {
            let request = ana.patch("/v1/account", change.clone());
            request.at_address("192.0.2.3").send().await.expect(status);
        }
    });
}

#[test]
fn an_address_that_tries_many_accounts_waits() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        sign_in(&app, "192.0.2.1", ana.email(), PASSWORD)
            .await
            .expect(200);
        let mut tried = 0;
        loop {
            let email = format!("person-{tried}@elsewhere.example");
            match sign_in(&app, "192.0.2.1", &email, "a wrong password")
                .await
                .status
            {
                401 => tried += 1,
                429 => break,
                other => panic!("{other}"),
            }
        }
        assert_eq!(tried, 51);
        // Ana works in the same house.
        sign_in(&app, "192.0.2.1", ana.email(), PASSWORD)
            .await
            .expect(200);
    });
}

/// The middle of how long a wrong password takes, in microseconds.
async fn middle(app: &TestApp, email: &str, rounds: usize, network: u8) -> u128 {
    let mut times = Vec::new();
    for round in 0..rounds {
        let from = format!("10.{network}.0.{round}");
        let began = Instant::now();
        sign_in(app, &from, email, "a wrong password").await.expect(401);
        times.push(began.elapsed().as_micros());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
fn an_unknown_account_takes_as_long_as_a_known_one() {
    run(async |app| {
        let ana = app.organization("riverside").await;
        let mut seen = Vec::new();
        // A difference in kind would be tenfold; a busy machine may disturb one round, not three.
        for network in 0..3 {
            let known = middle(&app, ana.email(), 15, network).await;
            let unknown = middle(&app, "nobody@riverside.example", 15, 100 + network).await;
            seen.push((known, unknown));
            if known < 2 * unknown && unknown < 2 * known {
                return;
            }
        }
        panic!("known and unknown, in microseconds: {seen:?}");
    });
}

/// Sends one request on a connection of its own; answers the whole answer.
fn exchange(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: cairn\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn status(answer: &str) -> u16 {
    let word = answer.split(' ').nth(1).expect("a status");
    word.parse().expect("a status")
}

fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}

fn read_time(address: SocketAddr, token: &str) -> Duration {
    let mut times: Vec<Duration> = (0..40)
        .map(|_| {
            let began = Instant::now();
            let headers = format!("Authorization: Bearer {token}\r\n");
            assert_eq!(
                status(&exchange(address, "GET", "/v1/account", &headers, "")),
                200
            );
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// The most memory that a process has had, in KiB.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// What the clients of the flood, which run on the same machine, may themselves take of the time of a read.
const CLIENTS_OWN: Duration = Duration::from_millis(10);

/// What came of the sign-ins of a flood.
#[derive(Default)]
struct Tally {
    refused: AtomicUsize,
    busy: AtomicUsize,
    other: AtomicUsize,
}

/// Signs in from everywhere at once, as an unknown person, while the work is done.
fn under_a_flood<T>(address: SocketAddr, tally: &Tally, work: impl FnOnce() -> T) -> T {
    const CLIENTS: u8 = 90;
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let is_over = &is_over;
            scope.spawn(move || {
                for round in 0..250_u8 {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    let headers = format!("X-Forwarded-For: 198.51.{client}.{round}\r\n");
                    let body =
                        json!({"email": "nobody@b.example", "password": "a wrong password"}).to_string();
                    let answer = exchange(address, "POST", "/v1/sessions", &headers, &body);
                    let is_busy = status(&answer) == 503 && answer.to_lowercase().contains("retry-after: 1");
                    match status(&answer) {
                        401 => &tally.refused,
                        _ if is_busy => &tally.busy,
                        _ => &tally.other,
                    }
                    .fetch_add(1, Ordering::Relaxed);
                    if is_busy {
                        std::thread::sleep(Duration::from_millis(200));
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(300));
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        done
    })
}

#[test]
fn a_flood_takes_neither_the_memory_nor_the_time_of_readers() {
    let database = Template::migrated().copy();
    let spool = database.spool();
    let options = [
        "--spool",
        spool.to_str().expect("a path"),
        "--trusted-proxies",
        "127.0.0.1",
    ];
    let (running, lines) = Running::start("serve", &database, &options, |lines| !lines.is_empty());
    let address: SocketAddr = lines[0]
        .rsplit_once('/')
        .expect("an address")
        .1
        .parse()
        .expect("an address");
    let admin = json!({"email": "ana@b.example", "name": "Ana", "password": PASSWORD});
    let new = json!({"code": "riverside", "name": "Riverside", "admin": admin}).to_string();
    assert_eq!(
        status(&exchange(address, "POST", "/v1/organizations", "", &new)),
        201
    );
    let credentials = json!({"email": "ana@b.example", "password": PASSWORD}).to_string();
    let session = body(&exchange(address, "POST", "/v1/sessions", "", &credentials));
    let token = session["access_token"].as_str().expect("a token");

    let before = peak(running.id());
    let tally = Tally::default();
    let mut rounds = Vec::new();
    for _ in 0..4 {
        let calm = read_time(address, token);
        let flooded = under_a_flood(address, &tally, || read_time(address, token));
        rounds.push((calm, flooded));
        if flooded <= 2 * calm + CLIENTS_OWN {
            break;
        }
    }
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    let (refused, busy, other) = (count(&tally.refused), count(&tally.busy), count(&tally.other));
    let after = peak(running.id());
    println!(
        "sign-ins refused {refused}, turned away {busy}; a read calm and flooded {rounds:?}; peak memory before {before:?} \
         and after {after:?} KiB"
    );
    assert_eq!(other, 0, "only 401, and 503 with Retry-After");
    assert!(refused > 0 && busy > 0, "{refused} refused, {busy} turned away");
    if let (Some(before), Some(after)) = (before, after) {
        let hashing = std::thread::available_parallelism().map_or(1, usize::from) as u64 * 19 * 1024;
        assert!(
            after < before + hashing + 64 * 1024,
            "{before} KiB, then {after} KiB"
        );
    }
    let (calm, flooded) = rounds[rounds.len() - 1];
    assert!(
        flooded <= 2 * calm + CLIENTS_OWN,
        "a read calm and flooded: {rounds:?}"
    );
}
