//! The program itself, as a person starts it.

use std::path::Path;
use std::process::{Command, Output};

use cairn::store::Location;

use super::Database;

/// Where it lies.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_cairn");

/// Runs it on a database to its end.
pub fn cairn(database: &Database, arguments: &[&str]) -> Output {
    let mut program = Command::new(PROGRAM);
    program.args(arguments).args(["--database", &address(database)]);
    program.output().expect("the program runs")
}

/// The address as the program takes it: with the password, which printing it would hide.
pub fn address(database: &Database) -> String {
    match database.location() {
        Location::Sqlite(path) => format!("sqlite://{}", path.display()),
        Location::Postgres(url) => url,
    }
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
