//! What else is going on at a server that should not have to wait for us.

use std::fmt;

/// Something that goes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pressure {
    /// A session waits for a lock that one of our writers holds.
    Waits(String),
    /// A replica has not replayed what was written.
    Lags(String),
    /// The server vacuums a table so that transaction ids don't run out.
    Wraparound(String),
}

impl fmt::Display for Pressure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waits(who) => write!(f, "{who} waits for a lock of ours"),
            Self::Lags(who) => write!(f, "the replica {who}"),
            Self::Wraparound(what) => write!(f, "the server vacuums {what} to prevent a wraparound of transaction ids"),
        }
    }
}
