//! [`TableLock`]: a lock that a transaction holds at its end, as a person reads it.

use serde::{Deserialize, Serialize};

/// A lock that a transaction holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLock {
    /// The table that is locked; `None` for the whole database.
    pub table: Option<String>,
    /// The mode, in the words of the engine: `AccessExclusive`.
    pub mode: String,
    /// The statements of other sessions that it blocks.
    pub blocks: Blocks,
}

/// The statements of other sessions that a lock blocks, from the fewest to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blocks {
    /// Only those that change the schema.
    SchemaChanges,
    /// Those that write, too.
    Writes,
    /// Those that read, too.
    Reads,
}
