//! The right to change a database, held by one process at a time, or shared by those that run its backfills.

use super::{Address, Error, HeldLock};
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
    held: Box<dyn HeldLock>,
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
        Ok(Self { held: address.lock(sharing, wait, waiting).await? })
    }

    /// Lets others know (`Session::is_worked_on`) that this process works on a run, for as long as the lock is held or until
    /// [`Self::leave`].
    pub async fn work_on(&mut self, run: i64) -> Result<(), Error> {
        self.held.work_on(run).await
    }

    /// This process works on that run no more. What can't be told is told by the end of the session.
    pub async fn leave(&mut self, run: i64) {
        self.held.leave(run).await;
    }

    /// Whether it is still held: on a server it goes with its session, whatever becomes of that.
    pub async fn is_held(&mut self) -> bool {
        self.held.is_held().await
    }
}
