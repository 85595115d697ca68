//! What the role of a connection lacks, found out before anything is written. SQLite has no roles.

use super::{Connection, Error, Lack, postgres};

impl Connection {
    /// What the role lacks to use tables with these privileges.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn lacking(&mut self, rights: &[(&str, &[&str])]) -> Result<Vec<Lack>, Error> {
        match self {
            Self::Sqlite(_) => Ok(Vec::new()),
            Self::Postgres(session) => postgres::lacking(session, rights).await,
        }
    }

    /// What the role lacks to see a table that is there.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn lack_of_sight(&mut self, table: &str) -> Result<Option<Lack>, Error> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(session) => postgres::lack_of_sight(session, table).await,
        }
    }

    /// What the role lacks to make tables where they would be made.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn lack_of_creation(&mut self) -> Result<Option<Lack>, Error> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(session) => postgres::lack_of_creation(session).await,
        }
    }
}
