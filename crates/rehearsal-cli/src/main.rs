//! `cargo rehearse`: the command line for any sqlx project, without backfills, checks or generators.

use rehearsal_cli::{CommandLine, Registry};
use std::process::ExitCode;

fn main() -> ExitCode {
    rehearsal_cli::run(CommandLine {
        name: "cargo rehearse",
        default_command: Some("ci"),
        sources: None,
        registry: Registry::default(),
    })
}
