//! What rows must not depend on: their order, the time zone of the session, the moment.

use super::{Connection, Error, postgres, sqlite};

impl Connection {
    /// Stores the rows of all tables in another order, and changes nothing else. Returns the tables of several rows whose order
    /// could not be changed; it is that of their key where it is part of what they hold.
    pub async fn reorder_rows(&mut self) -> Result<Vec<String>, Error> {
        match self {
            Self::Sqlite(session) => sqlite::reorder_rows(session).await,
            Self::Postgres(session) => postgres::reorder_rows(session).await,
        }
    }

    /// Goes to another time zone, in which it is another day, as far as the engine lets a session do that: SQLite takes the
    /// time zone of the process.
    pub async fn go_elsewhere(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(session) => postgres::go_elsewhere(session).await,
        }
    }

    /// Which of these columns, as `(table, column)`, hold the moment in a row: one of the last `seconds`, or the day unless that
    /// `is_known` from elsewhere. Needed where the engine's clock goes by seconds, so that what was done twice within one shows no
    /// difference.
    pub async fn moments(
        &mut self,
        columns: &[(String, String)],
        seconds: u64,
        is_known: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Vec<(String, String)>, Error> {
        match self {
            Self::Sqlite(session) => sqlite::moments(session, columns, seconds, is_known).await,
            Self::Postgres(_) => Ok(Vec::new()),
        }
    }
}
