//! Processes that are killed at their commits: sound ones resume correctly, and an injected fault or a file that
//! cannot run twice is found.

use crate::suite::{another_project, new_workspace};
use rehearsal_tests::processes::{kill, wait_until};
use rehearsal_tests::workspace::Workspace;
use std::fs;

/// A migration after the version of the fixture.
const LABEL: &str = "20250920120000_x";

/// Creates two tables outside a transaction, so that a kill may leave one without the other.
const TWO_TABLES: &str = "-- no-transaction\nCREATE TABLE \"Toy\" (\"id\" INTEGER PRIMARY KEY);\nCREATE TABLE \"Ball\" (\"id\" INTEGER PRIMARY KEY);\n";
const NO_TABLES: &str = "DROP TABLE \"Toy\";\nDROP TABLE \"Ball\";\n";

#[test]
fn kills_at_every_commit() {
    let check = |snapshot: &str, exit: i32, up: &str, flags: &str| {
        let workspace = new_workspace();
        if !up.is_empty() {
            workspace.migration(LABEL, up, NO_TABLES);
        }
        workspace.run(&format!("ci pets --exhaustive{flags}")).check(exit, "crashes", snapshot);
    };
    check("sound", 0, "", "");
    check("cursor_apart", 1, "", " --fault cursor-apart");
    check("statements_one_by_one", 1, TWO_TABLES, "");
    let again = TWO_TABLES.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS");
    check("statements_that_may_run_twice", 0, &again, "");
    // A restart does not fail, but leaves different content.
    let more = format!("{again}INSERT INTO \"Toy\" DEFAULT VALUES;\n");
    check("rows_inserted_twice", 1, &more, "");
}

/// A file that cannot run twice is a note without a fixture, and a finding with one, because a migration that data
/// depends on can no longer be changed.
#[test]
fn projects_with_and_without_a_fixture() {
    let check = |snapshot: &str, exit: i32, flags: &str| {
        let first = ("migrations/1_people.sql", "CREATE TABLE people (id INTEGER PRIMARY KEY);\n");
        let project = [first, ("migrations/2_toys.sql", TWO_TABLES), ("data.sql", "INSERT INTO people VALUES (1);\n")];
        let project = another_project(&project);
        let command = format!("ci --migrations migrations --engine sqlite --exhaustive{flags}");
        project.run(&command).check(exit, "crashes", snapshot);
    };
    check("given", 0, "");
    check("given_at_a_version", 1, " --fixture data.sql@1");
}

/// Returns the number of processes that run a step of a rehearsal in the workspace.
fn steps_in(workspace: &Workspace) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let is_step = |process: &std::path::PathBuf| {
        fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == workspace.root)
            && fs::read(process.join("cmdline"))
                .is_ok_and(|words| words.split(|byte| *byte == 0).nth(1) == Some(b"crash-step"))
    };
    processes.filter(is_step).count()
}

#[test]
fn a_killed_rehearsal_leaves_no_process() {
    let workspace = new_workspace();
    let running = workspace.command(["ci", "pets"]).stdout_null().stderr_null().unchecked().start().unwrap();
    wait_until(|| steps_in(&workspace) > 0 || running.try_wait().unwrap().is_some());
    kill(&running);
    wait_until(|| steps_in(&workspace) == 0);
    workspace.succeed("ci pets");
}
