//! The program itself, as a person starts it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use cairn::store::Location;

use super::Database;

/// Where it lies.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_cairn");

/// Runs it on a database to its end.
pub fn cairn(database: &Database, arguments: &[&str]) -> Output {
    run(&address(database), arguments)
}

/// Runs it on a database to its end as the owner of the tables.
pub fn cairn_as_owner(database: &Database, arguments: &[&str]) -> Output {
    run(&text(database.owner()), arguments)
}

fn run(address: &str, arguments: &[&str]) -> Output {
    let mut program = Command::new(PROGRAM);
    program.args(arguments).args(["--database", address]);
    program.output().expect("the program runs")
}

/// The address as the program takes it: with the password, which printing it would hide.
pub fn address(database: &Database) -> String {
    text(database.location())
}

/// An address as the program takes it.
pub fn text(location: Location) -> String {
    match location {
        Location::Sqlite(path) => format!("sqlite://{}", path.display()),
        Location::Postgres(url) => url,
    }
}

/// Where it listens, out of a line that says so.
pub fn said_address(line: &str) -> String {
    let (_, rest) = line.trim().split_once("//").expect("an address");
    rest.split('/').next().expect("an address").to_owned()
}

/// Imports a file into a coalition, by the code of the coalition and of the organization that submits.
pub fn import(
    database: &Database,
    [coalition, organization]: [&str; 2],
    file: &Path,
    options: &[&str],
) -> Output {
    let file = file.to_str().expect("a path in UTF-8");
    let names = [
        "import",
        file,
        "--coalition",
        coalition,
        "--organization",
        organization,
    ];
    cairn(database, &[&names, options].concat())
}

/// A program that runs until the test ends.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// The process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Starts it on a port of its own and waits until what it has printed says that it is ready; answers that too.
    pub fn start(
        command: &str,
        database: &Database,
        options: &[&str],
        is_ready: impl Fn(&[String]) -> bool,
    ) -> (Self, Vec<String>) {
        let mut child = Command::new(PROGRAM)
            .args([command, "--database", &address(database)])
            .args(["--listen", "127.0.0.1:0", "--log", "warn"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let running = Self(child);
        let mut lines = Vec::new();
        for line in output.lines() {
            lines.push(line.expect("a line"));
            if is_ready(&lines) {
                return (running, lines);
            }
        }
        panic!("the program ended: {lines:?}");
    }

    /// The id of its process.
    pub fn process(&self) -> u32 {
        self.0.id()
    }

    /// Waits until it has ended by itself; whether it did so well.
    pub fn ends_well(&mut self) -> bool {
        self.0.wait().expect("an end").success()
    }

    /// Starts the service; answers where it listens.
    pub fn serve(database: &Database, spool: &Path) -> (Self, SocketAddr) {
        let spool = spool.to_str().expect("a path in UTF-8");
        let (running, lines) = Self::start("serve", database, &["--spool", spool], |lines| !lines.is_empty());
        let address = lines[0].rsplit_once('/').expect("an address").1;
        (running, address.parse().expect("an address"))
    }
}
