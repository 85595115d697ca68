//! What a process that was killed leaves beside a database.

/// How a SQLite file keeps what can't be left half done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// What was there before, in a rollback journal; one that was left behind is hot.
    Rollback,
    /// What is new, in a write-ahead log.
    Log,
}
