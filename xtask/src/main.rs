//! Hands the registry of backfills, checks, generators and traffic to the command line; nothing else.

mod backfills;
mod checks;
mod generators;
mod traffic;

use std::process::ExitCode;
use xtask::cli::{self, Registry};

fn main() -> ExitCode {
    cli::main(Registry {
        backfills: backfills::all(),
        checks: checks::all(),
        generators: generators::all(),
        traffic: traffic::all(),
    })
}
