//! [`Pressure`]: other work on a server that must not wait for a backfill.

use std::fmt;

/// Other work with priority over a backfill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pressure {
    /// A session waits for a lock of a backfill's writer.
    Waits(String),
    /// A replica has not replayed recent writes.
    Lags(String),
    /// The server vacuums a table to prevent transaction ID wraparound.
    Wraparound(String),
}

impl fmt::Display for Pressure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waits(who) => write!(f, "{who} is waiting for a lock that this run holds"),
            Self::Lags(who) => write!(f, "the replica {who}"),
            Self::Wraparound(what) => write!(f, "the server is vacuuming {what} to prevent transaction ID wraparound"),
        }
    }
}
