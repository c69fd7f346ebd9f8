//! Every statement that the suite sends to a table of coalitions says which coalition: by its value, or by joining it to
//! one that does. The few that cannot are listed here, with why.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

use crate::support::database::is_postgres;
use crate::support::{Coalition, run};

static SENT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

struct Recorder;

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let text = text.split(" -- binds").next().unwrap_or_default().to_owned();
            SENT.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
        }
    }
}

/// The tables that `deploy/citus.sql` distributes.
fn distributed() -> impl Iterator<Item = &'static str> {
    include_str!("../../deploy/citus.sql")
        .lines()
        .filter_map(|line| line.strip_prefix("SELECT create_distributed_table('"))
        .filter_map(|rest| rest.split('\'').next())
}

/// Whether a statement reads or writes a table.
fn concerns(statement: &str, table: &str) -> bool {
    ["FROM ", "JOIN ", "UPDATE ", "INTO ", "FROM (", "JOIN ("]
        .iter()
        .any(|word| statement.contains(&format!("{word}\"{table}\"")))
}

fn names_the_coalition(statement: &str, table: &str) -> bool {
    let column = format!("\"{table}\".\"coalition_id\"");
    let inserts = format!("INSERT INTO \"{table}\" (\"coalition_id\"");
    statement.contains(&format!("{column} = "))
        || statement.contains(&format!("= {column}"))
        || statement.contains(&inserts)
}

/// Statements across coalitions: who follows a share link is known by its secret alone; what a service had not ended
/// when it stopped is looked for by its spool.
const ACROSS: [(&str, &str); 2] = [
    ("share_links", "\"share_links\".\"secret_hash\" = "),
    ("imports", "\"imports\".\"spool\" = "),
];

#[test]
fn every_statement_names_its_coalition() {
    // Only what PostgreSQL keeps is ever spread.
    if !is_postgres() {
        return;
    }
    set_default_instrumentation(|| Some(Box::new(Recorder))).unwrap();
    run(async |app| {
        let coalition = Coalition::build(&app, "teens-thrive", "riverside").await;
        for path in [
            "",
            "/goals",
            "/measures",
            "/dimensions",
            "/partners",
            "/activities",
            "/overview",
            "/observations",
            "/completeness",
            "/aggregates?measure=VISITS",
            "/submissions",
        ] {
            coalition
                .backbone
                .get(&coalition.path(path))
                .send()
                .await
                .expect(200);
        }
    });
    let sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut checked, mut wrong) = (0, Vec::new());
    // Other tests compare whole tables in this process.
    for statement in sent.iter().filter(|sent| !sent.starts_with("SELECT t::text")) {
        for table in distributed().filter(|table| concerns(statement, table)) {
            checked += 1;
            let is_across = ACROSS
                .iter()
                .any(|(name, by)| *name == table && statement.contains(by));
            if !is_across && !names_the_coalition(statement, table) {
                wrong.push(format!("{table}: {statement}"));
            }
        }
    }
    assert!(checked > 40, "only {checked} statements were checked");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
