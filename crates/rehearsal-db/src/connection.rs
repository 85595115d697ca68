//! A connection to a database of any engine. Statements that this tool writes itself, checks and migrations go through
//! here; a backfill's own statements use the driver's typed connection ([`super::Driver`]).

use super::lex::Statement;
use super::{Address, Commit, CommitHook, CommitPhase, Engine, Error, Row, Rows, Value, postgres, sqlite};
use super::{ColumnShape, Reference, SQLX_TABLE, Schema, Sequence, TableDigest, TableShape, VolatileDefault};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use sqlx::migrate::Migrate;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Settings of a session, by name.
pub type Settings = Vec<(String, String)>;

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads only: the engine itself refuses anything else.
    Read,
    /// Reads and writes. Commits survive what the durability says.
    Write(Durability),
}

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What the database is configured for, as a database with real data needs it. Only such a connection creates a missing
    /// database.
    Configured,
    /// The end of this process at any moment, and not a crash of the machine: no commit waits for a disk.
    ProcessExit,
    /// Nothing: the database is a throwaway, and nothing waits for a disk.
    None,
    /// Nothing, either, where several connections write at the same time, as an app and a backfill do.
    NoneShared,
}

/// An open connection.
#[derive(Debug)]
pub enum Connection {
    /// To a SQLite file.
    Sqlite(sqlite::Session),
    /// To a PostgreSQL database.
    Postgres(postgres::Session),
}

impl Connection {
    /// Connects. Only [`Access::Write(Durability::Configured)`] creates a missing database, and only where the address says so.
    ///
    /// `wait` is how long a locked database is waited for, here and by each statement afterwards.
    ///
    /// # Errors
    /// [`Error::NoDatabase`], [`Error::Unreadable`], [`Error::Locked`].
    pub async fn open(address: &Address, access: Access, wait: Duration) -> Result<Self, Error> {
        match address {
            Address::Sqlite(address) => sqlite::Session::open(address, access, wait).await.map(Self::Sqlite),
            Address::Postgres(address) => postgres::Session::open(address, access, wait).await.map(Self::Postgres),
        }
    }

    /// The engine at the other end.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Its address, for messages.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::Sqlite(session) => session.address(),
            Self::Postgres(session) => session.address(),
        }
    }

    /// The command that does this on its database ([`Address::command`]).
    pub fn command(&self, words: &str) -> String {
        match self {
            Self::Sqlite(session) => session.command(words),
            Self::Postgres(session) => session.command(words),
        }
    }

    /// Runs one statement and returns how many rows it changed. Parameters are `$1`, `$2`, ….
    ///
    /// # Errors
    /// What the engine said.
    pub async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        match self {
            Self::Sqlite(session) => session.execute(sql, values).await,
            Self::Postgres(session) => session.execute(sql, values).await,
        }
    }

    /// A query of somebody else, written so that the engine can't take a misspelt name for anything but an error.
    #[must_use]
    pub fn strict(&self, sql: &str) -> String {
        match self {
            Self::Sqlite(_) => sqlite::strict(sql),
            Self::Postgres(_) => sql.to_owned(),
        }
    }

    /// Runs a query and returns at most `limit` of its rows.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn query(&mut self, sql: &str, values: &[Value], limit: usize) -> Result<Rows, Error> {
        let mut stream = self.stream(sql, values);
        let mut rows = Rows::default();
        while rows.rows.len() < limit
            && let Some(row) = stream.try_next().await?
        {
            if rows.columns.is_empty() {
                rows.columns = row.columns.to_vec();
            }
            rows.rows.push(row.values);
        }
        Ok(rows)
    }

    /// Runs a query and returns its rows as they come; few of them are in memory at a time.
    pub fn stream<'c>(&'c mut self, sql: &str, values: &[Value]) -> BoxStream<'c, Result<Row, Error>> {
        match self {
            Self::Sqlite(session) => session.stream(sql, values),
            Self::Postgres(session) => session.stream(sql, values),
        }
    }

    /// Begins a transaction that will write, and waits for the right to.
    ///
    /// # Errors
    /// [`Error::Locked`] when the wait was too long.
    pub async fn begin(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(session) => session.execute("BEGIN IMMEDIATE", &[]).await.map(drop),
            Self::Postgres(session) => session.execute("BEGIN", &[]).await.map(drop),
        }
    }

    /// Begins the transaction of a migration or of a batch: one that gives up soon where it has to wait for a lock, since
    /// whoever comes after it waits behind it. It is to be tried again for as long as [`Self::patience`] says.
    pub async fn begin_gently(&mut self) -> Result<(), Error> {
        self.begin().await?;
        self.give_up_soon("SET LOCAL").await
    }

    /// From here on waits only shortly for a lock: until the transaction ends (`SET LOCAL`) or until [`Self::give_up_late`]
    /// (`SET SESSION`).
    pub async fn give_up_soon(&mut self, set: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(session) => session.give_up_soon(set).await,
        }
    }

    /// From here on waits for a lock as long as it was told when it was opened.
    pub async fn give_up_late(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(session) => session.give_up_late().await,
        }
    }

    /// For how long a migration that could not have its locks is tried again. SQLite has waited already.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Sqlite(_) => Duration::ZERO,
            Self::Postgres(session) => session.wait(),
        }
    }

    /// The same error with those who hold locks on the database, if it is about a lock and nobody was named yet.
    pub async fn name_holders(&mut self, error: Error) -> Error {
        match (self, error) {
            (Self::Postgres(session), Error::Locked { place, waited, holders }) if holders.is_empty() => {
                Error::Locked { place, waited, holders: session.lock_holders().await }
            }
            (_, error) => error,
        }
    }

    /// What a statement that ran without a transaction may have left unusable.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn unusable(&mut self) -> Result<Vec<String>, Error> {
        match self {
            Self::Sqlite(_) => Ok(Vec::new()),
            Self::Postgres(session) => session.invalid_indexes().await,
        }
    }

    /// Begins a transaction into which data is loaded: references are checked when it commits, whatever the order of rows.
    pub async fn begin_load(&mut self) -> Result<(), Error> {
        self.begin().await?;
        match self {
            Self::Sqlite(session) => session.execute("PRAGMA defer_foreign_keys = ON", &[]).await.map(drop),
            // Constraints that are not deferrable are checked row by row; a fixture gives its rows in an order that fits.
            Self::Postgres(session) => session.execute("SET CONSTRAINTS ALL DEFERRED", &[]).await.map(drop),
        }
    }

    /// Prepares the connection for batches of writes beside a reader of the same process.
    pub async fn prepare_batches(&mut self) -> Result<(), Error> {
        match self {
            // A cache that spills in the middle of a transaction would lock the reader out until its end.
            Self::Sqlite(session) => session.execute("PRAGMA cache_spill = OFF", &[]).await.map(drop),
            Self::Postgres(session) => session.look_up_rows().await,
        }
    }

    /// Prepares the connection for reading units page by page in the order of their key.
    pub async fn prepare_pages(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            // The server takes "pending" for rare, and would read and sort the whole table for each page instead of walking
            // along the index of the key until the page is full. Where there is no such index, it sorts nevertheless.
            Self::Postgres(session) => {
                // A query is open while what it has read is written.
                session.execute("SET statement_timeout = 0", &[]).await?;
                // Somebody who waits for our writer may be who we wait for: the server does not see that we wait for ourselves.
                session.give_up_soon("SET SESSION").await?;
                session.execute("SET enable_sort = off", &[]).await?;
                session.look_up_rows().await
            }
        }
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// What the engine said; the transaction is then rolled back by [`Self::rollback`] or by closing.
    pub async fn commit(&mut self) -> Result<(), Error> {
        self.call_commit_hook(CommitPhase::Before, || Commit::Transaction);
        self.execute("COMMIT", &[]).await?;
        self.call_commit_hook(CommitPhase::After, || Commit::Transaction);
        Ok(())
    }

    /// Calls this hook at each commit from here on.
    pub(super) fn set_commit_hook(&mut self, hook: CommitHook) {
        match self {
            Self::Sqlite(session) => session.commit_hook = hook,
            Self::Postgres(session) => session.commit_hook = hook,
        }
    }

    /// True where a hook is called at each commit.
    pub fn has_commit_hook(&self) -> bool {
        match self {
            Self::Sqlite(session) => session.commit_hook.is_set(),
            Self::Postgres(session) => session.commit_hook.is_set(),
        }
    }

    /// Calls the hook, if there is one, at a phase of a commit.
    pub fn call_commit_hook(&self, phase: CommitPhase, commit: impl FnOnce() -> Commit) {
        match self {
            Self::Sqlite(session) => session.commit_hook.call(phase, commit),
            Self::Postgres(session) => session.commit_hook.call(phase, commit),
        }
    }

    /// Rolls the transaction back, if one is open: after some errors the engine has done so already.
    pub async fn rollback(&mut self) {
        // An error here means that there is nothing to roll back, or no connection; both leave nothing behind.
        drop(self.execute("ROLLBACK", &[]).await);
    }

    /// sqlx's own bookkeeping of migrations on this connection.
    pub fn migrations(&mut self) -> &mut (dyn Migrate + Send) {
        match self {
            Self::Sqlite(session) => &mut session.connection,
            Self::Postgres(session) => &mut session.connection,
        }
    }

    /// Turns what sqlx's bookkeeping answered into an error of this module.
    pub fn explain(&self, error: sqlx::Error) -> Error {
        match self {
            Self::Sqlite(session) => session.explain(error),
            Self::Postgres(session) => session.explain(error),
        }
    }

    /// The byte offset within `statement` at which the engine stopped understanding it, where `error` speaks of a place.
    pub async fn locate(&mut self, statement: &Statement<'_>, error: &Error) -> Option<usize> {
        match self {
            Self::Sqlite(session) => sqlite::locate(session, statement.text, error).await,
            Self::Postgres(_) => {
                let Error::Statement { position: Some(position), .. } = error else { return None };
                let at = statement.text.char_indices().nth(position - 1).map(|(at, _)| at);
                at.or(Some(statement.text.len()))
            }
        }
    }

    /// True where the database has a table of that exact name.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn has_table(&mut self, name: &str) -> Result<bool, Error> {
        match self {
            Self::Sqlite(_) => {
                let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1";
                Ok(self.query(sql, &[name.into()], 1).await?.scalar() == Some(&Value::Int(1)))
            }
            Self::Postgres(_) => {
                let sql = "SELECT count(*) FROM pg_class WHERE oid = to_regclass(quote_ident($1))";
                Ok(self.query(sql, &[name.into()], 1).await?.scalar() == Some(&Value::Int(1)))
            }
        }
    }

    /// True where nobody has made a table and no migration is applied.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn is_empty(&mut self) -> Result<bool, Error> {
        if !self.tables().await?.is_empty() {
            return Ok(false);
        }
        if !self.has_table(SQLX_TABLE).await? {
            return Ok(true);
        }
        let applied = self.query(&format!("SELECT count(*) FROM {SQLX_TABLE}"), &[], 1).await?;
        Ok(applied.scalar() == Some(&Value::Int(0)))
    }

    /// Sets what changes how the catalog and values are shown to what it is for a fingerprint, whatever a migration has set it
    /// to, and returns what it was.
    pub async fn pin(&mut self) -> Result<Settings, Error> {
        match self {
            Self::Sqlite(_) => Ok(Settings::default()),
            Self::Postgres(session) => session.pin().await,
        }
    }

    /// Sets it back.
    pub async fn unpin(&mut self, settings: Settings) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(session) => session.unpin(settings).await,
        }
    }

    /// The user's tables (not the engine's, sqlx's or this tool's), with columns and keys, by name.
    pub async fn tables(&mut self) -> Result<Vec<TableShape>, Error> {
        match self {
            Self::Sqlite(session) => sqlite::tables(session).await,
            Self::Postgres(session) => postgres::tables(session).await,
        }
    }

    /// The user's schema, object by object, with `tables` for its tables.
    pub async fn schema(&mut self, tables: &[TableShape]) -> Result<Arc<Schema>, Error> {
        match self {
            Self::Sqlite(session) => sqlite::schema(session, tables).await,
            Self::Postgres(session) => postgres::schema(session, tables).await,
        }
    }

    /// Where each of the user's sequences stands. SQLite's own counters follow their tables.
    pub async fn sequences(&mut self) -> Result<BTreeMap<String, Sequence>, Error> {
        match self {
            Self::Sqlite(_) => Ok(BTreeMap::new()),
            Self::Postgres(session) => postgres::sequences(session).await,
        }
    }

    /// The columns of the user's tables whose default gives another value each time.
    pub async fn volatile_defaults(&mut self) -> Result<Vec<VolatileDefault>, Error> {
        match self {
            Self::Sqlite(session) => sqlite::volatile_defaults(session).await,
            Self::Postgres(session) => postgres::volatile_defaults(session).await,
        }
    }

    /// The columns of the user's tables that refer to another one.
    pub async fn references(&mut self) -> Result<Vec<Reference>, Error> {
        match self {
            Self::Sqlite(session) => sqlite::references(session).await,
            Self::Postgres(session) => postgres::references(session).await,
        }
    }

    /// The columns of a table.
    pub async fn columns(&mut self, table: &str) -> Result<Vec<ColumnShape>, Error> {
        match self {
            Self::Sqlite(session) => sqlite::columns(session, table).await,
            Self::Postgres(session) => postgres::columns(session, table).await,
        }
    }

    /// Tables whose rows are another server's, and not looked at.
    pub async fn foreign_tables(&mut self) -> Result<Vec<String>, Error> {
        match self {
            Self::Sqlite(_) => Ok(Vec::new()),
            Self::Postgres(session) => postgres::foreign_tables(session).await,
        }
    }

    /// Why a script, which was run, has deleted or changed rows of tables that it does not name, where that is what it did, and how
    /// it is written instead.
    pub async fn why_rows_went(&mut self, sql: &str, suffered: &[&str]) -> Result<Option<String>, Error> {
        match self {
            Self::Sqlite(session) => sqlite::why_rows_went(session, sql, suffered).await,
            Self::Postgres(_) => Ok(None),
        }
    }

    /// Has a throwaway database write its values as `now` writes the same ones, and tells whether it did not.
    pub async fn adopt_labels(&mut self, now: &mut Self) -> Result<bool, Error> {
        match (self, now) {
            (Self::Postgres(session), Self::Postgres(now)) => postgres::adopt_labels(session, now).await,
            // Nothing but the value itself says how it is written.
            _ => Ok(false),
        }
    }

    /// A digest of the rows of each of these tables.
    pub async fn digests(&mut self, tables: &[TableShape]) -> Result<Vec<TableDigest>, Error> {
        match self {
            Self::Sqlite(session) => sqlite::digests(session, tables).await,
            Self::Postgres(session) => postgres::digests(session, tables).await,
        }
    }

    /// Makes the tables of the ledger where they are missing.
    pub async fn create_ledger(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(session) => session.execute(sqlite::LEDGER, &[]).await.map(drop),
            Self::Postgres(session) => session.execute(postgres::LEDGER, &[]).await.map(drop),
        }
    }

    /// Closes the connection, whatever came of the work with it: a process that ended before would leave the files of a
    /// write-ahead log behind.
    ///
    /// # Errors
    /// That of the work, else what closing found.
    pub async fn close_with<T, E: From<Error>>(self, worked: Result<T, E>) -> Result<T, E> {
        let closed = self.close().await;
        let value = worked?;
        closed?;
        Ok(value)
    }

    /// Closes the connection and reports what closing found.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn close(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(session) => session.close().await,
            Self::Postgres(session) => session.close().await,
        }
    }
}
