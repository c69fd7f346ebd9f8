//! Where the database is: `sqlite://path` or `postgres://…`.

use std::path::{Path, PathBuf};

use super::postgres_address::PostgresAddress;

/// A database's address, without its password when printed.
#[derive(Clone)]
pub enum Location {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL connection URL.
    Postgres(String),
}

impl Location {
    /// Reads an address; the error is a sentence for the person who typed it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text
            .strip_prefix("sqlite://")
            .or_else(|| text.strip_prefix("sqlite:"))
        {
            return match path {
                "" => Err("the database address names no file: write it as sqlite://cairn.db".into()),
                path => Ok(Self::Sqlite(path.into())),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            if !cfg!(feature = "pg-tls") && asks_for_tls(text) {
                return Err(
                    "this build of Cairn has no TLS to PostgreSQL, and the address asks for it (sslmode): \
                            build with --features pg-tls, or connect over a private network without sslmode"
                        .into(),
                );
            }
            PostgresAddress::parse(text)?;
            return Ok(Self::Postgres(text.into()));
        }
        Err(format!(
            "'{text}' is not a database address: write sqlite://cairn.db or postgres://user@host/name"
        ))
    }

    /// The SQLite file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => match (url.find("://"), url.rfind('@')) {
                (Some(scheme), Some(at)) => write!(f, "{}…{}", &url[..scheme + 3], &url[at..]),
                _ => f.write_str("postgres://…"),
            },
        }
    }
}

fn asks_for_tls(url: &str) -> bool {
    url.split_once('?').is_some_and(|(_, query)| {
        query.split('&').any(|pair| {
            matches!(
                pair,
                "sslmode=require" | "sslmode=verify-ca" | "sslmode=verify-full"
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_kinds_and_hides_the_password() {
        assert_eq!(
            Location::parse("sqlite://a/b.db").unwrap().file(),
            Some(Path::new("a/b.db"))
        );
        let url = Location::parse("postgres://cairn:secret@db.example/cairn").unwrap();
        assert_eq!(url.to_string(), "postgres://…@db.example/cairn");
        assert!(Location::parse("mysql://x").is_err());
        assert!(Location::parse("sqlite://").is_err());
    }

    #[cfg(not(feature = "pg-tls"))]
    #[test]
    fn says_that_it_has_no_tls() {
        assert!(
            Location::parse("postgres://h/d?sslmode=require")
                .err()
                .unwrap()
                .contains("pg-tls")
        );
    }
}
