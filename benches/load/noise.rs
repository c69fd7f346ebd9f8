//! One organization that asks as much as it can, and what the others notice.

use std::time::Duration;

use crate::Outcome;
use crate::coalition::{bring_partners, found};
use crate::crowd::{Habits, Served, ask, fill};
use crate::server::Program;
use crate::statistics::spread;

const QUIET: usize = 8;
const NOISY: usize = 64;
/// Alone and with the noise in turn, so often.
const TURNS: usize = 3;

/// Measures the others alone and beside the noise, with the usual limit and with none.
pub fn measure(program: &Program, database: &str, time: Duration) -> Outcome<()> {
    println!(
        "\nNoise: {QUIET} organizations with a client each, and {NOISY} clients of one more, who never wait"
    );
    println!(
        "limit      alone: p50   p99 ms   beside it: p50   p99 ms   p99 to p99 alone         the noise: answered, refused a second, within (p99 ms)"
    );
    let mut secrets = None;
    for (name, limit) in [("usual", "100"), ("none", "0")] {
        let server = program.start_with("serve", database, &[], &[("CAIRN_RATE_LIMIT", limit)])?;
        if secrets.is_none() {
            let noisy = found(server.address)?;
            let quiet = bring_partners(server.address, QUIET)?;
            fill(server.address, &quiet)?;
            secrets = Some((quiet, vec![noisy; NOISY]));
        }
        let Some((quiet, noisy)) = &secrets else { continue };
        let gentle = Habits {
            pause: Duration::from_millis(20),
            is_patient: true,
            time,
        };
        let greedy = Habits {
            pause: Duration::ZERO,
            is_patient: false,
            time,
        };
        let (mut ratios, mut alone, mut beside, mut noise) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            let by_itself = ask(server.address, quiet, gentle)?;
            let (together, loud) = std::thread::scope(|scope| -> Outcome<(Served, Served)> {
                let loud = scope.spawn(|| ask(server.address, noisy, greedy));
                let together = ask(server.address, quiet, gentle)?;
                Ok((together, loud.join().map_err(|_| "the noise panicked")??))
            })?;
            if together.broken + together.refused.len() > 0 {
                return Err("the others were refused for the noise".into());
            }
            ratios.push(together.answered_within(0.99) / by_itself.answered_within(0.99));
            alone.push(by_itself);
            beside.push(together);
            noise.push(loud);
        }
        let middle = |served: &[Served], of: fn(&Served, f64) -> f64, share: f64| {
            let all: Vec<f64> = served.iter().map(|served| of(served, share)).collect();
            crate::statistics::median(&all)
        };
        let seconds = time.as_secs_f64() * TURNS as f64;
        let answered: usize = noise.iter().map(|served| served.answered.len()).sum();
        let refused: usize = noise.iter().map(|served| served.refused.len()).sum();
        println!(
            "{name:<8} {:>12.1} {:>8.1} {:>16.1} {:>8.1}   {:<24} {:.0}, {:.0}, {:.1}",
            middle(&alone, Served::answered_within, 0.5),
            middle(&alone, Served::answered_within, 0.99),
            middle(&beside, Served::answered_within, 0.5),
            middle(&beside, Served::answered_within, 0.99),
            spread(&ratios),
            answered as f64 / seconds,
            refused as f64 / seconds,
            middle(&noise, Served::refused_within, 0.99),
        );
    }
    Ok(())
}
