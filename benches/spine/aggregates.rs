//! How long an aggregate takes at the demo's size, over HTTP by one client, against the statements it stands on, run by
//! hand on the same file.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::prelude::*;

use crate::Outcome;
use crate::bare::open_file;
use crate::coalition::sign_in;
use crate::server::Program;
use crate::statistics::{milliseconds, quantile, spread};
use crate::tables::{coverage, measures, observations, partners, rollup};

const MEASURE: &str = "PROGRAMS";
/// Questions: a name, and what follows the measure in the query.
const QUESTIONS: [(&str, &str); 3] = [
    ("all years", ""),
    ("by=age_group", "&by=age_group"),
    ("by=partner_region", "&by=partner_region"),
];
/// Over HTTP and by hand in turn, so many times each, so often.
const TURNS: usize = 10;
const TIMES: usize = 50;

/// Measures on the demo's database, which it makes first.
pub fn measure(program: &Program, database: &Path) -> Outcome<()> {
    let loading = Instant::now();
    let server = program.start("demo", &format!("sqlite://{}", database.display()))?;
    println!("\nOne measure of the demo, over all years");
    println!(
        "(the demo was loaded in {:.1} s)",
        loading.elapsed().as_secs_f64()
    );
    println!("                     p50 ms   p99 ms   by hand p50   to by hand");
    let (email, password) = ("demo@national-library-network.example", "stones-mark-the-way");
    let mut client = sign_in(server.address, email, password)?;
    let mut hand = Hand::open(database)?;
    for (name, rest) in QUESTIONS {
        let path = format!("/v1/coalitions/us-public-libraries/aggregates?measure={MEASURE}{rest}");
        let (mut asked, mut by_hand, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            let over_http = time(|| match client.send("GET", &path, "")? {
                (200, _) => Ok(()),
                (status, answer) => Err(format!("{status} {}", String::from_utf8_lossy(answer)).into()),
            })?;
            let selected = time(|| hand.select(rest))?;
            ratios.push(middle(&over_http) / middle(&selected));
            asked.extend(over_http);
            by_hand.extend(selected);
        }
        println!(
            "{name:<18} {:>8.2} {:>8.2}   {:>11.3}   {}",
            middle(&asked),
            milliseconds(quantile(&asked, 0.99)),
            middle(&by_hand),
            spread(&ratios)
        );
    }
    Ok(())
}

fn time(mut work: impl FnMut() -> Outcome<()>) -> Outcome<Vec<Duration>> {
    let once = |_| {
        let started = Instant::now();
        work()?;
        Ok(started.elapsed())
    };
    (0..TIMES).map(once).collect()
}

fn middle(durations: &[Duration]) -> f64 {
    milliseconds(quantile(durations, 0.5))
}

type Total = (i32, i32, i32, i32, i64, i64, i32, i32);
type Partner = (i32, i32, String, Option<String>, Option<String>, String);

/// One connection, and the measure's keys.
struct Hand {
    connection: SqliteConnection,
    coalition: i32,
    measure: i32,
}

impl Hand {
    fn open(database: &Path) -> Outcome<Self> {
        let mut connection = open_file(database)?;
        let (coalition, measure) = measures::table
            .filter(measures::code.eq(MEASURE))
            .select((measures::coalition_id, measures::id))
            .first(&mut connection)?;
        Ok(Self {
            connection,
            coalition,
            measure,
        })
    }

    /// The rows that the answer is made of: totals and coverage, or for partners' attributes the observations; and
    /// the partners.
    fn select(&mut self, rest: &str) -> Outcome<()> {
        let (c, coalition, measure) = (&mut self.connection, self.coalition, self.measure);
        if rest.contains("partner_") {
            let rows: Vec<(i32, i32, i32, Option<i64>, i16)> = observations::table
                .filter(observations::coalition_id.eq(coalition))
                .filter(observations::measure_id.eq(measure))
                .select((
                    observations::organization_id,
                    observations::period,
                    observations::cell_id,
                    observations::value,
                    observations::flags,
                ))
                .load(c)?;
            std::hint::black_box(rows);
        } else {
            let totals = rollup::table
                .filter(rollup::coalition_id.eq(coalition))
                .filter(rollup::measure_id.eq(measure));
            let rows: Vec<Total> = match rest {
                "" => totals.filter(rollup::cell_id.eq(0)).load(c)?,
                _ => totals.load(c)?,
            };
            let answered: Vec<(i32, i32, i32, i32, i32, i32, i32)> = coverage::table
                .filter(coverage::coalition_id.eq(coalition))
                .filter(coverage::measure_id.eq(measure))
                .load(c)?;
            std::hint::black_box((rows, answered));
        }
        let members: Vec<Partner> = partners::table
            .filter(partners::coalition_id.eq(coalition))
            .load(c)?;
        std::hint::black_box(members);
        Ok(())
    }
}
