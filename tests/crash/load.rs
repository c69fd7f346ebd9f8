//! The load: clients that submit until the service is gone, or until they are told to stop.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::figures::Figures;
use crate::http::Client;
use crate::journal::Journal;
use crate::operation::{Answer, Operation};

/// Rows of an operation that is applied later.
const LARGE: u64 = 2_000;
/// So many of them at most in one round.
const LARGE_ONES: usize = 2;

/// Where and with what the clients of a round submit.
pub struct Round<'r> {
    /// The service.
    pub address: SocketAddr,
    /// Their key.
    pub secret: &'r str,
    /// The journal.
    pub journal: &'r Journal,
    /// The next operation's number.
    pub next: &'r AtomicU64,
    /// Whether they are to stop.
    pub is_over: &'r AtomicBool,
}

/// What one client knows after a round.
#[derive(Default)]
pub struct Known {
    /// What was acknowledged, with the ids of the submissions, in order.
    pub acknowledged: Vec<(Operation, String)>,
    /// What was refused.
    pub refused: Vec<Operation>,
    /// What nobody knows of, if there is one: after it the client sends nothing more.
    pub unknown: Option<Operation>,
    /// How long the slowest answer took.
    pub slowest: Duration,
}

impl Round<'_> {
    /// Submits until the end of the round.
    pub fn submit(&self, figures: &mut Figures, is_importer: bool) -> Outcome<Known> {
        let mut known = Known::default();
        let Ok(mut client) = Client::connect(self.address, self.secret) else {
            return Ok(known);
        };
        while !self.is_over.load(Ordering::Relaxed) {
            let id = self.next.fetch_add(1, Ordering::Relaxed);
            let is_large = is_importer && known.acknowledged.len() < LARGE_ONES;
            let operation = match (is_importer, is_large) {
                (_, true) => figures.next_import(id, LARGE),
                (true, false) => {
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                }
                (false, false) => figures.next(id),
            };
            self.journal
                .write(&format!("sent {id} {:?}", operation.rows.first()))?;
            let started = Instant::now();
            let answer = operation.send(&mut client)?;
            known.slowest = known.slowest.max(started.elapsed());
            match answer {
                Answer::Acknowledged {
                    submission,
                    is_again,
                    counts,
                } => {
                    if is_again || counts.is_some_and(|counts| counts != figures.counts(&operation)) {
                        let source = operation.source();
                        return Err(format!("{source}: replayed {is_again}, receipt {counts:?}").into());
                    }
                    self.journal.write(&format!("acknowledged {id} {submission}"))?;
                    figures.apply(&operation);
                    known.acknowledged.push((operation, submission));
                }
                Answer::Refused => {
                    self.journal.write(&format!("refused {id}"))?;
                    known.refused.push(operation);
                    std::thread::sleep(Duration::from_millis(50));
                }
                Answer::Unknown => {
                    self.journal.write(&format!("unknown {id}"))?;
                    known.unknown = Some(operation);
                    return Ok(known);
                }
            }
        }
        Ok(known)
    }
}
