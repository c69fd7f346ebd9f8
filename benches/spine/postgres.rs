//! Two databases on a PostgreSQL server, dropped when they are no longer needed. The program signs in as it does in use,
//! with a role that row-level security holds; what is compared with it, as the owner.

use cairn::clock::Clock;
use cairn::store::{Location, migrate, service_role};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::Outcome;

/// The role that the program signs in with.
const SERVICE: &str = "cairn_bench_service";
/// The role that owns the tables.
const OWNER: &str = "cairn_bench_owner";

/// The address of a database for its owner.
pub fn as_owner(database: &str) -> String {
    database.replacen(SERVICE, OWNER, 1)
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
            "DO $$ BEGIN CREATE ROLE {OWNER} LOGIN BYPASSRLS; CREATE ROLE {SERVICE} LOGIN; \
             EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        ))?;
        let databases = Self {
            server: server.to_owned(),
            names,
        };
        for (name, url) in databases.names.iter().zip(databases.urls()) {
            connection.batch_execute(&format!("CREATE DATABASE {name} OWNER {OWNER}"))?;
            let location = Location::parse(&as_owner(&url))?;
            migrate(&location, &Clock::System).map_err(|error| error.to_string())?;
            service_role::grant(&location, SERVICE)?;
        }
        Ok(databases)
    }

    /// Their URLs, for the program.
    pub fn urls(&self) -> [String; 2] {
        let (_, host) = self.server.split_once('@').unwrap_or_default();
        let (host, _) = host.rsplit_once('/').unwrap_or((host, ""));
        self.names
            .each_ref()
            .map(|name| format!("postgres://{SERVICE}@{host}/{name}"))
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
