//! Rounds of load, each ended by a kill: of the service, or of PostgreSQL or one of its processes.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::cluster::Cluster;
use crate::coalition::found;
use crate::faulty_disk::FaultyDisk;
use crate::figures::Figures;
use crate::http::Client;
use crate::journal::Journal;
use crate::load::{Known, Round};
use crate::random::Random;
use crate::server::{Program, Server};
use crate::signal::send_signal;
use crate::witness::Witness;

/// Clients that submit at once; the first sends what is applied later.
pub const CLIENTS: u64 = 12;
/// Days of each.
pub const DAYS_EACH: u64 = 2_500;
/// How long the service may take until it is well again once its database is.
pub const RECOVERY: Duration = Duration::from_secs(5);

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Victim {
    Service,
    Backend,
    Database,
    Power,
}

/// A database under attack.
pub struct Attack<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its database.
    pub database: &'a str,
    /// The server of the database, if there is one to kill.
    pub cluster: Option<&'a mut Cluster>,
    /// The disk that the power is cut of, in place of the service alone.
    pub disk: Option<&'a FaultyDisk>,
    /// A folder for the journal and the spool.
    pub folder: &'a Path,
    /// What varies.
    pub seed: u64,
}

impl Attack<'_> {
    /// So many kills.
    pub fn run(&mut self, kills: u64) -> Outcome<()> {
        let started = Instant::now();
        let journal = Journal::create(&self.folder.join("journal"))?;
        let mut server = self.start(0)?;
        let secret = found(server.address)?;
        let mut random = Random::new(self.seed, CLIENTS);
        let mut clients: Vec<_> = (0..CLIENTS)
            .map(|place| Figures::new(place, DAYS_EACH, self.seed))
            .collect();
        let (mut witness, next) = (Witness::default(), AtomicU64::new(1));
        let (mut refused, mut slowest) = (0, Duration::ZERO);
        for kill in 0..kills {
            let victim = self.victim(kill);
            let is_service = matches!(victim, Victim::Service | Victim::Power);
            let is_over = AtomicBool::new(false);
            let round = Round {
                address: server.address,
                secret: &secret,
                journal: &journal,
                next: &next,
                is_over: &is_over,
            };
            let known = std::thread::scope(|scope| -> Outcome<Vec<Known>> {
                let round = &round;
                let threads: Vec<_> = clients
                    .iter_mut()
                    .enumerate()
                    .map(|(place, figures)| scope.spawn(move || round.submit(figures, place == 0)))
                    .collect();
                std::thread::sleep(Duration::from_millis(60 + random.below(400)));
                let killed = self.kill(victim, &mut server);
                if !is_service {
                    std::thread::sleep(Duration::from_millis(200));
                }
                is_over.store(true, Ordering::Relaxed);
                killed?;
                let mut known = Vec::new();
                for thread in threads {
                    known.push(thread.join().map_err(|_| "a client panicked")??);
                }
                Ok(known)
            })
            .map_err(|error| self.tell(kill, victim, &*error))?;
            refused += known.iter().map(|known| known.refused.len()).sum::<usize>();
            if is_service {
                server = self.start(kill)?;
            }
            slowest = slowest.max(await_ready(server.address)?);
            let mut client = Client::connect(server.address, &secret)?;
            let seen = witness.look(&mut client, &mut clients, known);
            seen.map_err(|error| self.tell(kill, victim, &*error))?;
            self.check().map_err(|error| self.tell(kill, victim, &*error))?;
        }
        let mut client = Client::connect(server.address, &secret)?;
        let values = witness.look_at_history(&mut client, &clients)?;
        println!(
            "{kills} kills in {:.0} s: {} operations applied, none lost, none doubled, none partial; {refused} refused, \
             none of them there; of {} without an answer {} were there, whole; {values} values, past and present, as \
             acknowledged; cairn check clean after each; ready again after at most {:.2} s",
            started.elapsed().as_secs_f64(),
            witness.applied,
            witness.unknown_applied + witness.unknown_lost,
            witness.unknown_applied,
            slowest.as_secs_f64(),
        );
        Ok(())
    }

    fn tell(&self, kill: u64, victim: Victim, error: &dyn std::error::Error) -> String {
        let (kill, seed) = (kill + 1, self.seed);
        format!("after kill {kill} ({victim:?}, seed {seed}): {error}")
    }

    fn victim(&self, kill: u64) -> Victim {
        match (self.cluster.is_some(), kill % 5) {
            _ if self.disk.is_some() => Victim::Power,
            (true, 2) => Victim::Backend,
            (true, 4) => Victim::Database,
            _ => Victim::Service,
        }
    }

    /// Every other time, the power cut after it leaves some of what was not synced.
    fn start(&self, kill: u64) -> Outcome<Server> {
        let spool = self.folder.join("spool").display().to_string();
        let variables = self
            .disk
            .map(|disk| disk.variables(self.folder, kill % 2 == 1))
            .unwrap_or_default();
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.program
            .start_with("serve", self.database, &["--spool", &spool], &variables)
    }

    fn kill(&mut self, victim: Victim, server: &mut Server) -> Outcome<()> {
        match (victim, self.cluster.as_deref_mut()) {
            (Victim::Database, Some(cluster)) => cluster.restart()?,
            (Victim::Backend, Some(cluster)) => {
                // A working one, where there is one: the others come last.
                let backends = cluster.backends()?;
                let victim = backends.first().ok_or("the service has no connection")?;
                send_signal("KILL", *victim)?;
            }
            (Victim::Power, _) => {
                send_signal("USR1", server.process().cast_signed())?;
                server.ends_well_within(Duration::from_secs(10));
            }
            _ => server.kill(),
        }
        Ok(())
    }

    /// `cairn check`, beside the service.
    fn check(&self) -> Outcome<()> {
        let output = Command::new(&self.program.0)
            .args(["check", "--database", self.database, "--log", "warn"])
            .output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(format!(
                "cairn check: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
            .into()),
        }
    }
}

/// Waits until the service says that it is ready; how long that was.
pub fn await_ready(address: SocketAddr) -> Outcome<Duration> {
    let started = Instant::now();
    while started.elapsed() < RECOVERY {
        if matches!(
            Client::connect(address, "")?.send("GET", "/readyz", ""),
            Ok((200, _))
        ) {
            return in_time(started);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    in_time(started)
}

/// How long ago that was, which must be no longer than a recovery may take.
pub fn in_time(started: Instant) -> Outcome<Duration> {
    let time = started.elapsed();
    match time <= RECOVERY {
        true => Ok(time),
        false => Err(format!("the service was not well again after {time:?}").into()),
    }
}
