//! Faults that pass: a disk that is full or broken for a while, a database that somebody else holds, PostgreSQL that
//! stalls or is started again. Until it is over, writes are refused or of unknown outcome, in bounded time; afterwards
//! the service works again, by itself and soon; and nothing was acknowledged that is not there.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::Outcome;
use crate::cluster::Cluster;
use crate::coalition::found;
use crate::faulty_disk::FaultyDisk;
use crate::figures::Figures;
use crate::http::Client;
use crate::journal::Journal;
use crate::load::{Known, Round};
use crate::operation::Answer;
use crate::rounds::{CLIENTS, DAYS_EACH, RECOVERY, in_time};
use crate::server::{Program, Server};
use crate::signal::send_signal;
use crate::witness::Witness;

/// No answer may take longer, whatever the database does.
const BOUND: Duration = Duration::from_secs(45);

/// A service, its database and what it knows.
struct Patient<'a> {
    server: Server,
    secret: String,
    journal: &'a Journal,
    next: AtomicU64,
    clients: Vec<Figures>,
    probe: Figures,
    witness: Witness,
}

/// Each fault of SQLite, for so long.
pub fn on_sqlite(program: &Program, folder: &Path, time: Duration, seed: u64) -> Outcome<()> {
    let journal = Journal::create(&folder.join("journal"))?;
    for is_broken in [false, true] {
        let mut disk = FaultyDisk::build(folder)?;
        disk.is_broken = is_broken;
        let files = folder.join(if is_broken { "broken" } else { "full" });
        std::fs::create_dir(&files)?;
        let database = format!("sqlite://{}/faulty.db", files.display());
        let variables = disk.variables(&files, false);
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let server = program.start_with("serve", &database, &[], &variables)?;
        let mut patient = Patient::of(server, &journal, seed)?;
        let process = patient.server.process().cast_signed();
        let name = if is_broken { "disk I/O error" } else { "disk full" };
        patient.suffer(name, time, || {
            send_signal("USR2", process)?;
            std::thread::sleep(time);
            send_signal("USR2", process)
        })?;
    }
    let path = folder.join("busy.db");
    let server = program.start("serve", &format!("sqlite://{}", path.display()))?;
    let mut patient = Patient::of(server, &journal, seed)?;
    patient.suffer("write lock held by another process", time, || {
        let path = path.to_str().ok_or("the path is not UTF-8")?;
        let mut other = SqliteConnection::establish(path)?;
        take_write_lock(&mut other)?;
        std::thread::sleep(time);
        Ok(other.batch_execute("ROLLBACK")?)
    })
}

/// Each fault of PostgreSQL, for so long.
pub fn on_postgres(
    program: &Program,
    cluster: &mut Cluster,
    folder: &Path,
    time: Duration,
    seed: u64,
) -> Outcome<()> {
    let journal = Journal::create(&folder.join("journal"))?;
    let spool = folder.join("spool").display().to_string();
    let server = program.start_with("serve", &cluster.service_url(), &["--spool", &spool], &[])?;
    let mut patient = Patient::of(server, &journal, seed)?;
    patient.suffer("PostgreSQL stalled", time, || stall(&cluster.backends()?, time))?;
    patient.suffer("PostgreSQL stalled, and takes no connections", time, || {
        let mut processes = cluster.backends()?;
        processes.push(cluster.process()?);
        stall(&processes, time)
    })?;
    patient.suffer("PostgreSQL down, and started again", time, || {
        cluster.kill();
        std::thread::sleep(time);
        cluster.restart()
    })
}

/// Takes the write lock in one of the short gaps that a service under load leaves. SQLite hands the lock to whoever asks
/// when it is free, and its own waiting (`busy_timeout`) asks at ever longer intervals.
fn take_write_lock(other: &mut SqliteConnection) -> Outcome<()> {
    let started = Instant::now();
    while let Err(error) = other.batch_execute("BEGIN IMMEDIATE") {
        if started.elapsed() > BOUND {
            return Err(format!("the write lock was never free: {error}").into());
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    Ok(())
}

/// Stops processes, and has them go on after that time.
fn stall(processes: &[i32], time: Duration) -> Outcome<()> {
    for process in processes {
        send_signal("STOP", *process)?;
    }
    std::thread::sleep(time);
    // One may have ended meanwhile.
    for process in processes {
        let _ = send_signal("CONT", *process);
    }
    Ok(())
}

impl<'a> Patient<'a> {
    fn of(server: Server, journal: &'a Journal, seed: u64) -> Outcome<Self> {
        let secret = found(server.address)?;
        Ok(Self {
            server,
            secret,
            journal,
            next: AtomicU64::new(1),
            clients: (0..CLIENTS)
                .map(|place| Figures::new(place, DAYS_EACH, seed))
                .collect(),
            probe: Figures::new(CLIENTS, DAYS_EACH, seed),
            witness: Witness::default(),
        })
    }

    /// Load, with a fault in the middle of it.
    fn suffer(&mut self, name: &str, time: Duration, fault: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
        let is_over = AtomicBool::new(false);
        let round = Round {
            address: self.server.address,
            secret: &self.secret,
            journal: self.journal,
            next: &self.next,
            is_over: &is_over,
        };
        let (clients, probe) = (&mut self.clients, &mut self.probe);
        let (known, probed, recovery) = std::thread::scope(|scope| -> Outcome<_> {
            let round = &round;
            let threads: Vec<_> = clients
                .iter_mut()
                .map(|figures| scope.spawn(move || round.submit(figures, false)))
                .collect();
            std::thread::sleep(Duration::from_millis(300));
            let suffered = fault();
            let recovered = suffered.and_then(|()| recover(round, probe));
            is_over.store(true, Ordering::Relaxed);
            let mut known = Vec::new();
            for thread in threads {
                known.push(thread.join().map_err(|_| "a client panicked")??);
            }
            let (probed, recovery) = recovered?;
            Ok((known, probed, recovery))
        })
        .map_err(|error| format!("{name}: {error}"))?;
        let slowest = known.iter().map(|known| known.slowest).max().unwrap_or_default();
        let refused: usize = known.iter().map(|known| known.refused.len()).sum();
        let unknown = known.iter().filter(|known| known.unknown.is_some()).count();
        if refused + unknown == 0 && time > Duration::from_secs(11) {
            return Err(format!("{name}: nobody noticed").into());
        }
        if slowest > BOUND {
            return Err(format!("{name}: an answer took {slowest:?}").into());
        }
        let mut all: Vec<Figures> = self.clients.drain(..).collect();
        all.push(std::mem::replace(
            &mut self.probe,
            Figures::new(CLIENTS, DAYS_EACH, 0),
        ));
        let known = known.into_iter().chain([probed]).collect();
        let mut client = Client::connect(self.server.address, &self.secret)?;
        let seen = self.witness.look(&mut client, &mut all, known);
        seen.map_err(|error| format!("{name}: {error}"))?;
        self.probe = all.pop().ok_or("no probe")?;
        self.clients = all;
        println!(
            "{name} for {:.0} s: {refused} refused with 503 and Retry-After, none of them there; {unknown} of unknown \
             outcome, whole or not there; slowest answer {:.1} s; written again {:.2} s after its end",
            time.as_secs_f64(),
            slowest.as_secs_f64(),
            recovery.as_secs_f64()
        );
        Ok(())
    }
}

/// Submits until one is acknowledged; how long that took.
fn recover(round: &Round<'_>, probe: &mut Figures) -> Outcome<(Known, Duration)> {
    let (started, mut known) = (Instant::now(), Known::default());
    while started.elapsed() < RECOVERY {
        let operation = probe.next(round.next.fetch_add(1, Ordering::Relaxed));
        let mut client = Client::connect(round.address, round.secret)?;
        match operation.send(&mut client)? {
            Answer::Acknowledged { submission, .. } => {
                probe.apply(&operation);
                known.acknowledged.push((operation, submission));
                return Ok((known, in_time(started)?));
            }
            Answer::Refused => known.refused.push(operation),
            Answer::Unknown => return Err("an outcome was unknown after the end of the fault".into()),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(format!("nothing could be written {RECOVERY:?} after its end").into())
}
