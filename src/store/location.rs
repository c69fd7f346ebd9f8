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
            if !is_well_formed(text) {
                return Err(
                    "the database address is not well formed: write it as postgres://user:password@host:port/name, \
                            and in user and password % as %25, / as %2F, @ as %40, : as %3A, ? as %3F and # as %23"
                        .into(),
                );
            }
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
        // It is not told what was written instead: there may be a password in it.
        Err("that is not a database address: write sqlite://cairn.db or postgres://user@host/name".into())
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
                (Some(scheme), Some(at)) => {
                    // Parameters may have a password among them.
                    let place = url[at..].split(['?', '#']).next().unwrap_or_default();
                    write!(f, "{}…{place}", &url[..scheme + 3])
                }
                _ => f.write_str("postgres://…"),
            },
        }
    }
}

/// Whether libpq will read it as it is meant. What it cannot read it would repeat, parts of a password among it.
fn is_well_formed(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let is_user = !user.contains('@') && user.matches(':').count() <= 1;
    let are_hosts = hosts.split(',').all(|host| match host.rsplit_once(':') {
        Some((_, port)) if !host.ends_with(']') => port.bytes().all(|byte| byte.is_ascii_digit()),
        _ => true,
    });
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let are_parameters = query.is_empty()
        || query.split('&').all(|pair| {
            pair.split_once('=').is_some_and(|(name, value)| {
                name.bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                    && !value.contains('=')
            })
        });
    let is_plain = !path.contains('@') && !query.contains(['@', '/']) || query.contains("host=/");
    is_user && are_hosts && are_parameters && is_plain && is_percent_encoded(url)
}

fn is_percent_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().get(..2).unwrap_or_default();
        digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit)
    })
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
        let url = Location::parse("postgres://cairn@db.example/cairn?password=secret").unwrap();
        assert_eq!(url.to_string(), "postgres://…@db.example/cairn");
        assert!(Location::parse("mysql://x").is_err());
        assert!(Location::parse("sqlite://").is_err());
    }

    #[test]
    fn what_libpq_would_repeat_is_refused_without_repeating_it() {
        for url in [
            "postgres://cairn:100%secret@h/d",
            "postgres://cairn:sec/ret@h/d",
            "postgres://cairn:sec@ret@h/d",
            "postgres://cairn:sec?ret@h/d",
            "postgres://cairn@h/d?password=100%secret",
        ] {
            let sentence = Location::parse(url).err().unwrap();
            assert!(
                sentence.contains("not well formed") && !sentence.contains("ret@"),
                "{url}"
            );
        }
        for url in [
            "postgres:///cairn",
            "postgres://cairn@/cairn?host=/run/postgresql",
            "postgres://cairn:s%40cret@a:5432,b:5433/cairn?target_session_attrs=read-write",
            "postgresql://cairn@[::1]:5432/cairn",
            "postgresql://cairn@[::1]/cairn?connect_timeout=3",
        ] {
            assert!(Location::parse(url).is_ok(), "{url}");
        }
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
