//! Answers over many observations in one coalition: how long they take and how that grows, against the same question to
//! the observations by hand; and how many a second there are.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::Outcome;
use crate::coalition::found_with;
use crate::hand::Hand;
use crate::http::Client;
use crate::ingest::import;
use crate::rate::{Asked, rate};
use crate::server::Program;
use crate::statistics::{median, milliseconds, quantile, spread};

const MEASURES: u32 = 100;
const YEARS: u32 = 20;
const FIRST_YEAR: u32 = 2001;
/// The headline and the codes of one dimension.
const CELLS: [&str; 5] = ["", "a", "b", "c", "d"];
const REGIONS: u32 = 10;
/// Clients that ask at once.
const CLIENTS: usize = 16;
/// Over HTTP and by hand in turn, so often.
const TURNS: usize = 10;

const ONE_MEASURE: &str = "/v1/coalitions/teens-thrive/aggregates?measure=M001";
/// JSON takes no byte order mark.
const REFUSED: &str = "/v1/coalitions/teens-thrive/aggregates?bom=true";

/// A question: its name, its query, the same by hand, and how often it is asked in a turn.
struct Question {
    name: &'static str,
    query: &'static str,
    /// What it is grouped by, and from where it is taken.
    by_hand: [&'static str; 2],
    times: usize,
}

const QUESTIONS: [Question; 5] = [
    Question {
        name: "one measure",
        query: "measure=M001",
        by_hand: [
            "period",
            "observations WHERE coalition_id = 1 AND measure_id = {measure} AND cell_id = 0",
        ],
        times: 20,
    },
    Question {
        name: "all measures of a year",
        query: "period=2020",
        by_hand: [
            "measure_id",
            "observations WHERE coalition_id = 1 AND period = {period} AND cell_id = 0",
        ],
        times: 3,
    },
    Question {
        name: "by organization, a year",
        query: "measure=M001&period=2020&by=organization",
        by_hand: [
            "o.code",
            "observations JOIN organizations o ON o.id = organization_id WHERE coalition_id = 1 \
            AND measure_id = {measure} AND period = {period} AND cell_id = 0",
        ],
        times: 20,
    },
    Question {
        name: "by organization, all years",
        query: "measure=M001&by=organization",
        by_hand: [
            "period || ' ' || o.code",
            "observations JOIN organizations o ON o.id = organization_id WHERE coalition_id = 1 \
            AND measure_id = {measure} AND cell_id = 0",
        ],
        times: 3,
    },
    Question {
        name: "by partner attribute",
        query: "measure=M001&by=partner_region",
        by_hand: [
            "period || p.attributes",
            "observations b JOIN partners p ON p.coalition_id = b.coalition_id \
            AND p.organization_id = b.organization_id WHERE b.coalition_id = 1 AND measure_id = {measure} \
            AND cell_id = 0",
        ],
        times: 5,
    },
];

/// Asks a coalition of a tenth of the observations, then one of all of them, each in a database of its own.
pub fn measure(
    program: &Program,
    name: &str,
    databases: [&str; 2],
    folder: &Path,
    observations: u32,
) -> Outcome<()> {
    let mut smaller: Option<Vec<f64>> = None;
    for (database, observations) in databases.into_iter().zip([observations / 10, observations]) {
        let organizations = (observations / (MEASURES * YEARS * CELLS.len() as u32)).max(1);
        let rows = organizations * MEASURES * YEARS * CELLS.len() as u32;
        fill(program, database, folder, organizations)?;
        let server = program.start("serve", database)?;
        let token = crate::coalition::token(server.address, "riverside-library")?;
        println!("\n{rows} observations of {organizations} organizations, {name}");
        println!(
            "                              p50 ms   p99 ms   by hand p50   by hand to it            to a tenth"
        );
        let mut hand = Hand::open(database, "M001")?;
        let mut medians = Vec::new();
        for (place, question) in QUESTIONS.iter().enumerate() {
            let (asked, by_hand, ratios) = compare(question, server.address, &token, &mut hand)?;
            let middle = milliseconds(quantile(&asked, 0.5));
            let growth = smaller.as_ref().map(|smaller| middle / smaller[place]);
            println!(
                "{:<27} {middle:>8.2} {:>8.2}   {:>11.2}   {:<24} {}",
                question.name,
                milliseconds(quantile(&asked, 0.99)),
                milliseconds(quantile(&by_hand, 0.5)),
                spread(&ratios),
                growth.map(|growth| format!("{growth:.2}")).unwrap_or_default(),
            );
            medians.push(middle);
        }
        let asked = Asked {
            path: ONE_MEASURE,
            fields: "",
            status: 200,
        };
        let rate = rate(Duration::from_secs(3), CLIENTS, server.address, &token, &asked)?;
        println!("{CLIENTS} clients, one measure       {rate:>8.0} a second");
        compare_kept(server.address, &token)?;
        smaller = Some(medians);
    }
    Ok(())
}

/// Founds the coalition, and imports its figures.
fn fill(program: &Program, database: &str, folder: &Path, organizations: u32) -> Outcome<()> {
    let started = Instant::now();
    let server = program.start("serve", database)?;
    let mut backbone = found_with(server.address, MEASURES, &CELLS[1..])?;
    for number in 1..=organizations {
        let code = organization(number);
        let partner = json!({"new_organization": {"code": code, "name": code}, "role": "partner",
            "member_from": "2000-01-01", "attributes": {"region": format!("region-{}", number % REGIONS)}});
        backbone.ask("POST", "/v1/coalitions/teens-thrive/partners", &partner)?;
    }
    drop(server);
    let path = folder.join("asked.csv");
    let mut file = BufWriter::new(File::create(&path)?);
    writeln!(file, "organization,measure,period,age_group,value")?;
    let (mut line, mut rows) = (String::new(), 0_u32);
    for number in 1..=organizations {
        for (year, measure) in (0..YEARS).flat_map(|year| (1..=MEASURES).map(move |measure| (year, measure)))
        {
            for cell in CELLS {
                rows += 1;
                // The parts come to the headline, as they should.
                let value = if cell.is_empty() { 4_000 } else { 1_000 } + (number + year) % 7;
                line.clear();
                writeln!(
                    line,
                    "{},M{measure:03},{},{cell},{value}",
                    organization(number),
                    FIRST_YEAR + year
                )?;
                file.write_all(line.as_bytes())?;
            }
        }
    }
    file.flush()?;
    import(program, database, &path, &format!("{rows} created"))?;
    std::fs::remove_file(path)?;
    println!("\n(filled in {:.0} s)", started.elapsed().as_secs_f64());
    Ok(())
}

type Compared = (Vec<Duration>, Vec<Duration>, Vec<f64>);

/// Asks over HTTP and by hand in turn; the ratios are those of the medians of each turn, by hand to asked.
fn compare(question: &Question, address: SocketAddr, token: &str, hand: &mut Hand) -> Outcome<Compared> {
    let mut client = Client::connect(address, token)?;
    let path = format!("/v1/coalitions/teens-thrive/aggregates?{}", question.query);
    let (mut asked, mut by_hand, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let over_http = times(question.times, || match client.send("GET", &path, "")? {
            (200, _) => Ok(()),
            (status, answer) => Err(format!("{status} {}", String::from_utf8_lossy(answer)).into()),
        })?;
        let selected = times(question.times.min(3), || hand.select(&question.by_hand))?;
        // The first turn warms both up.
        if turn > 0 {
            let middle = |durations: &[Duration]| milliseconds(quantile(durations, 0.5));
            ratios.push(middle(&selected) / middle(&over_http));
            asked.extend(over_http);
            by_hand.extend(selected);
        }
    }
    Ok((asked, by_hand, ratios))
}

fn times(count: usize, mut work: impl FnMut() -> Outcome<()>) -> Outcome<Vec<Duration>> {
    let once = |_| {
        let started = Instant::now();
        work()?;
        Ok(started.elapsed())
    };
    (0..count).map(once).collect()
}

/// How often it is told that nothing has changed, against requests that end as soon as it is known who asks and which
/// state the coalition is in: those whose parameters are refused.
fn compare_kept(address: SocketAddr, token: &str) -> Outcome<()> {
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let [kept, refused] =
            [(ONE_MEASURE, "If-None-Match: *\r\n", 304), (REFUSED, "", 422)].map(|(path, fields, status)| {
                let asked = Asked { path, fields, status };
                rate(Duration::from_millis(500), CLIENTS, address, token, &asked)
            });
        let (kept, refused) = (kept?, refused?);
        rates.push(kept);
        ratios.push(kept / refused);
    }
    println!(
        "{CLIENTS} clients, not changed       {:>8.0} a second, to one that is refused {}",
        median(&rates),
        spread(&ratios)
    );
    Ok(())
}

fn organization(number: u32) -> String {
    format!("library-{number:05}")
}
