//! Clients that ask at once, each on a connection of its own: half of what they send are submissions of one figure, half
//! are questions.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use tokio::task::JoinSet;

use crate::Outcome;
use crate::coalition::OBSERVATIONS;
use crate::connection::Connection;
use crate::http::Client;
use crate::statistics::{milliseconds, quantile};

/// A month of one measure, in which nothing changes while it is asked about.
const QUESTION: &str = "/v1/coalitions/teens-thrive/aggregates?measure=VISITS&period=1900-01-01..1900-01-31";
/// The month's days.
const ASKED: u64 = 31;

/// What a crowd does.
#[derive(Clone, Copy)]
pub struct Habits {
    /// How long each waits between an answer and its next request.
    pub pause: Duration,
    /// Whether it waits as long as it is told to when it is refused.
    pub is_patient: bool,
    /// For how long they ask.
    pub time: Duration,
}

/// What a crowd got.
#[derive(Default)]
pub struct Served {
    /// The times of answers with what was asked for.
    pub answered: Vec<Duration>,
    /// Those of refusals (429 or 503, with `Retry-After`).
    pub refused: Vec<Duration>,
    /// Requests that were not answered: connections that broke.
    pub broken: usize,
    time: Duration,
}

impl Served {
    /// Answers with what was asked for, a second.
    pub fn goodput(&self) -> f64 {
        self.answered.len() as f64 / self.time.as_secs_f64()
    }

    /// The time, in milliseconds, that a share of the answers did not exceed.
    pub fn answered_within(&self, share: f64) -> f64 {
        milliseconds(quantile(&self.answered, share))
    }

    /// The same of refusals.
    pub fn refused_within(&self, share: f64) -> f64 {
        milliseconds(quantile(&self.refused, share))
    }
}

/// Asks with these keys, a client each, all on one thread.
pub fn ask(address: SocketAddr, keys: &[String], habits: Habits) -> Outcome<Served> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let started = Instant::now();
        let mut clients = JoinSet::new();
        for key in keys {
            clients.spawn(ask_one(address, key.clone(), habits, started));
        }
        let mut all = Served::default();
        while let Some(client) = clients.join_next().await {
            let served = client??;
            all.answered.extend(served.answered);
            all.refused.extend(served.refused);
            all.broken += served.broken;
        }
        all.time = started.elapsed();
        Ok(all)
    })
}

async fn ask_one(address: SocketAddr, key: String, habits: Habits, started: Instant) -> Outcome<Served> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut served = Served::default();
    let mut connection = Connection::open(address, &key).await?;
    while started.elapsed() < habits.time {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        let status = match number % 2 {
            0 => {
                let figure = figure(number / 2)?;
                connection.send("POST", OBSERVATIONS, &figure).await
            }
            _ => connection.send("GET", QUESTION, "").await,
        };
        match status {
            Ok(200 | 201) => served.answered.push(sent.elapsed()),
            Ok(429 | 503) => {
                served.refused.push(sent.elapsed());
                let told = connection
                    .field("retry-after")
                    .ok_or("a refusal without Retry-After")?;
                if habits.is_patient {
                    let left = habits.time.saturating_sub(started.elapsed());
                    tokio::time::sleep(Duration::from_secs(told.parse()?).min(left)).await;
                }
            }
            Ok(status) => return Err(format!("{status}").into()),
            Err(_) => {
                served.broken += 1;
                connection = Connection::open(address, &key).await?;
                continue;
            }
        }
        if !habits.pause.is_zero() {
            tokio::time::sleep(habits.pause).await;
        }
    }
    Ok(served)
}

/// Reports the month that is asked about.
pub fn fill(address: SocketAddr, keys: &[String]) -> Outcome<()> {
    for key in keys {
        let mut client = Client::connect(address, key)?;
        for day in 0..ASKED {
            match client.send("POST", OBSERVATIONS, &figure_of(day, 421)?)? {
                (201, _) => {}
                (status, _) => return Err(format!("{status}").into()),
            }
        }
    }
    Ok(())
}

/// A figure of one of some thousand other days.
fn figure(number: u64) -> Outcome<String> {
    figure_of(ASKED + number % 5_000, 100_000 + number)
}

fn figure_of(day: u64, value: u64) -> Outcome<String> {
    let first = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default();
    let day = first
        .checked_add_days(Days::new(day))
        .ok_or("there are no more days")?;
    Ok(format!(
        r#"{{"observations":[{{"measure":"VISITS","period":"{day}","value":{value}}}]}}"#
    ))
}
