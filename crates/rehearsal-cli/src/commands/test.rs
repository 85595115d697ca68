//! `test`: checks the format, runs clippy with warnings as errors and all tests, and builds the docs. Each step
//! prints its output only if it fails.

use crate::context::Context;
use crate::error::Error;
use crate::terminal::duration;
use rehearsal::Exit;
use std::io::{BufRead, BufReader};
use std::time::Instant;
use xshell::{Cmd, Shell, cmd};

pub(super) fn run(context: &Context<'_>) -> Result<Exit, Error> {
    super::postgres::provide(context)?;
    let shell = Shell::new().map_err(toolchain)?;
    let steps: [(&str, Step<'_>); 4] = [
        ("format", &|| script(cmd!(shell, "cargo fmt --all --check"))),
        ("clippy", &|| script(cmd!(shell, "cargo clippy --workspace --all-targets --quiet -- --deny warnings"))),
        ("tests", &|| tests(context)),
        ("docs", &|| {
            script(cmd!(shell, "cargo doc --workspace --no-deps --quiet").env("RUSTDOCFLAGS", "--deny warnings"))
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

/// Runs the tests. Prints the result of each test program immediately, and the whole output only if a test fails.
fn tests(context: &Context<'_>) -> Result<Ran, Error> {
    let arguments = ["test", "--workspace", "--no-fail-fast"];
    let running = duct::cmd("cargo", arguments).stderr_to_stdout().unchecked().reader().map_err(toolchain)?;
    let mut output = String::new();
    let mut part = String::new();
    for line in BufReader::new(&running).lines() {
        let line = line.map_err(toolchain)?;
        if let Some(name) =
            line.trim_start().strip_prefix("Running ").or_else(|| line.trim_start().strip_prefix("Doc-tests "))
        {
            part = name.split(" (").next().unwrap_or(name).to_owned();
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            context.terminal.note(&context.terminal.err().faint(format!("    {part}: {result}")));
        }
        output.push_str(&line);
        output.push('\n');
    }
    let status = running.try_wait().map_err(toolchain)?;
    Ok(if status.is_some_and(|output| output.status.success()) { Ran::Well } else { Ran::Badly(output) })
}
