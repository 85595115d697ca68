//! Error messages: each one says what failed, where, why, and which command to run next. A failed command changes
//! no file.

mod backfills;
mod checks;
mod configuration;
mod database;
mod fixtures;
mod flags;
mod history;
mod new;
mod resources;
mod sql;

use pretty_assertions::assert_eq;
use rehearsal_tests::workspace::Workspace;

/// Runs a command and compares its exit code and output with the snapshot with this name. The command must not
/// change any file.
fn check(snapshot: &str, workspace: &Workspace, arguments: &str, exit: i32) {
    let before = workspace.files();
    workspace.run(arguments).check(exit, "errors", snapshot);
    assert_eq!(workspace.files(), before, "{snapshot}: `{arguments}` changed files");
}
