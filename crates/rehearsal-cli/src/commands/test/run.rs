//! Runs the tests ([`tests`]), prints the result of each test program as it comes, and says which of the failures are the
//! app's and which are the library's.

use super::selection::Selection;
use super::{Ran, toolchain};
use crate::args::TestArgs;
use crate::context::Context;
use crate::error::Error;
use crate::terminal::count;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};

/// Runs the tests. Slow tests have the attribute `ignore` and run only with `--full`.
pub(super) fn tests(context: &Context<'_>, selection: &Selection, args: &TestArgs) -> Result<Ran, Error> {
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
    let mut failed = BTreeSet::new();
    for arguments in runs {
        let ran = one_run(context, &arguments, &mut output)?;
        is_well &= ran.is_well;
        slow += ran.slow;
        failed.extend(ran.failed);
    }
    if slow > 0 && !args.full {
        let note = format!("    {} did not run; `--full` runs them", count(slow, "slow test"));
        context.terminal.note(&context.terminal.err().faint(note));
    }
    if is_well {
        return Ok(Ran::Well);
    }
    output.push_str(&whose(&failed));
    Ok(Ran::Badly(output))
}

/// A test that failed: the name of its package, and its own.
type FailedTest = (String, String);

/// The result of one `cargo test`.
struct OneRun {
    is_well: bool,
    /// Number of ignored tests, without examples of the docs.
    slow: u64,
    failed: Vec<FailedTest>,
}

/// Runs `cargo test` once. Prints the result of each test program immediately, and appends all output to `output`.
fn one_run(context: &Context<'_>, arguments: &[String], output: &mut String) -> Result<OneRun, Error> {
    let packages = packages(arguments)?;
    let fixed = ["test", "--no-fail-fast"].map(str::to_owned);
    let arguments = fixed.iter().chain(arguments);
    let running = duct::cmd("cargo", arguments).stderr_to_stdout().unchecked().reader().map_err(toolchain)?;
    let (mut part, mut package, mut slow, mut failed) = (String::new(), String::new(), 0, Vec::new());
    let mut is_listing = false;
    for line in BufReader::new(&running).lines() {
        let line = line.map_err(toolchain)?;
        let trimmed = line.trim_start();
        let running = trimmed.strip_prefix("Running ").and_then(|rest| rest.rsplit_once(" ("));
        // A test may print such a line, too, but not with the name of a program.
        let program =
            running.and_then(|(name, file)| Some((name, packages.get(file_name(file.trim_end_matches(')')))?)));
        if let Some((name, of)) = program {
            name.clone_into(&mut part);
            package.clone_from(of);
        } else if let Some(name) = trimmed.strip_prefix("Doc-tests ") {
            name.clone_into(&mut part);
            let of = packages.values().find(|package| package.replace('-', "_") == name);
            package = of.cloned().unwrap_or_else(|| name.to_owned());
        }
        // What failed tests have printed follows this line.
        is_listing |= line == "failures:";
        is_listing &= !line.starts_with("test result: ");
        // A program in which no test ran is not worth a line.
        if let Some(result) = line.strip_prefix("test result: ").filter(|result| !result.starts_with("ok. 0 passed")) {
            let of = if package.is_empty() { String::new() } else { format!("{package}: ") };
            context.terminal.note(&context.terminal.err().faint(format!("    {of}{part}: {result}")));
        }
        if line.starts_with("test ") && line.contains(" ... ignored, slow") {
            slow += 1;
        }
        if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
            && !is_listing
        {
            failed.push((package.clone(), name.to_owned()));
        }
        // A program that crashed has no line for the test.
        if let Some(target) = line.strip_prefix("    `-p ").and_then(|rest| rest.strip_suffix('`')) {
            let (package, target) = target.split_once(' ').unwrap_or((target, "--lib"));
            if !failed.iter().any(|(of, _)| of == package) {
                failed.push((package.to_owned(), format!("{target} did not finish")));
            }
        }
        output.push_str(&line);
        output.push('\n');
    }
    let status = running.try_wait().map_err(toolchain)?;
    Ok(OneRun { is_well: status.is_some_and(|output| output.status.success()), slow, failed })
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Builds the test programs, and returns the package of each by the name of its file. If the build fails, the tests say
/// so.
fn packages(arguments: &[String]) -> Result<BTreeMap<String, String>, Error> {
    let fixed = ["test", "--no-run", "--message-format", "json"].map(str::to_owned);
    let build = arguments.iter().take_while(|argument| *argument != "--");
    let built = duct::cmd("cargo", fixed.iter().chain(build)).stdout_capture().stderr_null().unchecked();
    let built = built.run().map_err(toolchain)?;
    let programs = built.stdout.split(|byte| *byte == b'\n').filter_map(|line| {
        let Built { package_id, executable } = serde_json::from_slice(line).ok()?;
        Some((file_name(&executable).to_owned(), package(&package_id).to_owned()))
    });
    Ok(programs.collect())
}

/// A program in the output of cargo.
#[derive(Deserialize)]
struct Built {
    package_id: String,
    executable: String,
}

/// The name in the id of a package: `path+file:///shop#0.1.0` or `path+file:///shop/crates/x#shop@0.1.0`.
fn package(id: &str) -> &str {
    match id.rsplit_once('#') {
        Some((_, version)) if version.contains('@') => version.split('@').next().unwrap_or(version),
        Some((path, _)) => file_name(path),
        None => id,
    }
}

/// Says which failures are the app's and which are the library's, whose packages are `rehearsal` and `rehearsal-…`.
fn whose(failed: &BTreeSet<FailedTest>) -> String {
    let of_library = |(package, _): &&FailedTest| package == "rehearsal" || package.starts_with("rehearsal-");
    let (library, app): (Vec<&FailedTest>, Vec<&FailedTest>) = failed.iter().partition(of_library);
    let lines = [("app", app), ("library", library)].into_iter().filter(|(_, tests)| !tests.is_empty());
    let lines = lines.map(|(whose, tests)| {
        let names: String = tests.iter().map(|(package, test)| format!("    {package}: {test}\n")).collect();
        format!("{} of the {whose} failed:\n{names}", count(tests.len() as u64, "test"))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn packages_of_ids() {
        let check = |id: &str, expect: &str| assert_eq!(package(id), expect);
        check("path+file:///shop/app#0.1.0", "app");
        check("path+file:///shop/crates/books#bookshop@0.1.0", "bookshop");
        check("registry+https://example.org/index#serde@1.0.0", "serde");
        check("app", "app");
    }

    #[test]
    fn failures_of_the_app_and_of_the_library() {
        let check = |failed: &[(&str, &str)], expect: &str| {
            let failed = failed.iter().map(|(package, test)| ((*package).to_owned(), (*test).to_owned())).collect();
            assert_eq!(whose(&failed), expect);
        };
        check(&[], "");
        check(&[("xtask", "backfills::tests::a")], "1 test of the app failed:\n    xtask: backfills::tests::a\n");
        check(
            &[("rehearsal-tests", "rows"), ("app", "b"), ("rehearsal", "c"), ("rehearsals", "d")],
            "2 tests of the app failed:\n    app: b\n    rehearsals: d\n\
             2 tests of the library failed:\n    rehearsal: c\n    rehearsal-tests: rows\n",
        );
    }
}
