//! Every error message: what failed, where, why, and what to type next. And whatever went wrong, nothing was written.

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

use crate::workspace::Workspace;
use pretty_assertions::assert_eq;

/// Runs the command, holds its words and its exit code against the snapshot of that name, and looks that every file is as
/// it was.
fn check(snapshot: &str, workspace: &Workspace, arguments: &str, exit: i32) {
    let before = workspace.files();
    workspace.run(arguments).check(exit, "errors", snapshot);
    assert_eq!(workspace.files(), before, "{snapshot}: `{arguments}` wrote something");
}
