//! SQLite: one file is one database, one writer at a time.

mod bodies;
mod constraints_off;
mod crash;
mod defaults;
mod dialect;
mod digest;
mod driver;
mod holders;
mod insertable;
mod literal;
mod locate;
mod lock;
mod missing;
mod moments;
mod order;
mod rebuild;
mod references;
mod refusal;
mod schema;
mod session;
mod strict;

/// What is special about this engine.
pub(super) static DIALECT: dialect::SqliteDialect = dialect::SqliteDialect;

pub(super) use constraints_off::{begin_without_constraints, columns, restore_constraints};
pub(super) use crash::{keep_in, left_behind};
pub(super) use defaults::volatile_defaults;
pub(super) use digest::digests;
pub(super) use insertable::insertable_tables;
pub(super) use locate::locate;
pub(super) use lock::FileLock;
pub(super) use moments::moments;
pub(super) use order::reorder_rows;
pub(super) use rebuild::why_rows_went;
pub(super) use references::references;
pub(super) use schema::{schema, tables};
pub(super) use session::{Session, refuse_read_only};
pub(super) use strict::strict;

use super::Error;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

/// The tables of the ledger. One of an earlier version of this tool gets what it lacks.
pub(super) const LEDGER: &str = "
CREATE TABLE IF NOT EXISTS _rehearsal_runs (
    run INTEGER PRIMARY KEY NOT NULL,
    backfill TEXT NOT NULL,
    work TEXT NOT NULL,
    scope TEXT NOT NULL,
    state TEXT NOT NULL,
    counts TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS _rehearsal_ranges (
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    look INTEGER NOT NULL,
    after_key TEXT,
    until_key TEXT,
    cursor TEXT,
    counts TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT FALSE,
    owner INTEGER,
    leased_until TEXT,
    PRIMARY KEY (run, number)
);
CREATE TABLE IF NOT EXISTS _rehearsal_findings (
    number INTEGER PRIMARY KEY NOT NULL,
    run INTEGER NOT NULL REFERENCES _rehearsal_runs,
    finding TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS _rehearsal_findings_run ON _rehearsal_findings (run);
CREATE TABLE IF NOT EXISTS _rehearsal_log (
    number INTEGER PRIMARY KEY NOT NULL,
    run INTEGER NOT NULL,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    who TEXT NOT NULL,
    version TEXT NOT NULL,
    did TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS _rehearsal_log_run ON _rehearsal_log (run);";

/// The version of the SQLite that is linked in.
pub(super) async fn version() -> Result<String, Error> {
    let refused = |error: sqlx::Error| Error::Statement { why: error.to_string(), position: None };
    let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.map_err(refused)?;
    let version = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut connection).await.map_err(refused)?;
    connection.close().await.map_err(refused)?;
    Ok(version)
}
