//! A database to work on: where it is and how to open it.

use super::{Access, Address, CommitHook, Connection, Durability, Error};
use std::time::Duration;

/// A database that this tool was told to work on, or one that it made itself.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is.
    pub address: Address,
    /// How long to wait for whoever has it locked.
    pub wait: Duration,
    access: Access,
    place: Place,
    commit_hook: CommitHook,
}

/// Where the sessions of a target are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the time zone that the database has.
    Here,
    /// In another one.
    Elsewhere,
}

impl Target {
    /// A database that somebody cares for.
    #[must_use]
    pub fn real(address: Address, wait: Duration) -> Self {
        Self {
            address,
            wait,
            access: Access::Write(Durability::Configured),
            place: Place::Here,
            commit_hook: CommitHook::default(),
        }
    }

    /// A database that the sandbox made and will drop.
    pub fn scratch(address: Address, wait: Duration) -> Self {
        Self {
            address,
            wait,
            access: Access::Write(Durability::None),
            place: Place::Here,
            commit_hook: CommitHook::default(),
        }
    }

    /// The same database in a process that is there to be killed, with a hook at its commits.
    #[must_use]
    pub fn with_commit_hook(self, commit_hook: CommitHook) -> Self {
        Self { commit_hook, access: Access::Write(Durability::ProcessExit), ..self }
    }

    /// The same, on which an app and a backfill work at the same time.
    pub fn shared(self) -> Self {
        Self { access: Access::Write(Durability::NoneShared), ..self }
    }

    /// The same, with all sessions in another time zone.
    pub fn elsewhere(self) -> Self {
        Self { place: Place::Elsewhere, ..self }
    }

    /// The same, with all sessions in the time zone that the database has.
    pub fn here(self) -> Self {
        Self { place: Place::Here, ..self }
    }

    /// Opens it for reading and writing.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open(&self) -> Result<Connection, Error> {
        let mut connection = self.open_for(self.access).await?;
        connection.set_commit_hook(self.commit_hook.clone());
        Ok(connection)
    }

    /// Opens it for reading.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open_to_read(&self) -> Result<Connection, Error> {
        self.open_for(Access::Read).await
    }

    async fn open_for(&self, access: Access) -> Result<Connection, Error> {
        let mut connection = Connection::open(&self.address, access, self.wait).await?;
        match self.place {
            Place::Here => Ok(connection),
            Place::Elsewhere => match connection.go_elsewhere().await {
                Ok(()) => Ok(connection),
                Err(error) => connection.close_with(Err(error)).await,
            },
        }
    }

    /// True where other processes may be at work on it, so that a lock is needed.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.access != Access::Write(Durability::None)
    }
}
