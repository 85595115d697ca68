//! The suite of these tests: a program and a workspace of its own, so that the app of this repository can change.

use rehearsal_tests::Suite;
use rehearsal_tests::workspace::Workspace;

pub(crate) static SUITE: Suite = Suite {
    program: env!("CARGO_BIN_EXE_pets"),
    workspace: concat!(env!("CARGO_MANIFEST_DIR"), "/workspace"),
    snapshots: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/snapshots"),
};

/// Creates a workspace like a fresh checkout, without any database.
pub(crate) fn new_workspace() -> Workspace {
    Workspace::new(&SUITE)
}

/// Creates another project, with these files only.
pub(crate) fn another_project(files: &[(&str, &str)]) -> Workspace {
    Workspace::of_another_project(&SUITE, files)
}

/// Creates a workspace whose development database has this version and contains the rows of the fixture.
pub(crate) fn with_pets(version: &str) -> Workspace {
    Workspace::with_pets(&SUITE, version)
}

/// Compares a text with the snapshot with this name.
pub(crate) fn hold(folder: &str, snapshot: &str, text: &str) {
    SUITE.hold(folder, snapshot, text);
}
