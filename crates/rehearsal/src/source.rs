//! Where the program that embeds the library keeps its code. A message that advises to edit a backfill, a check, a generator or
//! traffic names the file; only that program knows the folder, and it says so once, at its start.

use std::sync::OnceLock;

static FOLDER: OnceLock<&'static str> = OnceLock::new();

/// Sets the folder with `backfills/`, `checks/`, `generators/` and `traffic/`, from the root of the workspace. Only the first
/// call counts.
pub fn set_folder(folder: &'static str) {
    // Losing to an earlier call is what the documentation promises.
    let _ = FOLDER.set(folder);
}

/// A path below that folder, as a message shows it: `backfills/pet_traits.rs` with the folder before it.
#[must_use]
pub fn path(below: &str) -> String {
    FOLDER.get().map_or_else(|| below.to_owned(), |folder| format!("{folder}/{below}"))
}

/// The file of a backfill.
#[must_use]
pub fn backfill(name: &str) -> String {
    path(&format!("backfills/{name}.rs"))
}

/// The file with what the app does to a database while backfills run.
#[must_use]
pub fn traffic(database: &str) -> String {
    path(&format!("traffic/{database}.rs"))
}

/// The file of a database's generator.
#[must_use]
pub fn generator(database: &str) -> String {
    path(&format!("generators/{database}.rs"))
}
