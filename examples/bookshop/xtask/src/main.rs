//! `cargo xtask`: the command line with the backfill, the check and the traffic of this project.

mod backfills;
mod checks;
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
            checks: vec![Box::new(checks::Isbn13FollowsFromIsbn10)],
            traffic: vec![Box::new(traffic::Books)],
            ..Registry::default()
        },
    })
}
