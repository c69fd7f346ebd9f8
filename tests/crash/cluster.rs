//! A throw-away PostgreSQL server with `fsync` on, which may be killed and started again.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cairn::clock::Clock;
use cairn::store::{Location, migrate, service_role};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use crate::Outcome;

/// The role that the program signs in with.
const SERVICE: &str = "cairn_crash_service";

/// The server, stopped and removed with it.
pub struct Cluster {
    programs: PathBuf,
    directory: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    server: Option<Child>,
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

impl Cluster {
    /// Makes one, in a folder of its own below that one, and starts it.
    pub fn start(programs: &Path, below: &Path) -> Outcome<Self> {
        let directory = below.join("cluster");
        std::fs::create_dir(&directory)?;
        let user = server_user()?;
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(&directory, Some(user), Some(group))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut cluster = Self {
            programs: programs.to_owned(),
            directory,
            user,
            port,
            server: None,
        };
        let data = cluster.directory.join("data");
        let status = cluster
            .command("initdb")?
            .arg("-D")
            .arg(&data)
            .args(["-U", "cairn", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .status()?;
        if !status.success() {
            return Err("initdb failed".into());
        }
        cluster.restart()?;
        let mut connection = PgConnection::establish(&cluster.url())?;
        connection.batch_execute(&format!("CREATE ROLE {SERVICE} LOGIN"))?;
        cluster.fill()?;
        Ok(cluster)
    }

    /// The address of its database, for its owner.
    fn url(&self) -> String {
        format!("postgres://cairn@127.0.0.1:{}/postgres", self.port)
    }

    /// The address for the program, which signs in with a role that owns nothing.
    pub fn service_url(&self) -> String {
        format!("postgres://{SERVICE}@127.0.0.1:{}/postgres", self.port)
    }

    /// Takes away everything in it, and makes the tables anew.
    pub fn empty(&self) -> Outcome<()> {
        let mut connection = PgConnection::establish(&self.url())?;
        connection.batch_execute("DROP SCHEMA public, reporting, tenancy CASCADE; CREATE SCHEMA public")?;
        self.fill()
    }

    fn fill(&self) -> Outcome<()> {
        let location = Location::parse(&self.url())?;
        migrate(&location, &Clock::System).map_err(|error| error.to_string())?;
        Ok(service_role::grant(&location, SERVICE)?)
    }

    /// Starts it, and waits until it answers.
    pub fn restart(&mut self) -> Outcome<()> {
        self.kill();
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(30) {
            // Until what is left of the last one has ended, it may refuse to start.
            let runs = match &mut self.server {
                Some(server) => server.try_wait()?.is_none(),
                None => false,
            };
            if !runs {
                self.server = Some(self.spawn()?);
            }
            std::thread::sleep(Duration::from_millis(20));
            if PgConnection::establish(&self.url()).is_ok() {
                return Ok(());
            }
        }
        Err("PostgreSQL did not start".into())
    }

    /// Kills it: its main process, without warning.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Its main process.
    pub fn process(&self) -> Outcome<i32> {
        let server = self.server.as_ref().ok_or("PostgreSQL does not run")?;
        Ok(server.id().cast_signed())
    }

    /// The processes that serve others' connections.
    pub fn backends(&self) -> Outcome<Vec<i32>> {
        let mut connection = PgConnection::establish(&self.url())?;
        #[expect(clippy::disallowed_methods, reason = "the server is asked about itself")]
        let query = diesel::sql_query(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() \
             ORDER BY (state = 'idle'), pid",
        );
        let backends: Vec<Backend> = query.load(&mut connection)?;
        Ok(backends.into_iter().map(|backend| backend.pid).collect())
    }

    fn spawn(&self) -> Outcome<Child> {
        let sockets = format!("unix_socket_directories={}", self.directory.display());
        let port = self.port.to_string();
        let mut command = self.command("postgres")?;
        command.arg("-D").arg(self.directory.join("data"));
        command.args(["-p", &port, "-c", "listen_addresses=127.0.0.1", "-c", &sockets]);
        command.args([
            "-c",
            "fsync=on",
            "-c",
            "max_connections=60",
            "-c",
            "restart_after_crash=on",
        ]);
        Ok(command.spawn()?)
    }

    fn command(&self, program: &str) -> Outcome<Command> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.directory.join("log"))?;
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.directory);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        Ok(command)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Root may not run a server: it is run by `postgres`, whose ids these are.
fn server_user() -> Outcome<Option<(u32, u32)>> {
    let id = |arguments: &[&str]| -> Outcome<u32> {
        let output = Command::new("id").args(arguments).output()?;
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
    };
    match id(&["-u"])? {
        0 => Ok(Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?))),
        _ => Ok(None),
    }
}
