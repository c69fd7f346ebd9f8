//! An empty database: a file of SQLite, or one on the PostgreSQL server that `CAIRN_TEST_POSTGRES` names.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use tempfile::TempDir;

use crate::Outcome;

/// One, taken away with it.
pub struct Database {
    /// As the program takes it.
    pub address: String,
    folder: TempDir,
    made_on: Option<(String, String)>,
}

impl Database {
    /// A new one.
    pub fn create() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let Ok(server) = std::env::var("CAIRN_TEST_POSTGRES") else {
            let address = format!("sqlite://{}/cairn.db", folder.path().display());
            return Ok(Self {
                address,
                folder,
                made_on: None,
            });
        };
        let name = format!("cairn_otel_{}", uuid::Uuid::now_v7().simple());
        PgConnection::establish(&server)?.batch_execute(&format!("CREATE DATABASE {name}"))?;
        let (host, _) = server.rsplit_once('/').ok_or("an address without a database")?;
        Ok(Self {
            address: format!("{host}/{name}"),
            folder,
            made_on: Some((server, name)),
        })
    }

    /// What OpenTelemetry calls it.
    pub fn system(&self) -> &'static str {
        match self.made_on {
            Some(_) => "postgresql",
            None => "sqlite",
        }
    }

    /// A folder for the spool.
    pub fn spool(&self) -> String {
        self.folder.path().join("spool").display().to_string()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.made_on
            && let Ok(mut connection) = PgConnection::establish(server)
        {
            let _ = connection.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}
