//! Hands the registry of backfills and checks to the command line; nothing else.

mod backfills;
mod checks;

use std::process::ExitCode;
use xtask::cli::{self, Registry};

fn main() -> ExitCode {
    cli::main(Registry { backfills: backfills::all(), checks: checks::all() })
}
