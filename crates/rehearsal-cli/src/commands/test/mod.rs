//! `test`: checks the format, runs clippy with warnings as errors and the tests, and builds the docs. Each step
//! prints its output only if it fails.

mod selection;

use crate::args::TestArgs;
use crate::context::Context;
use crate::error::Error;
use crate::terminal::{count, duration};
use rehearsal::Exit;
use selection::Selection;
use std::io::{BufRead, BufReader};
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
        ("tests", &|| tests(context, &selection, args)),
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

/// Runs the tests. Slow tests have the attribute `ignore` and run only with `--full`.
fn tests(context: &Context<'_>, selection: &Selection, args: &TestArgs) -> Result<Ran, Error> {
    let packages = selection.arguments();
    let mut runs = vec![packages.clone()];
    if let Selection::Packages { dependents, .. } = selection {
        runs.extend(dependents.iter().cloned());
    }
    if args.full {
        // Only `--tests`, because an ignored example of the docs does not compile.
        let slow = ["--tests", "--", "--ignored"].map(str::to_owned);
        runs.push(packages.into_iter().chain(slow).collect());
    }
    let (mut output, mut slow, mut is_well) = (String::new(), 0, true);
    for arguments in runs {
        let ran = one_run(context, &arguments, &mut output)?;
        is_well &= ran.is_well;
        slow += ran.slow;
    }
    if slow > 0 && !args.full {
        let note = format!("    {} did not run; `--full` runs them", count(slow, "slow test"));
        context.terminal.note(&context.terminal.err().faint(note));
    }
    Ok(if is_well { Ran::Well } else { Ran::Badly(output) })
}

/// The result of one `cargo test`.
struct OneRun {
    is_well: bool,
    /// Number of ignored tests, without examples of the docs.
    slow: u64,
}

/// Runs `cargo test` once. Prints the result of each test program immediately, and appends all output to `output`.
fn one_run(context: &Context<'_>, arguments: &[String], output: &mut String) -> Result<OneRun, Error> {
    let fixed = ["test", "--no-fail-fast"].map(str::to_owned);
    let arguments = fixed.iter().chain(arguments);
    let running = duct::cmd("cargo", arguments).stderr_to_stdout().unchecked().reader().map_err(toolchain)?;
    let (mut part, mut slow) = (String::new(), 0);
    for line in BufReader::new(&running).lines() {
        let line = line.map_err(toolchain)?;
        let trimmed = line.trim_start();
        if let Some(name) = trimmed.strip_prefix("Running ").or_else(|| trimmed.strip_prefix("Doc-tests ")) {
            part = name.split(" (").next().unwrap_or(name).to_owned();
        }
        // A program in which no test ran is not worth a line.
        if let Some(result) = line.strip_prefix("test result: ").filter(|result| !result.starts_with("ok. 0 passed")) {
            context.terminal.note(&context.terminal.err().faint(format!("    {part}: {result}")));
        }
        if line.starts_with("test ") && line.contains(" ... ignored, slow") {
            slow += 1;
        }
        output.push_str(&line);
        output.push('\n');
    }
    let status = running.try_wait().map_err(toolchain)?;
    Ok(OneRun { is_well: status.is_some_and(|output| output.status.success()), slow })
}
