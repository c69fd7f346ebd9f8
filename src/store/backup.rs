//! Copies of a SQLite database, taken while it is in use, and what a copy is worth. PostgreSQL has its own programs for
//! both.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connection::Connection;
use super::schema::imports;
use super::transaction::Context;
use super::{System, migrations, recompute, sqlite};
use crate::error::{Error, Result};

/// What was found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is whole, and made by this program or an earlier one.
    Sound,
    /// It is a database, and not one of Cairn's.
    NotCairns,
    /// A later program made it: one of its migrations is not known here.
    Newer(String),
    /// It is damaged, or its totals are not what its observations make; each in a sentence, the first ones of them.
    Faulty(Vec<String>),
}

/// Faults that are told.
const TOLD: usize = 20;

/// Writes the database as it is at one moment, whatever is written to it meanwhile, into a file that is there and empty.
/// The copy is not yet on disk for certain.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let to = to
        .to_str()
        .ok_or_else(|| Error::internal("the path is not UTF-8"))?;
    let mut connection = open(from)?;
    connection.batch_execute(&format!("VACUUM INTO '{}'", to.replace('\'', "''")))?;
    Ok(())
}

/// Looks at a copy: whether the file is whole, its references hold and, where it has the tables of this program, all
/// totals are what the observations make.
pub fn examine(file: &Path) -> Result<Condition> {
    let mut connection = match open(file) {
        Err(Error::Database(_)) => return Ok(Condition::NotCairns),
        opened => opened?,
    };
    let Ok(mut faults) = texts(&mut connection, "PRAGMA integrity_check") else {
        return Ok(Condition::NotCairns);
    };
    faults.retain(|fault| fault != "ok");
    if !faults.is_empty() {
        faults.truncate(TOLD);
        return Ok(Condition::Faulty(faults));
    }
    let done = migrations::done(&mut connection);
    if done.is_empty() {
        return Ok(Condition::NotCairns);
    }
    let known = migrations::known(&connection)?;
    if let Some(later) = done.iter().find(|version| !known.contains(version)) {
        return Ok(Condition::Newer(later.clone()));
    }
    faults = texts(
        &mut connection,
        "SELECT 'a row of ' || \"table\" || ' refers to one of ' || parent || ' that is not there' \
         FROM pragma_foreign_key_check",
    )?;
    if known.iter().all(|version| done.contains(version)) {
        faults.extend(differences(&mut connection)?);
    }
    faults.truncate(TOLD);
    Ok(match faults.is_empty() {
        true => Condition::Sound,
        false => Condition::Faulty(faults),
    })
}

/// Gives the imports that a copy still has to apply to a spool, so that the service which starts on it takes them up.
/// Answers how many there are.
pub fn hand_over_imports(file: &Path, spool: &str) -> Result<usize> {
    let mut connection = open(file)?;
    let done = migrations::done(&mut connection);
    if migrations::known(&connection)?
        .iter()
        .any(|version| !done.contains(version))
    {
        // Made by an earlier program, which may have had no imports.
        return Ok(0);
    }
    Ok(diesel::update(imports::table)
        .filter(imports::state.eq("pending"))
        .set(imports::spool.eq(spool))
        .execute(&mut connection)?)
}

fn differences(connection: &mut Connection) -> Result<Vec<String>> {
    let context = Context::default();
    let mut tx = System::new(connection, &context);
    let mut differences = Vec::new();
    for coalition in recompute::coalitions(&mut tx)? {
        let report = recompute::check(&mut tx, coalition)?;
        let told = report
            .differences
            .iter()
            .map(|one| format!("{} {one}", report.coalition));
        differences.extend(told);
    }
    Ok(differences)
}

/// A connection that leaves the way in which the file is written as it is.
fn open(file: &Path) -> Result<Connection> {
    let mut connection = sqlite::establish(file).map_err(Error::internal)?;
    connection
        .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY")?;
    Ok(Connection::Sqlite(connection))
}

fn texts(connection: &mut Connection, query: &str) -> Result<Vec<String>> {
    let Connection::Sqlite(connection) = connection else {
        return Err(Error::internal("only files are looked at"));
    };
    Ok(diesel::dsl::sql::<Text>(query).load(connection)?)
}
