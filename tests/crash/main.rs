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
#[path = "../../benches/spine/message.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod message;
#[path = "../../benches/spine/server.rs"]
#[allow(dead_code, reason = "shared with the benchmarks")]
mod server;

mod cluster;
mod faults;
mod faulty_disk;
mod figures;
mod journal;
mod load;
mod operation;
mod random;
mod rounds;
mod signal;
mod witness;

use std::error::Error;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tempfile::TempDir;

use faulty_disk::FaultyDisk;

/// What a round ends with.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Kills Cairn in the middle of its work, and looks at what is left.
#[derive(Parser)]
struct Options {
    /// How often, on each database.
    #[arg(long, default_value_t = 5, value_name = "COUNT")]
    kills: u64,
    /// How often the power is cut, on SQLite.
    #[arg(long, default_value_t = 5, value_name = "COUNT")]
    cuts: u64,
    /// How long a fault lasts that passes; 0 for none.
    #[arg(long, default_value_t = 1, value_name = "SECONDS")]
    faults: u64,
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
    let (kills, faults) = (options.kills, Duration::from_secs(options.faults));
    if !options.no_sqlite {
        print!("SQLite, seed {seed}: ");
        in_folder(new_folder()?, |folder| {
            attack_sqlite(&program, folder, None, seed, kills)
        })?;
        if cfg!(target_os = "linux") {
            in_folder(new_folder()?, |folder| {
                cut_power(&program, folder, seed, options.cuts)
            })?;
            if options.faults > 0 {
                in_folder(new_folder()?, |folder| {
                    faults::on_sqlite(&program, folder, faults, seed)
                })?;
            }
        }
    }
    if let Some(programs) = &options.postgres {
        // Where the server's own user may go.
        let folder = tempfile::tempdir()?;
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755))?;
        let mut cluster = cluster::Cluster::start(programs, folder.path())?;
        let url = cluster.service_url();
        if options.faults > 0 {
            in_folder(new_folder()?, |folder| {
                faults::on_postgres(&program, &mut cluster, folder, faults, seed)
            })?;
            cluster.empty()?;
        }
        print!("PostgreSQL, seed {seed}: ");
        in_folder(new_folder()?, |folder| {
            let mut attack = rounds::Attack {
                program: &program,
                database: &url,
                cluster: Some(&mut cluster),
                disk: None,
                folder,
                seed,
            };
            attack.run(kills)
        })?;
    }
    Ok(())
}

fn attack_sqlite(
    program: &server::Program,
    folder: &Path,
    disk: Option<&FaultyDisk>,
    seed: u64,
    kills: u64,
) -> Outcome<()> {
    let database = format!("sqlite://{}/crash.db", folder.display());
    let mut attack = rounds::Attack {
        program,
        database: &database,
        cluster: None,
        disk,
        folder,
        seed,
    };
    attack.run(kills)
}

/// Power cuts, and at last some of a disk that lies: where nothing is found to be missing then, the other cuts have
/// shown nothing.
fn cut_power(program: &server::Program, folder: &Path, seed: u64, cuts: u64) -> Outcome<()> {
    if cuts == 0 {
        return Ok(());
    }
    let mut disk = FaultyDisk::build(folder)?;
    print!("SQLite, power cuts: ");
    attack_sqlite(program, folder, Some(&disk), seed, cuts)?;
    disk.lies = true;
    let lied_to = folder.join("lied-to");
    std::fs::create_dir(&lied_to)?;
    print!("SQLite, power cuts on a disk that does not sync: ");
    match attack_sqlite(program, &lied_to, Some(&disk), seed, 5) {
        Ok(()) => Err("nothing was lost on a disk that does not sync: this test shows nothing".into()),
        Err(error) => {
            println!("found out ({error})");
            Ok(())
        }
    }
}

fn new_folder() -> Outcome<TempDir> {
    Ok(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
}

/// Works in a folder, which is kept where something was found.
fn in_folder(folder: TempDir, work: impl FnOnce(&Path) -> Outcome<()>) -> Outcome<()> {
    work(folder.path()).map_err(|error| {
        let kept = folder.keep();
        format!("{error}; the journal and the database are in {}", kept.display()).into()
    })
}
