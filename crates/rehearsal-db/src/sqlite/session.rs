//! An open SQLite file: how it is opened for each kind of access, and what its error codes mean to a person.

use super::holders::holders;
use super::schema::Table;
use crate::address::SqliteAddress;
use crate::value::arguments;
use crate::{Access, Address, CommitHook, Durability, Error, Row, Value};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::error::DatabaseError;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Row as _, TypeInfo, ValueRef};
use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How many rows sqlx's worker thread may be ahead of us: enough that reading and decoding overlap.
const ROWS_AHEAD: usize = 1024;

/// A connection to one SQLite file.
#[derive(Debug)]
pub struct Session {
    pub connection: SqliteConnection,
    path: PathBuf,
    wait: Duration,
    pub commit_hook: CommitHook,
    /// What was read of the catalog, by the text of a table, from which all of it follows.
    pub(super) tables: HashMap<String, Arc<Table>>,
}

impl Session {
    pub async fn open(address: &SqliteAddress, access: Access, wait: Duration) -> Result<Self, Error> {
        let path = address.path().to_owned();
        let missing = match path.symlink_metadata() {
            Ok(_) => false,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(error) => return Err(Error::Unreadable { place: shown(&path), why: error.to_string() }),
        };
        if missing && !(address.creates() && access != Access::Read) {
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
            // Opened for reading only, SQLite would leave the files of the write-ahead log behind.
            Access::Read => options.pragma("query_only", "ON"),
            // The default of sqlx-cli for a new database; readers and the writer don't wait for each other.
            Access::Write(Durability::Configured) if missing => options.journal_mode(SqliteJournalMode::Wal),
            Access::Write(Durability::Configured) => options,
            // Unlike one whose disk is waited for, its journal is hot from the first row on.
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
        let mut session = Self { connection, path, wait, commit_hook: CommitHook::default(), tables: HashMap::new() };
        // Opening reads nothing; a file that is no database shows only at the first statement.
        match session.execute("PRAGMA schema_version", &[]).await {
            Ok(_) => Ok(session),
            Err(error) => {
                // What closing says is less than what is known already.
                drop(session.close().await);
                Err(error)
            }
        }
    }

    pub async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        let result = if values.is_empty() {
            // Without parameters the text goes to the engine as it is, several statements included.
            sqlx::raw_sql(sql).execute(&mut self.connection).await
        } else {
            sqlx::query_with(sql, arguments::<Sqlite>(values)).execute(&mut self.connection).await
        };
        result.map(|done| done.rows_affected()).map_err(|error| explain(&self.path, self.wait, error))
    }

    pub fn stream<'c>(&'c mut self, sql: &str, values: &[Value]) -> BoxStream<'c, Result<Row, Error>> {
        let (path, wait) = (self.path.clone(), self.wait);
        let query = sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments::<Sqlite>(values)).persistent(false);
        let mut columns: Option<Arc<[String]>> = None;
        let rows = query.fetch(&mut self.connection).map(move |row| {
            let row = row.and_then(|row| Ok((decode(&row)?, row))).map_err(|error| explain(&path, wait, error));
            row.map(|(values, row)| {
                let names = || row.columns().iter().map(|column| column.name().to_owned()).collect();
                Row { columns: Arc::clone(columns.get_or_insert_with(names)), values }
            })
        });
        Box::pin(rows)
    }

    pub async fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, Error> {
        self.stream(sql, values).map_ok(|row| row.values).try_collect().await
    }

    pub fn address(&self) -> String {
        Address::file(&self.path).url()
    }

    pub fn command(&self, words: &str) -> String {
        Address::file(&self.path).command(words)
    }

    pub fn explain(&self, error: sqlx::Error) -> Error {
        explain(&self.path, self.wait, error)
    }

    pub async fn close(self) -> Result<(), Error> {
        let (path, wait) = (self.path, self.wait);
        self.connection.close().await.map_err(|error| explain(&path, wait, error))
    }
}

/// An address that was given for reading only is not written to.
pub(crate) fn refuse_read_only(address: &SqliteAddress, access: Access) -> Result<(), Error> {
    if access != Access::Read && address.is_read_only() {
        return Err(Error::ReadOnly { place: shown(address.path()), why: "its URL says so (`mode=ro`)".to_owned() });
    }
    Ok(())
}

/// A path as messages show it.
fn shown(path: &std::path::Path) -> String {
    path.display().to_string()
}

fn decode(row: &SqliteRow) -> Result<Vec<Value>, sqlx::Error> {
    (0..row.len()).map(|i| value(row, i)).collect()
}

fn value(row: &SqliteRow, i: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(i)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    // The value's own storage class, not the type that its column was declared with.
    let class = raw.type_info().name().to_owned();
    Ok(match class.as_str() {
        "INTEGER" | "BOOLEAN" | "INT4" | "INT8" => Value::Int(row.try_get_unchecked(i)?),
        "REAL" => Value::Real(row.try_get_unchecked(i)?),
        "BLOB" => Value::Blob(row.try_get_unchecked(i)?),
        _ => {
            let bytes: Vec<u8> = row.try_get_unchecked(i)?;
            String::from_utf8(bytes).map_or_else(|error| Value::Blob(error.into_bytes()), Value::Text)
        }
    })
}

/// Sorts an error by its result code (`https://sqlite.org/rescode.html`); the low byte is the primary one.
pub(super) fn explain(path: &std::path::Path, wait: Duration, error: sqlx::Error) -> Error {
    let place = shown(path);
    let Some(database) = error.as_database_error() else {
        return Error::Statement { why: error.to_string(), position: None };
    };
    let why = database.message().to_owned();
    let code = code(database);
    match (code, code & 0xff) {
        (_, 5 | 6) => Error::Locked { holders: holders(path), waited: wait, place },
        (_, 8) => Error::ReadOnly { place, why },
        (_, 13) => Error::Full { place, why },
        // SQLITE_IOERR_WRITE and SQLITE_IOERR_SHMSIZE: a file could not be made longer.
        (778 | 4874, _) => Error::Full { place, why: format!("{why} while a file was to grow") },
        (_, 11) => Error::Damaged { place, why },
        (_, 14) if has_write_ahead_log(path) => Error::ReadOnly {
            place,
            why: "its write-ahead log (-wal, -shm) needs a folder that may be written to".to_owned(),
        },
        (_, 10 | 14 | 26) => Error::Unreadable { place, why },
        _ => Error::Statement { why, position: None },
    }
}

/// True where the header says that the database has a write-ahead log (`https://sqlite.org/fileformat.html`, offset 18).
fn has_write_ahead_log(path: &std::path::Path) -> bool {
    let mut header = [0; 20];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok() && header[18] == 2
}

fn code(error: &dyn DatabaseError) -> u32 {
    error.code().and_then(|code| code.parse().ok()).unwrap_or_default()
}
