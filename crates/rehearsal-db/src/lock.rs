//! The [`Lock`] on a database: exclusive for changes of the schema, or shared by the processes that run backfills.

use super::{Address, Error, HeldLock};
use std::time::Duration;

/// Whether other processes may hold the lock at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// No other process.
    Alone,
    /// Other processes that also share it, if the engine has more than one writer.
    Together,
}

/// The right to change a database's schema or to run its backfills. The system releases it when the process ends for
/// any reason.
#[derive(Debug)]
pub struct Lock {
    held: Box<dyn HeldLock>,
}

impl Lock {
    /// Takes the lock. If another process holds it, calls `waiting` with a description of the holder and waits for
    /// up to `wait`.
    ///
    /// # Errors
    /// [`Error::NoDatabase`]; [`Error::Locked`] if the wait is over; [`Error::Io`] if the lock file cannot be created.
    pub async fn take(
        address: &Address,
        sharing: Sharing,
        wait: Duration,
        waiting: &(dyn Fn(String) + Sync),
    ) -> Result<Self, Error> {
        Ok(Self { held: address.lock(sharing, wait, waiting).await? })
    }

    /// Announces to other processes (`Session::is_worked_on`) that this process works on a run, until
    /// [`Self::leave`] or the release of the lock.
    pub async fn work_on(&mut self, run: i64) -> Result<(), Error> {
        self.held.work_on(run).await
    }

    /// Ends the announcement of [`Self::work_on`]. If that fails, the end of the session ends it.
    pub async fn leave(&mut self, run: i64) {
        self.held.leave(run).await;
    }

    /// Whether the lock is still held: on a server it ends with its session.
    pub async fn is_held(&mut self) -> bool {
        self.held.is_held().await
    }
}
