//! The app on a migrated database: what it makes of the legacy rows is what the checks expect, what it adds it can read, and
//! no user sees another's rows.

mod add;
mod backfill;
mod change;
mod checks;
mod straightforward;

use super::{execute, query, unique, url};
use crate::workspace::Workspace;

/// The version of the legacy tables.
const LEGACY: &str = "20260105100000";

/// A database with the tables and without rows.
fn database(version: &str) -> (Workspace, String) {
    let workspace = Workspace::new();
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    workspace.succeed(&format!("migrate parts --to {version} --url {}", url(&name)));
    (workspace, url(&name))
}
