//! `test`: checks the format, runs clippy with warnings as errors and the tests, and builds the docs. Each step
//! prints its output only if it fails.

mod run;
mod selection;

use crate::args::TestArgs;
use crate::context::Context;
use crate::error::Error;
use crate::terminal::duration;
use rehearsal::Exit;
use selection::Selection;
use std::time::Instant;
use xshell::{Cmd, Shell, cmd};

pub(super) fn run(context: &Context<'_>, args: &TestArgs) -> Result<Exit, Error> {
    let selection = Selection::of(&args.packages)?;
    super::postgres::provide(context.terminal)?;
    let shell = Shell::new().map_err(toolchain)?;
    let packages = &selection.arguments();
    let format = match &selection {
        Selection::Workspace => &["--all".to_owned()][..],
        Selection::Packages { .. } => packages,
    };
    let steps: [(&str, Step<'_>); 4] = [
        ("format", &|| script(cmd!(shell, "cargo fmt {format...} --check"))),
        ("clippy", &|| script(cmd!(shell, "cargo clippy {packages...} --all-targets --quiet -- --deny warnings"))),
        ("tests", &|| run::tests(context, &selection, args)),
        ("docs", &|| {
            script(cmd!(shell, "cargo doc {packages...} --no-deps --quiet").env("RUSTDOCFLAGS", "--deny warnings"))
        }),
    ];
    let (terminal, paint) = (context.terminal, context.paint());
    let mut exit = Exit::Ok;
    for (name, step) in steps {
        let start = Instant::now();
        match step()? {
            Ran::Well => {
                terminal.result(&format!("  {name:<7} {} {}", paint.good("ok"), paint.faint(duration(start.elapsed()))))
            }
            Ran::Badly(output) => {
                exit = Exit::Failed;
                terminal.result(&format!("{output}\n  {name:<7} {}", paint.bad("FAILED")));
            }
        }
    }
    Ok(exit)
}

type Step<'a> = &'a dyn Fn() -> Result<Ran, Error>;

enum Ran {
    Well,
    Badly(String),
}

fn toolchain(error: impl std::fmt::Display) -> Error {
    Error::Toolchain { why: error.to_string() }
}

fn script(command: Cmd<'_>) -> Result<Ran, Error> {
    let output = command.quiet().ignore_status().output().map_err(toolchain)?;
    if output.status.success() {
        return Ok(Ran::Well);
    }
    Ok(Ran::Badly(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))))
}
