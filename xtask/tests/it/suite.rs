//! The suite of these tests: the program and the databases of this workspace.

use rehearsal_tests::Suite;
use rehearsal_tests::workspace::Workspace;
use std::path::Path;

pub(crate) static SUITE: Suite = Suite {
    program: env!("CARGO_BIN_EXE_xtask"),
    workspace: concat!(env!("CARGO_MANIFEST_DIR"), "/.."),
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

/// The repository that these tests belong to.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
