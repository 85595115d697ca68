//! What the ledger asks of an engine to lease ranges of units to workers: a lease ends by the database's own clock, or at once
//! with the session of the worker that had it.

use super::{Connection, Error, Value};

/// For how long a worker has a range without a sign of life, in seconds. A batch takes far less, and prolongs it.
pub(crate) const LEASE_SECONDS: u32 = 60;

impl Connection {
    /// Makes this the session of the worker of that number: others know by it that the worker lives.
    pub async fn live_as(&mut self, worker: i64) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => self.query("SELECT pg_advisory_lock($1) IS NULL", &[worker.into()], 1).await.map(drop),
        }
    }

    /// Whether a process works on a run. On SQLite whoever asks has locked all others out of the database. In the transaction at
    /// hand.
    pub async fn is_worked_on(&mut self, run: i64) -> Result<bool, Error> {
        match self {
            Self::Sqlite(_) => Ok(false),
            Self::Postgres(_) => {
                let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended('_rehearsal_run', $1))::text";
                Ok(self.query(sql, &[run.into()], 1).await?.scalar().and_then(Value::as_text) == Some("false"))
            }
        }
    }

    /// Begins a transaction in which nobody else begins or ends a run.
    pub async fn begin_alone(&mut self) -> Result<(), Error> {
        self.begin().await?;
        match self {
            // There is one writer at a time.
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => {
                let sql = "SELECT pg_advisory_xact_lock(hashtextextended('_rehearsal_runs', 0)) IS NULL";
                self.query(sql, &[], 1).await.map(drop)
            }
        }
    }
}
