//! [`SqliteSession`]: an open connection to a SQLite file, with the settings that its [`Access`] needs.

use super::address::SqliteAddress;
use super::explain::{explain, shown};
use super::table::Table;
use crate::{Access, Durability, Error, Mode, Session};
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How many rows sqlx's worker thread may buffer: enough for reading and decoding to overlap.
const ROWS_AHEAD: usize = 1024;

/// A connection to one SQLite file.
#[derive(Debug)]
pub(crate) struct SqliteSession {
    pub(super) connection: SqliteConnection,
    pub(super) path: PathBuf,
    /// How long each statement waits for a locked database; errors name this time.
    pub(super) wait: Duration,
    /// The parsed tables of the catalog, by the text of their CREATE TABLE.
    pub(super) tables: HashMap<String, Arc<Table>>,
}

impl SqliteSession {
    pub(super) async fn open(address: &SqliteAddress, access: Access, wait: Duration) -> Result<Self, Error> {
        let path = address.path().to_owned();
        // Does not follow links: a link to a missing file counts as existing. Opening it fails, and no file is created
        // at its target.
        let missing = match path.symlink_metadata() {
            Ok(_) => false,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(error) => return Err(Error::Unreadable { place: shown(&path), why: error.to_string() }),
        };
        let may_create = address.mode() == Mode::Create && access != Access::Read;
        if missing && !may_create {
            return Err(Error::NoDatabase { place: shown(&path) });
        }
        refuse_read_only(address, access)?;
        if path.is_dir() {
            return Err(Error::Unreadable { place: shown(&path), why: "it is a folder".to_owned() });
        }
        let mut options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(missing)
            .busy_timeout(wait)
            .row_buffer_size(ROWS_AHEAD)
            .disable_statement_logging();
        options = match access {
            // The file is opened for writing, so that the last connection to close can remove the files of a
            // write-ahead log. `query_only` rejects writes.
            Access::Read => options.pragma("query_only", "ON"),
            // A new database gets a write-ahead log, the default of sqlx-cli, so that readers and the writer do not
            // block each other.
            Access::Write(Durability::Configured) if missing => options.journal_mode(SqliteJournalMode::Wal),
            Access::Write(Durability::Configured) => options,
            // For a process that will be killed. Without syncing, the rollback journal is hot from the first written
            // row on: a kill after it leaves a journal that the next connection rolls back.
            Access::Write(Durability::ProcessExit) => options.synchronous(SqliteSynchronous::Off),
            Access::Write(Durability::None) => {
                options.journal_mode(SqliteJournalMode::Memory).synchronous(SqliteSynchronous::Off)
            }
            Access::Write(Durability::NoneShared) => {
                options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Off)
            }
        };
        if missing && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|source| Error::Io {
                what: "create",
                path: folder.to_owned(),
                source,
            })?;
        }
        let connection = match options.connect().await {
            Ok(connection) => connection,
            Err(error) => return Err(explain(&path, wait, error)),
        };
        let mut session = Self { connection, path, wait, tables: HashMap::new() };
        // Opening reads nothing. This first statement fails if the file is not a database.
        match session.execute("PRAGMA schema_version", &[]).await {
            Ok(_) => Ok(session),
            Err(error) => {
                // The first error matters more than an error of closing.
                drop(Box::new(session).close().await);
                Err(error)
            }
        }
    }
}

/// Fails for write access to an address with read-only mode.
pub(super) fn refuse_read_only(address: &SqliteAddress, access: Access) -> Result<(), Error> {
    if access != Access::Read && address.mode() == Mode::Read {
        return Err(Error::ReadOnly {
            place: shown(address.path()),
            why: "its URL asks for read-only access (`mode=ro`)".to_owned(),
        });
    }
    Ok(())
}
