//! How many requests of one kind some clients get answered together.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::http::Client;

/// A request, and the status of every answer to it.
pub struct Asked {
    pub path: &'static str,
    /// Fields of its head besides the usual ones.
    pub fields: &'static str,
    pub status: u16,
}

/// How many answers a second some clients get together.
pub fn rate(time: Duration, clients: usize, address: SocketAddr, token: &str, asked: &Asked) -> Outcome<f64> {
    let together = Barrier::new(clients + 1);
    let ask = || -> Outcome<u64> {
        let connected = Client::connect(address, token);
        together.wait();
        let (mut client, started, mut answers) = (connected?.with(asked.fields), Instant::now(), 0);
        while started.elapsed() < time {
            match client.send("GET", asked.path, "")? {
                (status, _) if status == asked.status => answers += 1,
                (status, answer) => {
                    return Err(format!("{status} {}", String::from_utf8_lossy(answer)).into());
                }
            }
        }
        Ok(answers)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(ask)).collect();
        together.wait();
        let started = Instant::now();
        let mut answers = 0;
        for thread in threads {
            answers += thread.join().map_err(|_| "a client panicked")??;
        }
        Ok(answers as f64 / started.elapsed().as_secs_f64())
    })
}
