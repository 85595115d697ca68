//! What the role of a connection lacks, found out before anything is written. SQLite has no roles.

use super::{Connection, Error, MissingPrivilege, postgres};

impl Connection {
    /// What the role lacks to use tables with these privileges.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn missing_privileges(&mut self, privileges: &[(&str, &[&str])]) -> Result<Vec<MissingPrivilege>, Error> {
        match self {
            Self::Sqlite(_) => Ok(Vec::new()),
            Self::Postgres(session) => postgres::missing_privileges(session, privileges).await,
        }
    }

    /// What the role lacks to see a table that is there.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn missing_schema_usage(&mut self, table: &str) -> Result<Option<MissingPrivilege>, Error> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(session) => postgres::missing_schema_usage(session, table).await,
        }
    }

    /// What the role lacks to make tables where they would be made.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn missing_creation_privilege(&mut self) -> Result<Option<MissingPrivilege>, Error> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(session) => postgres::missing_creation_privilege(session).await,
        }
    }
}
