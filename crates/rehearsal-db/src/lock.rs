//! The right to change a database, held by one process at a time, or shared by those that run its backfills.

use super::{Access, Address, Connection, Durability, Error, postgres, sqlite};
use std::time::Duration;

/// Whether others may have the same right at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody else.
    Alone,
    /// Others who share it, too, where the engine has more than one writer.
    Together,
}

/// The right to change a database's schema or to run its backfills; released by the system when the process ends, however it
/// ends.
#[derive(Debug)]
pub struct Lock {
    held: Held,
}

#[derive(Debug)]
enum Held {
    #[expect(dead_code, reason = "it is released by being dropped")]
    Sqlite(sqlite::FileLock),
    Postgres(postgres::AdvisoryLock),
}

impl Lock {
    /// Takes the lock, or calls `waiting` with a description of the holder and waits for up to `wait`.
    ///
    /// # Errors
    /// [`Error::NoDatabase`]; [`Error::Locked`] when the wait was too long; [`Error::Io`] when the lock can't be made.
    pub async fn take(
        address: &Address,
        sharing: Sharing,
        wait: Duration,
        waiting: &(dyn Fn(String) + Sync),
    ) -> Result<Self, Error> {
        let held = match address {
            Address::Sqlite(address) => {
                if !address.creates() && !address.path().exists() {
                    return Err(Error::NoDatabase { place: address.path().display().to_string() });
                }
                sqlite::refuse_read_only(address, Access::Write(Durability::Configured))?;
                Held::Sqlite(sqlite::FileLock::take(address.path(), wait, waiting).await?)
            }
            Address::Postgres(server) => {
                if address.creates() {
                    // The lock is on a database: it has to be there first.
                    Connection::open(&Address::Postgres(server.clone()), Access::Write(Durability::Configured), wait)
                        .await?
                        .close()
                        .await?;
                }
                Held::Postgres(postgres::AdvisoryLock::take(server, sharing, wait, waiting).await?)
            }
        };
        Ok(Self { held })
    }

    /// Tells whoever asks (`Connection::is_worked_on`) that this process works on a run, for as long as the lock is held or until
    /// [`Self::leave`].
    pub async fn work_on(&mut self, run: i64) -> Result<(), Error> {
        match &mut self.held {
            Held::Sqlite(_) => Ok(()),
            Held::Postgres(lock) => lock.work_on(run).await,
        }
    }

    /// This process works on that run no more. What can't be told is told by the end of the session.
    pub async fn leave(&mut self, run: i64) {
        match &mut self.held {
            Held::Sqlite(_) => {}
            Held::Postgres(lock) => lock.leave(run).await,
        }
    }

    /// Whether it is still held: on a server it goes with its session, whatever becomes of that.
    pub async fn is_held(&mut self) -> bool {
        match &mut self.held {
            Held::Sqlite(_) => true,
            Held::Postgres(lock) => lock.is_held().await,
        }
    }
}
