//! Hands the registry of backfills, checks, generators and traffic to the command line; nothing else.

mod backfills;
mod checks;
mod generators;
mod traffic;

use rehearsal_cli::{CommandLine, Registry};
use std::process::ExitCode;

fn main() -> ExitCode {
    rehearsal_cli::run(CommandLine {
        name: "cargo xtask",
        sources: Some("xtask/src"),
        registry: Registry {
            backfills: backfills::all(),
            checks: checks::all(),
            generators: generators::all(),
            traffic: traffic::all(),
            proofs: Vec::new(),
        },
    })
}
