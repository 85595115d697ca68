//! The parts of the app on a migrated database: the checks accept what it makes of legacy rows, it reads what it
//! adds, and no user sees another user's rows.

mod add;
mod backfill;
mod change;
mod checks;
mod straightforward;

use crate::suite::new_workspace;
use rehearsal_tests::postgres::{execute, unique, url};
use rehearsal_tests::workspace::Workspace;

/// The version of the legacy tables.
const LEGACY: &str = "20260105100000";

/// Creates a database at `version`, without rows.
fn database(version: &str) -> (Workspace, String) {
    let workspace = new_workspace();
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    workspace.succeed(&format!("migrate parts --to {version} --url {}", url(&name)));
    (workspace, url(&name))
}
