//! The [`Journal`] that a killed process leaves next to a database.

/// How a SQLite file protects a transaction against a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// The previous content, in a rollback journal. A leftover one is hot.
    Rollback,
    /// The new content, in a write-ahead log.
    Log,
}
