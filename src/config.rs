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
