//! What the ledger asks of an engine to lease ranges of units to workers: a lease ends by the database's own clock, or at once
//! with the session of the worker that had it.

use super::{Connection, Engine, Error, Value};

/// For how long a worker has a range without a sign of life, in seconds. A batch takes far less, and prolongs it.
const LEASE: u32 = 60;

impl Engine {
    /// When a lease that is given now ends, as an expression.
    pub fn lease_end(self) -> String {
        match self {
            Self::Sqlite => format!("datetime('now', '+{LEASE} seconds')"),
            Self::Postgres => format!("clock_timestamp() + interval '{LEASE} seconds'"),
        }
    }

    /// Whether the row of a range is free, as a condition on its columns `owner` and `leased_until`.
    pub fn is_free(self) -> &'static str {
        match self {
            // Whoever asks has locked all others out of the database.
            Self::Sqlite => "TRUE",
            // A worker's session holds the lock of its number: whoever can have that knows that the worker is gone.
            Self::Postgres => "(owner IS NULL OR leased_until < clock_timestamp() OR pg_try_advisory_xact_lock(owner))",
        }
    }

    /// Behind a SELECT: locks the row for the transaction, and passes over those that others have locked.
    pub fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// Behind a SELECT: locks the rows of that table for the transaction.
    pub fn lock_rows(self, table: &str) -> String {
        match self {
            Self::Sqlite => String::new(),
            Self::Postgres => format!(" FOR UPDATE OF {table}"),
        }
    }
}

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
