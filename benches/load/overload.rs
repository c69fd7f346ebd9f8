//! More than the service can do: what is still answered, and how soon the rest is refused.

use std::net::SocketAddr;
use std::time::Duration;

use crate::Outcome;
use crate::coalition::{bring_partners, found};
use crate::crowd::{Habits, Served, ask, fill};
use crate::server::Program;

const CROWDS: [usize; 5] = [4, 16, 32, 64, 128];
const ORGANIZATIONS: usize = 8;
/// So much of the peak is as good as all of it: those who come then come on top.
const NEARLY: f64 = 0.9;
/// More clients than may wait, so that some are refused; and no more connections than are taken.
const MORE_THAN_WAIT: [usize; 2] = [320, 1_000];

/// Measures the peak, and then five times as many clients as bring it about, and more than may wait, who wait as they are
/// told, or do not.
pub fn measure(program: &Program, database: &str, time: Duration) -> Outcome<()> {
    let server = program.start("serve", database)?;
    found(server.address)?;
    let keys = bring_partners(server.address, ORGANIZATIONS)?;
    fill(server.address, &keys)?;
    let keys = |count: usize| -> Vec<String> { keys.iter().cycle().take(count).cloned().collect() };
    let habits = Habits {
        pause: Duration::ZERO,
        is_patient: true,
        time,
    };
    println!("\nOverload: half submissions, half questions, of {ORGANIZATIONS} organizations");
    println!("clients                answered a second   p50 ms   p99 ms   refused   p99 ms   to the peak");
    let mut reached = Vec::new();
    for clients in CROWDS {
        let served = ask_all(server.address, &keys(clients), habits)?;
        print_line(&format!("{clients}"), &served, None);
        reached.push((clients, served.goodput()));
    }
    let peak = reached.iter().map(|(_, goodput)| *goodput).fold(0.0, f64::max);
    let enough = reached.iter().find(|(_, goodput)| *goodput >= NEARLY * peak);
    let five_times = enough.map(|(clients, _)| clients * 5);
    for clients in five_times.into_iter().chain(MORE_THAN_WAIT) {
        for (name, is_patient) in [("patient", true), ("impatient", false)] {
            let habits = Habits { is_patient, ..habits };
            let served = ask_all(server.address, &keys(clients), habits)?;
            print_line(
                &format!("{clients}, {name}"),
                &served,
                Some(served.goodput() / peak),
            );
        }
    }
    Ok(())
}

/// Asks; every request must be answered, if only with a refusal.
fn ask_all(address: SocketAddr, keys: &[String], habits: Habits) -> Outcome<Served> {
    let served = ask(address, keys, habits)?;
    match served.broken {
        0 => Ok(served),
        broken => Err(format!("{broken} connections broke").into()),
    }
}

fn print_line(name: &str, served: &Served, ratio: Option<f64>) {
    println!(
        "{name:<22} {:>17.0} {:>8.1} {:>8.1} {:>9} {:>8.1}   {}",
        served.goodput(),
        served.answered_within(0.5),
        served.answered_within(0.99),
        served.refused.len(),
        served.refused_within(0.99),
        ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default()
    );
}
