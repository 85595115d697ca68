//! The command line of this repository: `rehearsal-cli` with the registry of backfills, checks, generators,
//! traffic and galleries. To add one of these, add a file to the folder of its kind.

mod backfills;
mod checks;
mod galleries;
mod generators;
mod traffic;

use rehearsal_cli::{CommandLine, Registry};
use std::process::ExitCode;

fn main() -> ExitCode {
    rehearsal_cli::run(CommandLine {
        name: "cargo xtask",
        default_command: None,
        sources: Some("xtask/src"),
        registry: Registry {
            backfills: backfills::all(),
            checks: checks::all(),
            generators: generators::all(),
            traffic: traffic::all(),
            galleries: galleries::all(),
            ..Registry::default()
        },
    })
}
