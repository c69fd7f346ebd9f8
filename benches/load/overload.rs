//! More than the service can do: what is still answered, and how soon the rest is refused.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::Outcome;
use crate::coalition::{bring_partners, found};
use crate::crowd::{Habits, ask, fill};
use crate::server::Program;

const CROWDS: [usize; 4] = [4, 16, 32, 64];
const ORGANIZATIONS: usize = 8;
/// More clients than may wait, so that some are refused.
const MORE_THAN_WAIT: usize = 320;

/// Measures the peak, and five times as many clients, and more than may wait, who wait as they are told, or do not.
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
    let mut peak = (0.0, 0);
    for clients in CROWDS {
        let served = ask(server.address, &keys(clients), habits)?;
        print_line(&format!("{clients}"), &served, None);
        if served.goodput() > peak.0 {
            peak = (served.goodput(), clients);
        }
    }
    for clients in BTreeSet::from([peak.1 * 5, MORE_THAN_WAIT]) {
        for (name, is_patient) in [("patient", true), ("impatient", false)] {
            let habits = Habits { is_patient, ..habits };
            let served = ask(server.address, &keys(clients), habits)?;
            print_line(
                &format!("{clients}, {name}"),
                &served,
                Some(served.goodput() / peak.0),
            );
        }
    }
    Ok(())
}

fn print_line(name: &str, served: &crate::crowd::Served, ratio: Option<f64>) {
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
