//! Clients that send or read slowly, on purpose: what the others notice, and how long the slow ones are kept.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::coalition::{OBSERVATIONS, bring_partners, found};
use crate::crowd::{Habits, ask, fill};
use crate::server::Program;

const QUIET: usize = 8;
/// Slow connections of a kind.
const SLOW: usize = 300;

/// How one is slow.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// It never ends the head of its request.
    Head,
    /// It never ends the body, which may be 16 MB long.
    Body,
    /// It asks for much, and reads a byte at a time.
    Reader,
}

/// Measures honest clients alone, and beside the slow ones.
pub fn measure(program: &Program, database: &str, time: Duration) -> Outcome<()> {
    let server = program.start("serve", database)?;
    let key = found(server.address)?;
    let quiet = bring_partners(server.address, QUIET)?;
    fill(server.address, &quiet)?;
    let habits = Habits {
        pause: Duration::from_millis(5),
        is_patient: true,
        time,
    };
    println!("\nSlow clients: {SLOW} connections of each kind, beside {QUIET} honest ones");
    println!(
        "kind       answered a second   p50 ms   p99 ms   goodput to alone   of the slow ones, closed by then"
    );
    let alone = ask(server.address, &quiet, habits)?;
    println!(
        "alone    {:>19.0} {:>8.1} {:>8.1}",
        alone.goodput(),
        alone.answered_within(0.5),
        alone.answered_within(0.99)
    );
    for kind in [Kind::Head, Kind::Body, Kind::Reader] {
        let is_over = AtomicBool::new(false);
        let (beside, closed) = std::thread::scope(|scope| -> Outcome<_> {
            let dawdle = scope.spawn(|| dawdle(kind, server.address, &key, &is_over));
            std::thread::sleep(Duration::from_millis(500));
            let beside = ask(server.address, &quiet, habits);
            is_over.store(true, Ordering::Relaxed);
            Ok((beside?, dawdle.join().map_err(|_| "a slow client panicked")??))
        })?;
        if beside.broken + beside.refused.len() > 0 {
            return Err("honest clients were refused for the slow ones".into());
        }
        println!(
            "{:<8} {:>19.0} {:>8.1} {:>8.1} {:>18.2}   {closed} of {SLOW}",
            format!("{kind:?}").to_lowercase(),
            beside.goodput(),
            beside.answered_within(0.5),
            beside.answered_within(0.99),
            beside.goodput() / alone.goodput()
        );
    }
    Ok(())
}

/// Keeps slow connections going, a byte on each now and then; answers how many the service had closed at the end.
fn dawdle(kind: Kind, address: SocketAddr, key: &str, is_over: &AtomicBool) -> Outcome<usize> {
    let mut streams = Vec::new();
    for _ in 0..SLOW {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(beginning(kind, key).as_bytes())?;
        stream.set_nonblocking(true)?;
        streams.push(stream);
    }
    let mut closed = vec![false; streams.len()];
    let mut next = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(50));
        if next.elapsed() < Duration::from_secs(1) {
            continue;
        }
        next = Instant::now();
        for (stream, closed) in streams.iter_mut().zip(&mut closed) {
            let done = match kind {
                Kind::Reader => stream.read(&mut [0]).map(|read| read > 0),
                Kind::Head => stream.write(b"X-Slow: 1\r\n").map(|_| true),
                Kind::Body => stream.write(b" ").map(|_| true),
            };
            *closed |= match done {
                Ok(goes_on) => !goes_on,
                Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
            };
        }
    }
    Ok(closed.into_iter().filter(|closed| *closed).count())
}

fn beginning(kind: Kind, key: &str) -> String {
    let authorization = format!("Host: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n");
    match kind {
        Kind::Head => "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n".into(),
        Kind::Body => format!(
            "POST {OBSERVATIONS} HTTP/1.1\r\n{authorization}Content-Type: application/json\r\nContent-Length: 16000000\r\n\r\n{{"
        ),
        Kind::Reader => format!("GET /openapi.yaml HTTP/1.1\r\n{authorization}\r\n"),
    }
}
