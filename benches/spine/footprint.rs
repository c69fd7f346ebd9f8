//! What the program itself takes: the time until it is ready, memory when nobody asks, and its size on disk.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Outcome;
use crate::http::Client;
use crate::server::Program;
use crate::statistics::{median, megabytes, milliseconds, spread};

const STARTS: usize = 10;

/// Measures starts of `cairn serve` on a database that is there.
pub fn measure(program: &Program, database: &Path) -> Outcome<()> {
    let database = format!("sqlite://{}", database.display());
    let (mut ready, mut answered, mut memory, mut ratios) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let version = say_version(program)?;
        let started = Instant::now();
        let server = program.start("serve", &database)?;
        Client::connect(server.address, "")?.ask("GET", "/healthz", &Value::Null)?;
        answered.push(milliseconds(started.elapsed()));
        ready.push(milliseconds(server.ready_after));
        ratios.push(server.ready_after.as_secs_f64() / version.as_secs_f64());
        std::thread::sleep(Duration::from_millis(300));
        memory.extend(server.resident_memory());
    }
    println!("\nThe program");
    println!(
        "from start to ready          {:>8.1} ms, to `cairn --version` {}",
        median(&ready),
        spread(&ratios)
    );
    println!("from start to first answer   {:>8.1} ms", median(&answered));
    if !memory.is_empty() {
        println!(
            "resident memory, idle        {:>8.1} MB",
            megabytes(median(&memory))
        );
    }
    println!(
        "size of the program          {:>8.1} MB",
        megabytes(std::fs::metadata(&program.0)?.len())
    );
    Ok(())
}

/// How long the least takes that the program can do.
fn say_version(program: &Program) -> Outcome<Duration> {
    let started = Instant::now();
    let status = Command::new(&program.0)
        .arg("--version")
        .env_clear()
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        Ok(started.elapsed())
    } else {
        Err("cairn --version failed".into())
    }
}
