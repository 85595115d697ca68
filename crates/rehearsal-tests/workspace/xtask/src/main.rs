//! The program of the suite's workspace: the command line with two backfills, a check, a generator, traffic and a reporter.

mod backfills;
mod check;
mod generator;
mod reporter;
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
            checks: vec![Box::new(check::PetTraitsFollowFromId)],
            generators: vec![Box::new(generator::Pets)],
            traffic: vec![Box::new(traffic::Pets)],
            reporters: vec![&reporter::LINES],
            ..Registry::default()
        },
    })
}
