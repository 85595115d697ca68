//! Writing on a try: in a transaction in which nothing acts on what is written, and which is rolled back.

use super::{Connection, Error, postgres, sqlite};

/// What was taken away so that nothing acts on what is written.
#[derive(Debug)]
pub struct Free(Vec<String>);

impl Connection {
    /// Begins a transaction in which nothing acts on what is written: no trigger, no reference. It is to be rolled back.
    ///
    /// # Errors
    /// [`Error::Privilege`] where the role may not do that.
    pub async fn begin_free(&mut self) -> Result<Free, Error> {
        match self {
            Self::Sqlite(session) => sqlite::begin_free(session).await.map(Free),
            Self::Postgres(session) => postgres::begin_free(session).await.map(|()| Free(Vec::new())),
        }
    }

    /// Lets everything act again, and tells how many references are broken.
    pub async fn end_free(&mut self, free: &Free) -> Result<u64, Error> {
        match self {
            Self::Sqlite(session) => sqlite::end_free(session, &free.0).await,
            Self::Postgres(session) => postgres::end_free(session).await,
        }
    }

    /// Rolls back what was tried, free or not.
    pub async fn rollback_free(&mut self) -> Result<(), Error> {
        self.rollback().await;
        match self {
            Self::Sqlite(session) => session.execute("PRAGMA foreign_keys = ON", &[]).await.map(drop),
            Self::Postgres(_) => Ok(()),
        }
    }
}
