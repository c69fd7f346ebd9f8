//! A large file, through `cairn import`: new rows, the same again, and all of them corrected; against the same rows put
//! into the bare table in one transaction, by a prepared insert on SQLite and by `COPY` on PostgreSQL.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::Outcome;
use crate::bare::{Bare, Row};
use crate::coalition::found_with;
use crate::server::{Program, peak_memory};
use crate::statistics::megabytes;

const MEASURES: u32 = 100;
const YEARS: u32 = 10;

/// Imports so many rows into a database of Cairn's, and as many into a bare one.
pub fn measure(
    program: &Program,
    name: &str,
    [served, bare]: [&str; 2],
    folder: &Path,
    rows: u32,
) -> Outcome<()> {
    let organizations = (rows / (MEASURES * YEARS)).max(1);
    let rows = organizations * MEASURES * YEARS;
    let server = program.start("serve", served)?;
    let mut backbone = found_with(server.address, MEASURES, &[])?;
    for number in 1..=organizations {
        let code = organization(number);
        let partner = json!({"new_organization": {"code": code, "name": code}, "role": "partner",
            "member_from": "2000-01-01"});
        backbone.ask("POST", "/v1/coalitions/teens-thrive/partners", &partner)?;
    }
    let idle = server.resident_memory().unwrap_or_default();
    drop(server);

    let [first, corrected] = ["first.csv", "corrected.csv"].map(|name| folder.join(name));
    std::fs::write(&first, table(organizations, 0)?)?;
    std::fs::write(&corrected, table(organizations, 1)?)?;
    let mut bare = Bare::open(bare)?;
    let started = Instant::now();
    let by_hand: Vec<Row> = (0..rows).map(row).collect();
    let made = started.elapsed();
    let started = Instant::now();
    bare.load(&by_hand)?;
    let bare_time = started.elapsed();
    drop(by_hand);
    let rate = |time: Duration| f64::from(rows) / time.as_secs_f64();
    println!("\nA file of {rows} rows, {name}");
    println!("                           a second   to the bare table   most memory over idle");
    println!(
        "bare, {:<21}{:>8.0}   (its rows were made before, in {:.1} s)",
        bare.how(),
        rate(bare_time),
        made.as_secs_f64()
    );
    for (what, file, count) in [
        ("new rows", &first, "created"),
        ("unchanged rows", &first, "unchanged"),
        ("corrected rows", &corrected, "updated"),
    ] {
        let (time, memory) = import(program, served, file, &format!("{rows} {count}"))?;
        println!(
            "Cairn, {what:<20}{:>8.0}   {:<17.2}   {:.0} MB",
            rate(time),
            bare_time.as_secs_f64() / time.as_secs_f64(),
            megabytes(memory.saturating_sub(idle)),
        );
    }
    Ok(())
}

/// Runs an import whose summary must hold these words; answers how long it took and the most memory it had.
pub fn import(program: &Program, database: &str, file: &Path, words: &str) -> Outcome<(Duration, u64)> {
    let started = Instant::now();
    let mut child = Command::new(&program.0)
        .args([
            "import",
            "--coalition",
            "teens-thrive",
            "--organization",
            "riverside-library",
        ])
        .args(["--database", database])
        .arg(file)
        .env_clear()
        .stdout(Stdio::piped())
        .spawn()?;
    let mut memory = 0;
    while child.try_wait()?.is_none() {
        memory = peak_memory(child.id()).unwrap_or_default().max(memory);
        std::thread::sleep(Duration::from_millis(10));
    }
    let time = started.elapsed();
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && said.contains(words) {
        Ok((time, memory))
    } else {
        Err(format!("the import said: {said}").into())
    }
}

fn organization(number: u32) -> String {
    format!("library-{number:05}")
}

/// The figures in the order of organizations, years and measures; a correction adds to each value.
fn table(organizations: u32, correction: u32) -> Outcome<String> {
    let mut text = String::from("organization,measure,period,value\n");
    for number in 0..organizations * MEASURES * YEARS {
        let (organization_number, measure, year) = place(number);
        let (code, value) = (
            organization(organization_number),
            value(number) + i64::from(correction),
        );
        writeln!(text, "{code},M{measure:03},{year},{value}")?;
    }
    Ok(text)
}

fn row(number: u32) -> Row {
    let (organization, measure, year) = place(number);
    Row {
        measure: measure.cast_signed(),
        period: year.cast_signed(),
        organization: organization.cast_signed(),
        value: value(number),
    }
}

/// Organization, measure and year of a row.
fn place(number: u32) -> (u32, u32, u32) {
    (
        number / (MEASURES * YEARS) + 1,
        number % MEASURES + 1,
        2001 + number / MEASURES % YEARS,
    )
}

fn value(number: u32) -> i64 {
    i64::from(number.wrapping_mul(2_654_435_761) % 1_000_000)
}
