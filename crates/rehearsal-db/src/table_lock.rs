//! [`TableLock`]: a lock that a transaction holds at its end, as a person reads it.

use serde::{Deserialize, Serialize};

/// A lock that a transaction holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLock {
    /// The table that is locked; `None` for the whole database.
    pub table: Option<String>,
    /// The mode, in the words of the engine: `AccessExclusive`.
    pub mode: String,
    /// Whom it keeps waiting.
    pub blocks: Blocks,
}

/// Whom a lock keeps waiting, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blocks {
    /// Only statements that change the schema.
    Nothing,
    /// Statements that write.
    Writes,
    /// Statements that read, and those that write.
    Reads,
}
