//! A database to work on: where it is and how to open it.

use super::{Access, Address, Connection, Error, Gate};
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
    gate: Gate,
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
        Self { address, wait, access: Access::Write, place: Place::Here, gate: Gate::default() }
    }

    /// A database that the sandbox made and will drop.
    pub fn scratch(address: Address, wait: Duration) -> Self {
        Self { address, wait, access: Access::Scratch, place: Place::Here, gate: Gate::default() }
    }

    /// The same, with a gate at the commits of a process that is there to be killed.
    #[must_use]
    pub fn gated(self, gate: Gate) -> Self {
        Self { gate, access: Access::Doomed, ..self }
    }

    /// The same, on which an app and a backfill work at the same time.
    pub fn shared(self) -> Self {
        Self { access: Access::Shared, ..self }
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
        connection.put_up(self.gate.clone());
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
        self.access != Access::Scratch
    }
}
