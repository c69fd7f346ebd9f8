//! What the program is told from outside: `DATABASE_URL` and `CAIRN_*`, with flags that win. Read once, here.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::auth::TrustedProxies;
use crate::http::Origins;
use crate::store::Location;

/// Who may register an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Registration {
    /// Anybody.
    Open,
    /// Only those whom a coalition's backbone brings in.
    Invite,
    /// Nobody.
    Closed,
}

/// Where the database is.
#[derive(Args, Clone, Debug)]
pub struct DatabaseOptions {
    /// The database: sqlite://path or postgres://user@host/name.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
}

impl DatabaseOptions {
    /// The address given, or a SQLite file of that name in this folder.
    pub fn location(&self, default: &str) -> Result<Location, String> {
        Location::parse(self.database.as_deref().unwrap_or(default))
    }
}

/// How the service runs.
#[derive(Args, Clone, Debug)]
pub struct ServeOptions {
    /// The address to listen on.
    #[arg(
        long,
        env = "CAIRN_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "HOST:PORT"
    )]
    pub listen: SocketAddr,
    /// Who may register an organization.
    #[arg(
        long,
        env = "CAIRN_REGISTRATION",
        default_value = "open",
        value_name = "POLICY"
    )]
    pub registration: Registration,
    /// Sites whose pages may read answers in a browser, by their origins, such as https://dashboard.example, separated by
    /// commas; `*` lets any site read what share links open, and nothing else. None unless told otherwise.
    #[arg(long, env = "CAIRN_CORS_ORIGINS", default_value = "", value_name = "ORIGINS")]
    pub cors_origins: Origins,
    /// Proxies before the service whose `X-Forwarded-For` is believed, by address or network, such as
    /// 127.0.0.1,10.0.0.0/8, separated by commas. None unless told otherwise.
    #[arg(
        long,
        env = "CAIRN_TRUSTED_PROXIES",
        default_value = "",
        value_name = "ADDRESSES"
    )]
    pub trusted_proxies: TrustedProxies,
    /// Threads that answer requests; one for each processor unless told otherwise.
    #[arg(long, env = "CAIRN_WORKERS", value_name = "COUNT")]
    pub workers: Option<usize>,
    /// Requests a second that one organization may make on average, and ten times as many at once; 0 for no limit.
    #[arg(long, env = "CAIRN_RATE_LIMIT", default_value_t = 100, value_name = "COUNT")]
    pub rate_limit: u32,
    /// Connections from one address at once; 0 for no limit. Behind a proxy, all come from the proxy's.
    #[arg(
        long,
        env = "CAIRN_CONNECTIONS_PER_ADDRESS",
        default_value_t = 1_000,
        value_name = "COUNT"
    )]
    pub connections_per_address: usize,
    /// Seconds between being told to stop (SIGTERM) and stopping: until then it answers, and says that it is not ready.
    #[arg(long, env = "CAIRN_STOP_DELAY", default_value_t = 2, value_name = "SECONDS")]
    pub stop_delay: u64,
    /// A streaming standby of a PostgreSQL database, which reads in coalitions go to where it is recent enough, with as
    /// many connections of its own.
    #[arg(
        long = "database-read",
        env = "DATABASE_READ_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_read: Option<String>,
    /// Reads (on PostgreSQL: transactions) at once.
    #[arg(long, env = "CAIRN_CONNECTIONS", default_value_t = 8, value_name = "COUNT")]
    pub connections: u32,
    /// Where large submissions lie.
    #[command(flatten)]
    pub spool: SpoolOptions,
    /// Another address, which answers nothing but /metrics, in the text format of Prometheus. Nowhere unless told
    /// otherwise; whoever reaches it may read it, so keep it off the network that the service is for.
    #[arg(long, env = "CAIRN_METRICS_LISTEN", value_name = "HOST:PORT")]
    pub metrics_listen: Option<SocketAddr>,
    /// Take the id of a request from its header X-Request-Id, where a web server in front sets that for every request.
    /// Without this each request gets a new one.
    #[arg(
        long,
        env = "CAIRN_TRUST_REQUEST_ID",
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    pub trust_request_id: bool,
    /// Leave the tables as they are; `cairn migrate` brings them up to date.
    #[arg(long)]
    pub no_migrate: bool,
}

impl ServeOptions {
    /// The standby to read from, if there is one; the error is a sentence for the person who typed it.
    pub fn standby(&self, database: &Location) -> Result<Option<Location>, String> {
        let Some(text) = self.database_read.as_deref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        match (database, Location::parse(text)?) {
            (Location::Postgres(_), standby @ Location::Postgres(_)) => Ok(Some(standby)),
            _ => Err("reads can go to a standby on PostgreSQL only: leave DATABASE_READ_URL out".into()),
        }
    }
}

/// Where large submissions lie.
#[derive(Args, Clone, Debug)]
pub struct SpoolOptions {
    /// The folder in which large submissions lie until they are applied, and workbooks while they are read: beside a
    /// SQLite file unless told otherwise, and `cairn-spool` in this folder for PostgreSQL.
    #[arg(long, env = "CAIRN_SPOOL", value_name = "FOLDER")]
    pub spool: Option<PathBuf>,
}

impl SpoolOptions {
    /// The folder.
    pub fn folder(&self, location: &Location) -> PathBuf {
        let given = self.spool.clone();
        given.unwrap_or_else(|| match location.file() {
            Some(file) => {
                let mut name = file.as_os_str().to_owned();
                name.push("-spool");
                name.into()
            }
            None => "cairn-spool".into(),
        })
    }
}

/// How much is logged, and how it looks.
#[derive(Args, Clone, Debug)]
pub struct LogOptions {
    /// What to log, such as `info` or `info,cairn=debug`.
    #[arg(
        long = "log",
        env = "CAIRN_LOG",
        default_value = "info",
        value_name = "FILTER",
        global = true
    )]
    pub filter: String,
    /// Lines for people or JSON for programs.
    #[arg(
        long = "log-format",
        env = "CAIRN_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT",
        global = true
    )]
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// JSON for programs.
    Json,
}

/// How traces are written down for the collector that the standard variables name.
#[cfg(feature = "otel")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceFormat {
    /// Protocol Buffers.
    Protobuf,
    /// JSON.
    Json,
}

#[cfg(feature = "otel")]
impl TraceFormat {
    /// Reads the variables; nothing where traces go nowhere. All else that they say is read by the exporter. The error is
    /// a sentence for the person who set them.
    pub fn read() -> Result<Option<Self>, String> {
        #[expect(clippy::disallowed_methods, reason = "the environment is read here")]
        Self::of(|name| std::env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let told = |name: &'static str| {
            let value = variable(name)?.trim().to_ascii_lowercase();
            (!value.is_empty()).then_some((name, value))
        };
        let is = |name, value| told(name).is_some_and(|(_, told)| told == value);
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let endpoint = told("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let Some((name, address)) = endpoint.or_else(|| told("OTEL_EXPORTER_OTLP_ENDPOINT")) else {
            return Ok(None);
        };
        if !address.starts_with("http://") {
            return Err(format!(
                "{name} has to begin with http://: traces go to a collector nearby, which passes them on"
            ));
        }
        let protocol = told("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL");
        match protocol.or_else(|| told("OTEL_EXPORTER_OTLP_PROTOCOL")) {
            None => Ok(Some(Self::Protobuf)),
            Some((_, protocol)) if protocol == "http/protobuf" => Ok(Some(Self::Protobuf)),
            Some((_, protocol)) if protocol == "http/json" => Ok(Some(Self::Json)),
            Some((name, _)) => Err(format!("{name} is http/protobuf or http/json")),
        }
    }
}

#[cfg(all(test, feature = "otel"))]
mod tests {
    use super::*;

    #[test]
    fn traces_go_where_the_variables_say() {
        let (general, special) = (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        );
        let protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
        let (protobuf, json) = (Ok(Some(TraceFormat::Protobuf)), Ok(Some(TraceFormat::Json)));
        for (variables, expected) in [
            (&[][..], Ok(None)),
            (&[(general, "")], Ok(None)),
            (&[(general, "http://127.0.0.1:4318")], protobuf),
            (&[(special, "http://127.0.0.1:4318/x")], protobuf),
            (&[(general, "https://h"), (special, "http://h")], protobuf),
            (&[(general, "http://h"), (protocol, "http/json")], json),
            (&[(general, "https://h")], Err(general)),
            (&[(special, "h:4317")], Err(special)),
            (&[(general, "http://h"), (protocol, "grpc")], Err(protocol)),
            (
                &[(general, "http://h"), ("OTEL_TRACES_EXPORTER", "none")],
                Ok(None),
            ),
            (&[(general, "http://h"), ("OTEL_SDK_DISABLED", "TRUE")], Ok(None)),
        ] {
            let found = TraceFormat::of(|name| {
                let told = variables.iter().find(|(told, _)| *told == name);
                told.map(|(_, value)| (*value).to_owned())
            });
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{variables:?}"),
                (Err(sentence), Err(name)) => assert!(sentence.starts_with(name), "{sentence}"),
                (found, _) => panic!("{variables:?}: {found:?}"),
            }
        }
    }
}
