//! A database to work on: where it is and how to open it.

use super::{Access, Address, Connection, Error};
use std::time::Duration;

/// A database that this tool was told to work on, or one that it made itself.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is.
    pub address: Address,
    /// How long to wait for whoever has it locked.
    pub wait: Duration,
    access: Access,
}

impl Target {
    /// A database that somebody cares for.
    #[must_use]
    pub fn real(address: Address, wait: Duration) -> Self {
        Self { address, wait, access: Access::Write }
    }

    /// A database that the sandbox made and will drop.
    pub(crate) fn scratch(address: Address, wait: Duration) -> Self {
        Self { address, wait, access: Access::Scratch }
    }

    /// Opens it for reading and writing.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open(&self) -> Result<Connection, Error> {
        Connection::open(&self.address, self.access, self.wait).await
    }

    /// Opens it for reading.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open_to_read(&self) -> Result<Connection, Error> {
        Connection::open(&self.address, Access::Read, self.wait).await
    }

    /// True where other processes may be at work on it, so that a lock is needed.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.access != Access::Scratch
    }
}
