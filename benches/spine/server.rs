//! The real program as a child process, ended when it is dropped.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;

/// The program that is measured: `cairn` as this build made it, or another.
pub struct Program(pub PathBuf);

/// A running `cairn`, on a free port of 127.0.0.1.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process until it said that it was ready.
    pub ready_after: Duration,
    /// Kept open, because a program that cannot print ends.
    _output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts a command such as `serve` on a database, and waits until it is ready. Its log is written, as it is in
    /// use, but nobody reads it. What the environment says about Cairn is left out.
    pub fn start(&self, command: &str, database: &str) -> Outcome<Server> {
        self.start_with(command, database, &[], &[])
    }

    /// The same with further options, and variables of its environment.
    pub fn start_with(
        &self,
        command: &str,
        database: &str,
        options: &[&str],
        variables: &[(&str, &str)],
    ) -> Outcome<Server> {
        let started = Instant::now();
        let ours = |name: &str| {
            ["CAIRN_", "DATABASE_", "RUST_LOG"]
                .iter()
                .any(|of| name.starts_with(of))
        };
        #[expect(clippy::disallowed_methods, reason = "it is handed on, not read")]
        let environment = std::env::vars_os().filter(|(name, _)| !name.to_str().is_some_and(ours));
        let mut child = Command::new(&self.0)
            .args([command, "--database", database, "--listen", "127.0.0.1:0"])
            .args(options)
            .env_clear()
            .envs(environment)
            // What is measured is not to be refused, unless that is what is measured.
            .env("CAIRN_RATE_LIMIT", "0")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
        let log = child.stderr.take().ok_or("no log")?;
        let reader = std::thread::spawn(move || drain(log));
        let mut line = String::new();
        let address = loop {
            line.clear();
            if output.read_line(&mut line)? == 0 {
                child.wait()?;
                let last = reader.join().unwrap_or_default();
                return Err(format!("cairn {command} did not become ready: {last}").into());
            }
            if let Some((_, rest)) = line.split_once("ready at http://") {
                let address = rest.split([',', ' ', '\n']).next().unwrap_or_default();
                break address.parse()?;
            }
        };
        Ok(Server {
            child,
            address,
            ready_after: started.elapsed(),
            _output: output,
        })
    }
}

impl Server {
    /// The id of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, by a signal that it cannot see.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended by itself; whether it did so in time, and well.
    pub fn ends_well_within(&mut self, time: Duration) -> bool {
        let started = Instant::now();
        while started.elapsed() < time {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Err(_) => return false,
            }
        }
        false
    }

    /// Resident memory in bytes, where the system tells it (Linux).
    pub fn resident_memory(&self) -> Option<u64> {
        memory(self.child.id(), "VmRSS:")
    }
}

/// The most resident memory that a process has had, in bytes, where the system tells it (Linux).
pub fn peak_memory(process: u32) -> Option<u64> {
    memory(process, "VmHWM:")
}

fn memory(process: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

impl Drop for Server {
    fn drop(&mut self) {
        // Without mercy: what was acknowledged must be there all the same.
        self.kill();
    }
}

/// Reads a log to its end and answers the last of it.
fn drain(mut log: impl Read) -> String {
    let (mut part, mut last) = ([0; 16 * 1024], String::new());
    while let Ok(read @ 1..) = log.read(&mut part) {
        last = String::from_utf8_lossy(&part[..read]).into_owned();
    }
    last
}
