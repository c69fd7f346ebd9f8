//! Real figures: what libraries reported over the years goes in through `cairn import` and comes out as it was, byte
//! for byte, with all that is odd about it. Where the files come from: `SOURCE.md` beside them.
//!
//! The larger set is tried in part; `scripts/real-data` tries the whole of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::{Reader, StringRecord};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::support::{Client, Template, TestApp, cairn, import, run_on};

const COALITION: &str = "libraries";
const HEADER: &str = "organization,measure,period,value,missing,estimated\n";

/// What was published, in the words of Cairn.
struct Set {
    measures: Vec<Value>,
    /// Name and state, by code.
    organizations: BTreeMap<String, (String, String)>,
    /// Lines as below [`HEADER`], in the order of the source.
    lines: Vec<String>,
}

fn open(name: &str) -> Reader<Box<dyn Read>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    let file = BufReader::new(std::fs::File::open(path).expect("the file"));
    if name.ends_with(".gz") {
        Reader::from_reader(Box::new(BufReader::new(GzDecoder::new(file))))
    } else {
        Reader::from_reader(Box::new(file))
    }
}

fn records(name: &str) -> impl Iterator<Item = StringRecord> {
    open(name).into_records().map(|record| record.expect("a record"))
}

/// A measure as it is published in a coalition; `text` is its file.
fn measures(text: &str, frequency: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).expect("the measures");
    let list = file["measures"].as_array().expect("a list").iter();
    list.map(|measure| {
        // What is counted at the end of a year does not add up over the years.
        let accumulation = if measure["kind"] == "count" {
            "stock"
        } else {
            "flow"
        };
        json!({"code": measure["code"], "name": measure["name"], "definition": measure["definition"],
            "unit": measure["unit"], "decimals": measure["decimals"], "direction": measure["direction"],
            "kind": "number", "aggregation": "sum", "accumulation": accumulation, "frequency": frequency,
            "disclosure": "open"})
    })
    .collect()
}

/// A line of a submission from what the source says of a figure.
fn line(organization: &str, measure: &str, period: &str, value: &str, status: &str) -> String {
    let missing = match status {
        "missing" | "suppressed" => "not_available",
        "not_applicable" | "closed_or_not_applicable" => "not_applicable",
        _ => "",
    };
    assert_eq!(missing.is_empty(), !value.is_empty(), "{status}");
    let estimated = status == "imputed";
    format!("{organization},{measure},{period},{value},{missing},{estimated}\n")
}

/// Names as codes, where the source has no codes.
fn code(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

fn connecticut() -> Set {
    let organizations: BTreeMap<_, _> = records("connecticut-libraries/organizations.csv")
        .map(|record| (code(&record[0]), (record[0].to_owned(), "CT".to_owned())))
        .collect();
    assert_eq!(organizations.len(), 193);
    let lines = records("connecticut-libraries/observations.csv").map(|record| {
        let period = format!("FY{}", &record[2]);
        line(&code(&record[0]), &record[1], &period, &record[3], &record[4])
    });
    let text = include_str!("../data/connecticut-libraries/measures.json");
    let mut measures = measures(text, "fiscal_year");
    // One library reported half a loan, which a measure in whole loans would refuse.
    let circulation = measures
        .iter_mut()
        .find(|measure| measure["code"] == "CIRCULATION");
    circulation.expect("loans")["decimals"] = json!(1);
    Set {
        measures,
        organizations,
        lines: lines.collect(),
    }
}

/// Some of the library systems and their outlets, by their codes, which begin with the state's.
fn systems(is_chosen: impl Fn(&str) -> bool) -> Set {
    let organizations: BTreeMap<_, _> = records("us-library-systems/organizations.csv.gz")
        .filter(|record| is_chosen(&record[0]))
        .map(|record| (record[0].to_owned(), (record[1].to_owned(), record[4].to_owned())))
        .collect();
    let lines = records("us-library-systems/observations.csv.gz")
        .filter(|record| organizations.contains_key(&record[0]))
        .map(|record| line(&record[0], &record[1], &record[2], &record[3], &record[4]))
        .collect();
    let text = include_str!("../data/us-library-systems/measures.json");
    Set {
        measures: measures(text, "year"),
        organizations,
        lines,
    }
}

/// Makes a coalition for them, brings all of them in, and answers their backbone.
async fn found(app: &TestApp, set: &Set) -> Client {
    let backbone = app.organization("state-library").await;
    let coalition = json!({"code": COALITION, "name": "Libraries", "purpose": "To be found again",
        "fiscal_year_start_month": 7});
    backbone
        .post("/v1/coalitions", coalition)
        .send()
        .await
        .expect(201);
    for measure in &set.measures {
        let path = format!("/v1/coalitions/{COALITION}/measures");
        backbone.post(&path, measure.clone()).send().await.expect(201);
    }
    for (code, (name, state)) in &set.organizations {
        let partner = json!({"new_organization": {"code": code, "name": name}, "role": "partner",
            "attributes": {"state": state}});
        let path = format!("/v1/coalitions/{COALITION}/partners");
        backbone.post(&path, partner).send().await.expect(201);
    }
    backbone
}

/// Runs `cairn import` on a file of that text; its summary has to hold these words.
fn bring_in(app: &TestApp, text: &[u8], words: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("figures.csv");
    std::fs::write(&file, text).expect("a file");
    let output = import(app.database(), [COALITION, "state-library"], &file, &[]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains(words), "{output:?}");
}

async fn assert_figures(backbone: &Client, set: &Set) -> Vec<u8> {
    let file = backbone
        .download(&format!("/v1/coalitions/{COALITION}/observations?format=csv"))
        .await;
    let mut reader = Reader::from_reader(file.as_slice());
    let columns = HEADER.trim_end().split(',').map(|name| {
        let mut header = reader.headers().expect("a header").iter();
        header.position(|column| column == name).expect("a column")
    });
    let columns: Vec<usize> = columns.collect();
    let mut found: Vec<String> = Vec::with_capacity(set.lines.len());
    for record in reader.into_records() {
        let record = record.expect("a record");
        let fields: Vec<&str> = columns.iter().map(|column| &record[*column]).collect();
        found.push(fields.join(",") + "\n");
    }
    let mut expected: Vec<&String> = set.lines.iter().collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
    file
}

async fn assert_names(backbone: &Client, set: &Set) {
    let mut path = format!("/v1/coalitions/{COALITION}/partners?format=csv&limit=1000");
    let mut names = BTreeMap::new();
    loop {
        let page = backbone.get(&path).send().await.expect(200);
        for record in Reader::from_reader(page.body.as_slice()).into_records() {
            let record = record.expect("a record");
            names.insert(record[0].to_owned(), record[1].to_owned());
        }
        let Some(link) = page.header("link") else { break };
        let (next, _) = link[1..].split_once('>').expect("a link");
        next.clone_into(&mut path);
    }
    names.remove("state-library").expect("the backbone");
    assert_eq!(names.len(), set.organizations.len());
    for ((code, name), (expected, (stands_for, _))) in names.iter().zip(&set.organizations) {
        assert_eq!((code, name), (expected, stands_for));
    }
}

/// In hundredths, as all decimals here have two places at most.
fn hundredths(value: &str) -> i128 {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    format!("{whole}{fraction:0<2}").parse().expect("a number")
}

/// The sums over all organizations, added up here.
async fn assert_sums(backbone: &Client, set: &Set) {
    let mut sums: BTreeMap<(String, String), (i128, u64)> = BTreeMap::new();
    for line in &set.lines {
        let fields: Vec<&str> = line.split(',').collect();
        if let [_, measure, period, value, ..] = fields.as_slice()
            && !value.is_empty()
        {
            let sum = sums.entry(((*measure).into(), (*period).into())).or_default();
            *sum = (sum.0 + hundredths(value), sum.1 + 1);
        }
    }
    let path = format!("/v1/coalitions/{COALITION}/aggregates?format=csv");
    let answer = backbone.get(&path).send().await.expect(200);
    let mut reader = Reader::from_reader(answer.body.as_slice());
    let header = reader.headers().expect("a header").clone();
    let mut found = BTreeMap::new();
    for record in reader.records() {
        let record = record.expect("a record");
        let field = |name| &record[header.iter().position(|column| column == name).expect("a column")];
        if !field("value").is_empty() {
            let sum = (
                hundredths(field("value")),
                field("contributors").parse().expect("a count"),
            );
            found.insert((field("measure").to_owned(), field("period").to_owned()), sum);
        }
    }
    assert_eq!(found, sums);
}

fn comes_back(set: &Set) {
    run_on(&Template::migrated(), async |app| {
        let backbone = found(&app, set).await;
        let mut text = HEADER.to_owned();
        for line in &set.lines {
            write!(text, "{line}").expect("a line");
        }
        let count = set.lines.len();
        bring_in(&app, text.as_bytes(), &format!("{count} rows: {count} created"));
        let output = cairn(app.database(), &["check"]);
        assert!(output.status.success(), "{output:?}");
        let file = assert_figures(&backbone, set).await;
        assert_names(&backbone, set).await;
        assert_sums(&backbone, set).await;
        let again = format!("{count} rows: 0 created, 0 updated, {count} unchanged");
        bring_in(&app, &file, &again);
    });
}

#[test]
fn what_libraries_in_connecticut_reported_comes_back() {
    let set = connecticut();
    assert_eq!(set.lines.len(), 49_968);
    comes_back(&set);
}

#[test]
fn what_library_systems_reported_comes_back() {
    let set = systems(|code| ["NY07", "PR", "WI"].iter().any(|start| code.starts_with(start)));
    let has = |part: &str| set.lines.iter().any(|line| line.contains(part));
    assert!(has("NY0778,TOTINCM,2015,289745002,,false"));
    assert!(has(",not_available,") && has(",not_applicable,") && has(",0,,false") && has(",true"));
    let names = set.organizations.values().map(|(name, _)| name);
    for odd in ['\'', '’', 'É', ','] {
        assert!(names.clone().any(|name| name.contains(odd)), "no name with {odd}");
    }
    let distinct: BTreeSet<_> = names.collect();
    assert!(distinct.len() < set.organizations.len());
    comes_back(&set);
}

#[test]
#[ignore = "takes minutes without optimization: scripts/real-data runs it"]
fn what_all_library_systems_reported_comes_back() {
    let set = systems(|_| true);
    assert_eq!((set.lines.len(), set.organizations.len()), (982_335, 27_963));
    comes_back(&set);
}
