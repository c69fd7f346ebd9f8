//! The command line over the library.

mod cli;

/// Keeps the memory of an answer for the next one: see docs/decisions/0030.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
