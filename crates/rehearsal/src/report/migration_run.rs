//! [`MigrationRun`]: how one migration went in a proof, for the timeline of the history.

use rehearsal_db::TableLock;
use serde::{Deserialize, Serialize};

/// One migration that was applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MigrationRun {
    /// Its version.
    pub version: i64,
    /// Version and name: `20250915090000_add_pet_visual_traits`.
    pub name: String,
    /// Its duration, in milliseconds.
    pub duration_ms: f64,
    /// The number of rows in the tables that its file names, after it or, if there were more, before it.
    pub rows: u64,
    /// The locks that its transaction held at its end on tables that existed before; `None` without a transaction.
    pub locks: Option<Vec<TableLock>>,
}
