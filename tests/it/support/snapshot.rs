//! Everything a database holds, to show that a request changed nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Database;
use super::database::TestConnection;

/// Every row of every table.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<String, BTreeSet<String>>);

impl Snapshot {
    pub fn take(database: &Database) -> Self {
        Watch::over(database).snapshot()
    }

    /// Panics, naming the rows, unless the other one is the same.
    #[track_caller]
    pub fn assert_same(&self, later: &Self, after: &str) {
        let changes = self.changes(later);
        assert!(
            changes.is_empty(),
            "{after} changed the database:\n{}",
            changes.join("\n")
        );
    }

    /// The rows that went (`-`) and came (`+`).
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        for (table, before) in &self.0 {
            let after = later.0.get(table).cloned().unwrap_or_default();
            changes.extend(before.difference(&after).map(|row| format!("{table} - {row}")));
            changes.extend(after.difference(before).map(|row| format!("{table} + {row}")));
        }
        changes
    }

    /// The rows of a table.
    pub fn table(&self, name: &str) -> &BTreeSet<String> {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("there is no table {name}"))
    }
}

/// The names of the tables.
pub fn tables(connection: &mut TestConnection) -> Vec<String> {
    connection.texts(match connection {
        TestConnection::Sqlite(_) => {
            "SELECT name AS text FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        }
        TestConnection::Postgres(_) => {
            "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        }
    })
}

/// The columns of a table, in their order.
pub fn columns(connection: &mut TestConnection, table: &str) -> Vec<String> {
    let query = match connection {
        TestConnection::Sqlite(_) => {
            format!("SELECT name AS text FROM pragma_table_info('{table}') ORDER BY cid")
        }
        TestConnection::Postgres(_) => format!(
            "SELECT column_name::text AS text FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
        ),
    };
    connection.texts(&query)
}

/// Takes snapshots of one database again and again.
pub struct Watch {
    connection: TestConnection,
    /// Of each table, the query for its rows.
    queries: Vec<(String, String)>,
}

impl Watch {
    pub fn over(database: &Database) -> Self {
        Self::over_rows(database, |_, _| Some("true".into()))
    }

    /// Over those rows of a table, by its name and columns, for which a condition holds; `None` leaves it out.
    pub fn over_rows(database: &Database, condition: impl Fn(&str, &[String]) -> Option<String>) -> Self {
        let mut connection = database.connect();
        let names = tables(&mut connection);
        let queries = names
            .into_iter()
            .filter_map(|table| {
                let condition = condition(&table, &columns(&mut connection, &table))?;
                let query = format!("{} WHERE {condition}", rows(&mut connection, &table));
                Some((table, query))
            })
            .collect();
        Self { connection, queries }
    }

    pub fn snapshot(&mut self) -> Snapshot {
        let connection = &mut self.connection;
        let dump = self
            .queries
            .iter()
            .map(|(table, query)| (table.clone(), connection.texts(query).into_iter().collect()))
            .collect();
        Snapshot(dump)
    }
}

fn rows(connection: &mut TestConnection, table: &str) -> String {
    match connection {
        TestConnection::Sqlite(_) => {
            let quoted: Vec<String> = columns(connection, table)
                .iter()
                .map(|column| format!("quote(\"{column}\")"))
                .collect();
            format!("SELECT {} AS text FROM \"{table}\"", quoted.join(" || ',' || "))
        }
        TestConnection::Postgres(_) => format!("SELECT t::text AS text FROM \"{table}\" t"),
    }
}
