//! [`Target`]: a database to work on, with its address and how to open it.

use super::{Access, Address, CommitHook, Connection, Durability, Error, MigrationTable};
use std::sync::Arc;
use std::time::Duration;

/// A database of the user, or a scratch database of the library.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its address.
    pub address: Address,
    /// How long to wait for a lock.
    pub wait: Duration,
    access: Access,
    place: Place,
    commit_hook: CommitHook,
    migration_table: Arc<MigrationTable>,
}

/// The time zone of the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The time zone of the database.
    Here,
    /// A different one.
    Elsewhere,
}

impl Target {
    /// A database with real data.
    #[must_use]
    pub fn real(address: Address, wait: Duration) -> Self {
        Self {
            address,
            wait,
            access: Access::Write(Durability::Configured),
            place: Place::Here,
            commit_hook: CommitHook::default(),
            migration_table: Arc::default(),
        }
    }

    /// A scratch database, which the sandbox drops.
    pub fn scratch(address: Address, wait: Duration) -> Self {
        Self {
            address,
            wait,
            access: Access::Write(Durability::None),
            place: Place::Here,
            commit_hook: CommitHook::default(),
            migration_table: Arc::default(),
        }
    }

    /// The database with another table than sqlx's default for the applied migrations.
    #[must_use]
    pub fn recording_in(self, table: &MigrationTable) -> Self {
        Self { migration_table: Arc::new(table.clone()), ..self }
    }

    /// The database in a process that will be killed, with a hook at its commits.
    #[must_use]
    pub fn with_commit_hook(self, commit_hook: CommitHook) -> Self {
        Self { commit_hook, access: Access::Write(Durability::ProcessExit), ..self }
    }

    /// The database with an app and a backfill that work concurrently.
    pub fn shared(self) -> Self {
        Self { access: Access::Write(Durability::NoneShared), ..self }
    }

    /// The database with all sessions in a different time zone.
    pub fn elsewhere(self) -> Self {
        Self { place: Place::Elsewhere, ..self }
    }

    /// The database with all sessions in its own time zone.
    pub fn here(self) -> Self {
        Self { place: Place::Here, ..self }
    }

    /// Opens it for reading and writing.
    ///
    /// # Errors
    /// The errors of [`Connection::open`].
    pub async fn open(&self) -> Result<Connection, Error> {
        let mut connection = self.open_for(self.access).await?;
        connection.set_commit_hook(self.commit_hook.clone());
        Ok(connection)
    }

    /// Opens it for reading.
    ///
    /// # Errors
    /// The errors of [`Connection::open`].
    pub async fn open_to_read(&self) -> Result<Connection, Error> {
        self.open_for(Access::Read).await
    }

    async fn open_for(&self, access: Access) -> Result<Connection, Error> {
        let mut connection = Connection::open(&self.address, access, self.wait).await?;
        connection.set_migration_table(Arc::clone(&self.migration_table));
        match self.place {
            Place::Here => Ok(connection),
            Place::Elsewhere => match connection.change_time_zone().await {
                Ok(()) => Ok(connection),
                Err(error) => connection.close_with(Err(error)).await,
            },
        }
    }

    /// True if other processes may use it, so that a lock is needed.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.access != Access::Write(Durability::None)
    }
}
