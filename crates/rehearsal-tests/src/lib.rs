//! What the end-to-end suites of this repository share: throwaway workspaces ([`workspace`]), snapshots, a PostgreSQL
//! server ([`postgres`]), direct access to databases and processes. [`Suite`] says what a suite tests. The suite of this
//! crate runs a program of its own, `pets`, in a workspace of its own; the suite of `xtask` runs the app's.
//!
//! These are helpers of tests: they fail the test, by a panic, if anything goes wrong.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper of tests fails the test that calls it")]

pub mod database;
pub mod pets;
pub mod postgres;
pub mod processes;
pub mod shop;
pub mod snapshots;
pub mod workspace;

use std::path::Path;

/// What a suite tests.
#[derive(Debug)]
pub struct Suite {
    /// The path of the program.
    pub program: &'static str,
    /// The folder of the workspace of which each test gets a copy.
    pub workspace: &'static str,
    /// The folder of the snapshots.
    pub snapshots: &'static str,
}

impl Suite {
    /// Compares a text with the snapshot with this name in a folder of the snapshots.
    pub fn hold(&self, folder: &str, snapshot: &str, text: &str) {
        snapshots::hold(&Path::new(self.snapshots).join(folder), snapshot, text);
    }
}
