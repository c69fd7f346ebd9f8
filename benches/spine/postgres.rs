//! Two databases on a PostgreSQL server, dropped when they are no longer needed.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::Outcome;

/// Cairn's database and the bare one.
pub struct Databases {
    server: String,
    names: [String; 2],
}

impl Databases {
    /// Makes both on the server of that URL, whose user may.
    pub fn create(server: &str) -> Outcome<Self> {
        let names = ["served", "bare"].map(|name| format!("cairn_bench_{name}_{}", std::process::id()));
        let mut connection = PgConnection::establish(server)?;
        for name in &names {
            connection.batch_execute(&format!("CREATE DATABASE {name}"))?;
        }
        Ok(Self {
            server: server.to_owned(),
            names,
        })
    }

    /// Their URLs.
    pub fn urls(&self) -> [String; 2] {
        let host = self
            .server
            .rsplit_once('/')
            .map_or(self.server.as_str(), |(host, _)| host);
        self.names.each_ref().map(|name| format!("{host}/{name}"))
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        let Ok(mut connection) = PgConnection::establish(&self.server) else {
            return;
        };
        for name in &self.names {
            let _ = connection.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}
