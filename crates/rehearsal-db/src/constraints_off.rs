//! Writing on a try: in a transaction in which nothing acts on what is written, and which is rolled back.

use super::{Connection, Error, postgres, sqlite};

/// What was taken away so that nothing acts on what is written.
#[derive(Debug)]
pub struct ConstraintsOff(Vec<String>);

impl Connection {
    /// Begins a transaction in which nothing acts on what is written: no trigger, no reference. It is to be rolled back.
    ///
    /// # Errors
    /// [`Error::Privilege`] where the role may not do that.
    pub async fn begin_without_constraints(&mut self) -> Result<ConstraintsOff, Error> {
        match self {
            Self::Sqlite(session) => sqlite::begin_without_constraints(session).await.map(ConstraintsOff),
            Self::Postgres(session) => {
                postgres::begin_without_constraints(session).await.map(|()| ConstraintsOff(Vec::new()))
            }
        }
    }

    /// Lets everything act again, and tells how many references are broken.
    pub async fn restore_constraints(&mut self, off: &ConstraintsOff) -> Result<u64, Error> {
        match self {
            Self::Sqlite(session) => sqlite::restore_constraints(session, &off.0).await,
            Self::Postgres(session) => postgres::restore_constraints(session).await,
        }
    }

    /// Rolls back what was tried, with constraints or without.
    pub async fn rollback_constraints_off(&mut self) -> Result<(), Error> {
        self.rollback().await;
        match self {
            Self::Sqlite(session) => session.execute("PRAGMA foreign_keys = ON", &[]).await.map(drop),
            Self::Postgres(_) => Ok(()),
        }
    }
}
