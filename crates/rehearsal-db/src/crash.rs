//! What a process that was killed leaves beside a database, and sessions that are ended from outside.

use super::{Address, Error, postgres, sqlite};

/// How a SQLite file keeps what can't be left half done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// What was there before, in a rollback journal; one that was left behind is hot.
    Rollback,
    /// What is new, in a write-ahead log.
    Log,
}

/// Has a database keep its changes in that way.
pub async fn keep_in(address: &Address, journal: Journal) -> Result<(), Error> {
    match address {
        Address::Sqlite(address) => sqlite::keep_in(address, journal).await,
        Address::Postgres(_) => Ok(()),
    }
}

/// What was left behind beside a database.
pub fn left_behind(address: &Address) -> Option<Journal> {
    match address {
        Address::Sqlite(address) => sqlite::left_behind(address),
        Address::Postgres(_) => None,
    }
}

/// Has all that is committed survive a crash of the server, whatever the sessions asked for that committed it.
pub async fn make_safe(address: &Address) -> Result<(), Error> {
    match address {
        Address::Sqlite(_) => Ok(()),
        Address::Postgres(address) => postgres::make_safe(address).await,
    }
}

/// Ends all sessions of a database but those that look at it from another one. Returns how many.
pub async fn end_sessions(address: &Address) -> Result<u64, Error> {
    match address {
        Address::Sqlite(_) => Ok(0),
        Address::Postgres(address) => postgres::end_sessions(address).await,
    }
}
