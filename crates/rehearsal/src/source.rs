//! The folder in which the embedding program keeps its backfills, checks, generators and traffic. Messages that
//! advise to edit one of them name its file. Only the program knows the folder, so it calls [`set_folder`] once at
//! its start.

use std::sync::OnceLock;

static FOLDER: OnceLock<&'static str> = OnceLock::new();

/// Sets the folder that contains `backfills/`, `checks/`, `generators/` and `traffic/`, relative to the root of the
/// workspace. Only the first call has an effect.
pub fn set_folder(folder: &'static str) {
    // A later call is documented to have no effect.
    let _ = FOLDER.set(folder);
}

/// Returns a path below that folder for messages: `backfills/pet_traits.rs`, prefixed with the folder if it is set.
#[must_use]
pub fn path(below: &str) -> String {
    FOLDER.get().map_or_else(|| below.to_owned(), |folder| format!("{folder}/{below}"))
}

/// The words in the files that a command creates, until a person fills them in.
pub const SCAFFOLD: &str = "Fill in this scaffold";

/// Returns the file of a backfill.
#[must_use]
pub fn backfill(name: &str) -> String {
    path(&format!("backfills/{name}.rs"))
}

/// Returns the file with the app's traffic on a database.
#[must_use]
pub fn traffic(database: &str) -> String {
    path(&format!("traffic/{database}.rs"))
}

/// Returns the file of a database's generator.
#[must_use]
pub fn generator(database: &str) -> String {
    path(&format!("generators/{database}.rs"))
}
