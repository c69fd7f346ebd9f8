//! What is left after the worst: the service, or its PostgreSQL, is killed in the middle of its work, again and again.
//! `scripts/crash` runs it; the suite runs a short form.
//!
//! Clients submit at once, and write what was acknowledged into a journal that no kill reaches. After each restart
//! everything acknowledged has to be there, once and whole, and nothing else.

#![allow(
    clippy::disallowed_methods,
    reason = "it stands outside the program, and looks at its environment itself"
)]

#[path = "../../benches/spine/coalition.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod coalition;
#[path = "../../benches/spine/http.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod http;
#[path = "../../benches/spine/server.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod server;

mod cluster;
mod figures;
mod journal;
mod load;
mod operation;
mod random;
mod rounds;
mod witness;

use std::error::Error;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tempfile::TempDir;

/// What a round ends with.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Kills Cairn in the middle of its work, and looks at what is left.
#[derive(Parser)]
struct Options {
    /// How often, on each database.
    #[arg(long, default_value_t = 5, value_name = "COUNT")]
    kills: u64,
    /// What varies; a new one each time unless told otherwise.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Where the programs of PostgreSQL are, to try that too, on a server of its own.
    #[arg(long, value_name = "FOLDER")]
    postgres: Option<PathBuf>,
    /// Not on SQLite.
    #[arg(long)]
    no_sqlite: bool,
    /// Another build of Cairn, in place of this one.
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_cairn"))]
    program: PathBuf,
    /// What cargo says to every test.
    #[arg(hide = true)]
    names: Vec<String>,
    #[arg(long, hide = true)]
    quiet: bool,
    #[arg(long, hide = true)]
    nocapture: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    // A filter of other tests' names.
    if options.names.iter().any(|name| !"crash".contains(name.as_str())) {
        return ExitCode::SUCCESS;
    }
    match attack(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crash: {error}");
            ExitCode::FAILURE
        }
    }
}

fn attack(options: &Options) -> Outcome<()> {
    let seed = match options.seed {
        Some(seed) => seed,
        None => getrandom::u64().map_err(|error| error.to_string())? >> 32,
    };
    let program = server::Program(options.program.clone());
    if !options.no_sqlite {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let database = format!("sqlite://{}/crash.db", folder.path().display());
        print!("SQLite, seed {seed}: ");
        attack_one(&program, &database, None, folder, seed, options.kills)?;
    }
    if let Some(programs) = &options.postgres {
        // Where the server's own user may go.
        let folder = tempfile::tempdir()?;
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755))?;
        let mut cluster = cluster::Cluster::start(programs, folder.path())?;
        let url = cluster.url();
        print!("PostgreSQL, seed {seed}: ");
        attack_one(&program, &url, Some(&mut cluster), folder, seed, options.kills)?;
    }
    Ok(())
}

fn attack_one(
    program: &server::Program,
    database: &str,
    cluster: Option<&mut cluster::Cluster>,
    folder: TempDir,
    seed: u64,
    kills: u64,
) -> Outcome<()> {
    let mut attack = rounds::Attack {
        program,
        database,
        cluster,
        folder: folder.path(),
        seed,
    };
    attack.run(kills).map_err(|error| {
        let kept = folder.keep();
        format!("{error}; the journal and the database are in {}", kept.display()).into()
    })
}
