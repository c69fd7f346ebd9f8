//! Two databases on a PostgreSQL server, dropped when they are no longer needed. The program signs in as it does in use,
//! with a role that row-level security holds; what is compared with it, as the owner.

use cairn::clock::Clock;
use cairn::store::{Location, migrate, service_role};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::Outcome;

/// The role that the program signs in with.
const SERVICE: &str = "cairn_bench_service";

/// The address of a database as the program is given it.
pub fn as_service(database: &str) -> String {
    match database.split_once("://").zip(database.split_once('@')) {
        Some((("postgres" | "postgresql", _), (_, host))) => format!("postgres://{SERVICE}@{host}"),
        _ => database.to_owned(),
    }
}

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
        connection.batch_execute(&format!(
            "DO $$ BEGIN CREATE ROLE {SERVICE} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        ))?;
        let databases = Self {
            server: server.to_owned(),
            names,
        };
        for (name, url) in databases.names.iter().zip(databases.urls()) {
            connection.batch_execute(&format!("CREATE DATABASE {name}"))?;
            let location = Location::parse(&url)?;
            migrate(&location, &Clock::System).map_err(|error| error.to_string())?;
            service_role::grant(&location, SERVICE)?;
        }
        Ok(databases)
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
