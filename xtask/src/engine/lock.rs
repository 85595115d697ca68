//! The right to change a database, held by one process at a time.

use super::{Access, Address, Connection, Error, postgres, sqlite};
use std::time::Duration;

/// The right to change a database's schema or to run its backfills, held by one process at a time and released by the
/// system when that process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _held: Held,
}

#[derive(Debug)]
#[expect(dead_code, reason = "what is held is released by being dropped")]
enum Held {
    Sqlite(sqlite::FileLock),
    Postgres(postgres::AdvisoryLock),
}

impl Lock {
    /// Takes the lock, or calls `waiting` with a description of the holder and waits for up to `wait`.
    ///
    /// # Errors
    /// [`Error::NoDatabase`]; [`Error::Locked`] when the wait was too long; [`Error::Io`] when the lock can't be made.
    pub async fn take(address: &Address, wait: Duration, waiting: &(dyn Fn(String) + Sync)) -> Result<Self, Error> {
        let held = match address {
            Address::Sqlite(address) => {
                if !address.creates() && !address.path().exists() {
                    return Err(Error::NoDatabase { place: address.path().display().to_string() });
                }
                sqlite::refuse_read_only(address, Access::Write)?;
                Held::Sqlite(sqlite::FileLock::take(address.path(), wait, waiting).await?)
            }
            Address::Postgres(server) => {
                if address.creates() {
                    // The lock is on a database: it has to be there first.
                    Connection::open(&Address::Postgres(server.clone()), Access::Write, wait).await?.close().await?;
                }
                Held::Postgres(postgres::AdvisoryLock::take(server, wait, waiting).await?)
            }
        };
        Ok(Self { _held: held })
    }
}
