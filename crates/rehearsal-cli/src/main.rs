//! `cargo rehearse`: the command line without a backfill, check or generator of anybody's, for any sqlx project.

use rehearsal_cli::{CommandLine, Registry};
use std::process::ExitCode;

fn main() -> ExitCode {
    rehearsal_cli::run(CommandLine { name: "cargo rehearse", sources: None, registry: Registry::default() })
}
