//! Durable submissions of one figure each, at 1, 16 and 64 clients, against the bare database in the same run.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};

use crate::Outcome;
use crate::bare::{self, Bare};
use crate::coalition::{OBSERVATIONS, found};
use crate::http::Client;
use crate::server::Program;
use crate::statistics::{median, megabytes, milliseconds, quantile, spread};

const CLIENTS: [usize; 3] = [1, 16, 64];
/// Rows of a group transaction of the bare database.
const GROUP: usize = 64;
/// Every round measures everything once, and its ratios; printed are their medians.
const ROUNDS: usize = 3;

/// What some clients reached together.
struct Reached {
    rate: f64,
    latencies: Vec<Duration>,
}

/// Measures on two databases, Cairn's and the bare one, each part of a round for some time.
pub fn measure(program: &Program, name: &str, served: &str, bare: &str, time: Duration) -> Outcome<()> {
    let server = program.start("serve", served)?;
    let secret = found(server.address)?;
    let mut bare = Bare::open(bare)?;
    let next = AtomicU64::new(0);
    let (mut loops, mut groups, mut reached) = (Vec::new(), Vec::new(), CLIENTS.map(|_| Vec::new()));
    for _ in 0..ROUNDS {
        loops.push(bare.write_for(time, 1)?);
        for (clients, reached) in CLIENTS.into_iter().zip(&mut reached) {
            reached.push(submit_for(time, clients, server.address, &secret, &next)?);
        }
        groups.push(bare.write_for(time, GROUP)?);
    }
    println!("\nDurable submissions of one figure, {name}");
    println!(
        "                           a second   p50 ms   p99 ms   to the bare loop         to bare groups"
    );
    println!("bare, a transaction each   {:>8.0}", median(&loops));
    println!("bare, groups of {GROUP}         {:>8.0}", median(&groups));
    for (clients, reached) in CLIENTS.iter().zip(&reached) {
        let rates: Vec<f64> = reached.iter().map(|reached| reached.rate).collect();
        let ratios = |bare: &[f64]| -> Vec<f64> { rates.iter().zip(bare).map(|(a, b)| a / b).collect() };
        let latencies: Vec<Duration> = reached
            .iter()
            .flat_map(|reached| reached.latencies.clone())
            .collect();
        println!(
            "Cairn, {clients:>2} clients          {:>8.0} {:>8.2} {:>8.2}   {:<24} {}",
            median(&rates),
            milliseconds(quantile(&latencies, 0.5)),
            milliseconds(quantile(&latencies, 0.99)),
            spread(&ratios(&loops)),
            spread(&ratios(&groups)),
        );
    }
    if let Some(bytes) = server.resident_memory() {
        println!("resident memory after it   {:>8.1} MB", megabytes(bytes));
    }
    drop(server);
    let (acknowledged, kept) = (next.into_inner(), bare::count(served)?);
    if kept.cast_unsigned() != acknowledged {
        return Err(format!("{acknowledged} figures were acknowledged, and {kept} are there").into());
    }
    println!("all {kept} figures are there after the server was killed");
    Ok(())
}

/// Clients that each send the next figure as soon as the last one is acknowledged.
fn submit_for(
    time: Duration,
    clients: usize,
    address: SocketAddr,
    secret: &str,
    next: &AtomicU64,
) -> Outcome<Reached> {
    let together = Barrier::new(clients + 1);
    let submit = || -> Outcome<Vec<Duration>> {
        let connected = Client::connect(address, secret);
        together.wait();
        let (mut client, started, mut latencies) = (connected?, Instant::now(), Vec::new());
        while started.elapsed() < time {
            let body = figure(next.fetch_add(1, Ordering::Relaxed))?;
            let sent = Instant::now();
            let (status, answer) = client.send("POST", OBSERVATIONS, &body)?;
            if status != 201 {
                return Err(format!("{status} {}", String::from_utf8_lossy(answer)).into());
            }
            latencies.push(sent.elapsed());
        }
        Ok(latencies)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(submit)).collect();
        together.wait();
        let started = Instant::now();
        let mut latencies = Vec::new();
        for thread in threads {
            latencies.extend(thread.join().map_err(|_| "a client panicked")??);
        }
        let rate = latencies.len() as f64 / started.elapsed().as_secs_f64();
        Ok(Reached { rate, latencies })
    })
}

/// The figure of a day of its own.
fn figure(number: u64) -> Outcome<String> {
    let first = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default();
    let day = first
        .checked_add_days(Days::new(number))
        .ok_or("there are no more days")?;
    Ok(format!(
        r#"{{"observations":[{{"measure":"VISITS","period":"{day}","value":{}}}]}}"#,
        421 + number
    ))
}
