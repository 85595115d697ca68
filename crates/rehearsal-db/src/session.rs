//! [`Session`]: the operations of a connection to a database of any engine. Most methods have a default, for an engine
//! without roles, replicas, sequences or several writers.

use crate::catalog::{ColumnShape, Counter, Frozen, Reference, Schema, SeenRows, Sequence, Stale, TableShape};
use crate::constraints_off::ConstraintsOff;
use crate::insertable::InsertableTable;
use crate::lex::Statement;
use crate::table_lock::TableLock;
use crate::{Engine, Error, MissingPrivilege, Pressure, Row, TableDigest, UnitOrder, Value, VolatileDefault};
use async_trait::async_trait;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use sqlx::migrate::Migrate;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Settings of a session, by name.
pub type Settings = Vec<(String, String)>;

/// An open connection to one database.
#[async_trait]
pub trait Session: fmt::Debug + Send + Sync {
    /// The engine of the database.
    fn engine(&self) -> Engine;

    /// The address, for messages.
    fn address(&self) -> String;

    /// The command with these words for this database ([`crate::Store::command`]).
    fn command(&self, words: &str) -> String;

    /// The driver's own connection, for the typed statements of a backfill.
    fn driver_connection(&mut self) -> &mut (dyn Any + Send);

    /// sqlx's bookkeeping of migrations on this connection.
    fn migrations(&mut self) -> &mut (dyn Migrate + Send);

    /// Converts an error of the driver.
    fn explain(&self, error: sqlx::Error) -> Error;

    /// Closes the connection.
    ///
    /// # Errors
    /// Fails if the database reports an error on closing.
    async fn close(self: Box<Self>) -> Result<(), Error>;

    // Statements.

    /// Runs a statement and returns the number of changed rows. Parameters are `$1`, `$2`, ….
    ///
    /// # Errors
    /// Fails if the statement fails.
    async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error>;

    /// Streams the rows of a query; only a few are in memory at a time.
    fn stream<'c>(&'c mut self, sql: &str, values: &[Value]) -> BoxStream<'c, Result<Row, Error>>;

    /// Returns all rows of a query, without column names.
    async fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, Error> {
        self.stream(sql, values).map_ok(|row| row.values).try_collect().await
    }

    /// A user's query, changed so that a misspelt name is always an error.
    fn strict(&self, sql: &str) -> String {
        sql.to_owned()
    }

    /// The byte offset in `statement` of the error; `None` if the error has no position.
    async fn locate(&mut self, statement: &Statement<'_>, error: &Error) -> Option<usize>;

    // Transactions and locks.

    /// Begins a transaction that writes, and waits for the write lock.
    ///
    /// # Errors
    /// [`Error::Locked`] if the wait is too long.
    async fn begin(&mut self) -> Result<(), Error>;

    /// Begins a transaction that loads data: foreign keys are checked at COMMIT, so the order of rows does not matter.
    async fn begin_load(&mut self) -> Result<(), Error>;

    /// Loads rows as a client of `COPY … FROM stdin`. Returns their number. Only called if [`crate::Dialect::copies_rows`].
    async fn copy_rows(&mut self, statement: &str, _data: &str) -> Result<u64, Error> {
        self.execute(statement, &[]).await
    }

    /// Restores what a file of rows may have changed in the session, before its transaction is committed.
    async fn end_load(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Begins a transaction without triggers and foreign keys. It must be rolled back.
    ///
    /// # Errors
    /// [`Error::Privilege`] if the role lacks the privilege for it.
    async fn begin_without_constraints(&mut self) -> Result<ConstraintsOff, Error>;

    /// Enables triggers and foreign keys again, and returns the number of broken references.
    async fn restore_constraints(&mut self, off: &ConstraintsOff) -> Result<u64, Error>;

    /// Enables foreign keys for later transactions, after one without constraints was rolled back.
    async fn end_without_constraints(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Waits only briefly for locks from now on: until the end of the transaction (`SET LOCAL`), or until
    /// [`Self::restore_lock_timeout`] (`SET SESSION`). The default is for an engine that waits in BEGIN.
    async fn shorten_lock_timeout(&mut self, _set: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Waits for locks for the time with which the connection was opened.
    async fn restore_lock_timeout(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Returns the locks that the current transaction holds on the user's tables: the strongest one of each table, if it keeps
    /// other sessions waiting or a statement has written under it.
    ///
    /// # Errors
    /// Fails if the query fails.
    async fn table_locks(&mut self) -> Result<Vec<TableLock>, Error>;

    /// How long to retry a migration that did not get its locks: zero if the engine has already waited.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// Adds the holders of locks on the database to a lock error that names none.
    async fn name_holders(&mut self, error: Error) -> Error {
        error
    }

    /// Prepares the connection for batches of writes alongside a reader of the same process.
    async fn prepare_batches(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// The order in which units are read if a backfill wants `wanted`: by key if this database does not support it.
    fn unit_order(&self, _wanted: UnitOrder) -> UnitOrder {
        UnitOrder::Key
    }

    /// Prepares the connection for reading units page by page.
    async fn prepare_pages(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Makes this the session of a worker: while it is open, other processes know that the worker is alive. The
    /// default is for an engine with one writer, whose lock serves for that.
    async fn register_worker(&mut self, _worker: i64) -> Result<(), Error> {
        Ok(())
    }

    /// Whether a process works on a run. Call it in a transaction.
    async fn is_worked_on(&mut self, _run: i64) -> Result<bool, Error> {
        Ok(false)
    }

    /// Blocks other sessions from starting or finishing a run until the current transaction ends.
    async fn lock_runs(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// The server's number for this session; `None` if the engine has none.
    async fn session_number(&mut self) -> Result<Option<i64>, Error> {
        Ok(None)
    }

    /// The other work with priority over these writing sessions.
    async fn pressure(&mut self, _writers: &[i64]) -> Result<Vec<Pressure>, Error> {
        Ok(Vec::new())
    }

    // The catalog.

    /// True if the database has a table with exactly this name.
    ///
    /// # Errors
    /// Fails if the query fails.
    async fn has_table(&mut self, name: &str) -> Result<bool, Error>;

    /// The user's tables with columns and keys, by name; without those of the engine, sqlx and rehearsal.
    async fn tables(&mut self) -> Result<Vec<TableShape>, Error>;

    /// The user's schema, object by object. `tables` is the result of [`Self::tables`].
    async fn schema(&mut self, tables: &[TableShape]) -> Result<Arc<Schema>, Error>;

    /// The columns of a table.
    async fn columns(&mut self, table: &str) -> Result<Vec<ColumnShape>, Error>;

    /// The tables that accept INSERT, by name; without those of sqlx and rehearsal.
    async fn insertable_tables(&mut self) -> Result<Vec<InsertableTable>, Error>;

    /// The columns of the user's tables that refer to another column.
    async fn references(&mut self) -> Result<Vec<Reference>, Error>;

    /// The columns of the user's tables with a nondeterministic default.
    async fn volatile_defaults(&mut self) -> Result<Vec<VolatileDefault>, Error>;

    /// The state of each of the user's sequences, without counters that follow from their table.
    async fn sequences(&mut self) -> Result<BTreeMap<String, Sequence>, Error> {
        Ok(BTreeMap::new())
    }

    /// Gives sequences that have moved on the next numbers that [`Self::sequences`] returned.
    ///
    /// # Errors
    /// Fails if a query fails.
    async fn set_sequences(&mut self, _to: &BTreeMap<String, Sequence>) -> Result<(), Error> {
        Ok(())
    }

    /// The counters that number rows, of the tables that are `wanted`.
    ///
    /// # Errors
    /// Fails if a query fails.
    async fn counters(&mut self, _wanted: &(dyn for<'a> Fn(&'a str) -> bool + Sync)) -> Result<Vec<Counter>, Error> {
        Ok(Vec::new())
    }

    /// The rows that violate a constraint which the engine has not checked.
    ///
    /// # Errors
    /// Fails if a query fails.
    async fn frozen_rows(&mut self) -> Result<Vec<Frozen>, Error> {
        Ok(Vec::new())
    }

    /// The copies of rows that are not what a query on the rows returns: materialized views and full-text indexes.
    ///
    /// # Errors
    /// Fails if a query fails.
    async fn stale_copies(&mut self) -> Result<Vec<Stale>, Error> {
        Ok(Vec::new())
    }

    /// The stored results of expressions that are not what the expressions return: generated columns and indexes. Only another
    /// function can make them differ.
    ///
    /// # Errors
    /// Fails if a query fails.
    async fn stale_results(&mut self) -> Result<Vec<Stale>, Error> {
        Ok(Vec::new())
    }

    /// Continues this transaction as a role that owns everything and has no other rights, as many apps do. The role ends with
    /// the transaction. Returns false if this session may not create roles or change owners, or if the engine
    /// has no roles.
    ///
    /// # Errors
    /// Fails if a query fails.
    async fn become_owner(&mut self) -> Result<bool, Error> {
        Ok(false)
    }

    /// Ends [`Self::become_owner`] within the transaction.
    ///
    /// # Errors
    /// Fails if a query fails.
    async fn stop_being_owner(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// What the roles see that have privileges on tables.
    ///
    /// # Errors
    /// Fails if a query fails.
    async fn seen_rows(&mut self) -> Result<Vec<SeenRows>, Error> {
        Ok(Vec::new())
    }

    /// Foreign tables, whose rows are on another server and are not read.
    async fn foreign_tables(&mut self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// The objects that a statement outside a transaction may have left unusable.
    ///
    /// # Errors
    /// Fails if the query fails.
    async fn unusable(&mut self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// The privileges on these tables that the role lacks.
    ///
    /// # Errors
    /// Fails if a query fails.
    async fn missing_privileges(&mut self, _wanted: &[(&str, &[&str])]) -> Result<Vec<MissingPrivilege>, Error> {
        Ok(Vec::new())
    }

    /// The missing USAGE on the schema of an existing table that the role does not see.
    ///
    /// # Errors
    /// Fails if the query fails.
    async fn missing_schema_usage(&mut self, _table: &str) -> Result<Option<MissingPrivilege>, Error> {
        Ok(None)
    }

    /// The missing privilege to create tables in the current schema.
    ///
    /// # Errors
    /// Fails if the query fails.
    async fn missing_creation_privilege(&mut self) -> Result<Option<MissingPrivilege>, Error> {
        Ok(None)
    }

    /// Creates the missing tables of the ledger.
    async fn create_ledger(&mut self) -> Result<(), Error>;

    // Comparison.

    /// The digest of the rows of each table.
    async fn digests(&mut self, tables: &[TableShape]) -> Result<Vec<TableDigest>, Error>;

    /// Sets the settings that change how the catalog and values are shown to fixed values, whatever a migration has
    /// set, and returns the previous ones.
    async fn pin(&mut self) -> Result<Settings, Error> {
        Ok(Settings::default())
    }

    /// Restores the settings that [`Self::pin`] returned.
    async fn unpin(&mut self, _settings: Settings) -> Result<(), Error> {
        Ok(())
    }

    /// Makes a scratch database spell its values as `now` does. True if any label changed. The default is for an
    /// engine whose values depend on no labels.
    async fn adopt_labels(&mut self, _now: &mut dyn Session) -> Result<bool, Error> {
        Ok(false)
    }

    /// Why a script that ran has deleted or changed rows of tables that it does not name, with the script to write
    /// instead. `None` if the script is not the cause.
    async fn explain_deleted_rows(&mut self, _sql: &str, _suffered: &[&str]) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// Stores the rows of all tables in another order and changes nothing else. Returns the tables with several rows
    /// whose order cannot be changed; a SQLite table that is stored by its key keeps that order and is not returned.
    async fn reorder_rows(&mut self) -> Result<Vec<String>, Error>;

    /// Sets another time zone with a different date, if sessions have a time zone.
    async fn change_time_zone(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// The columns (as `(table, column)`) that contain the current time in some row: a time of the last `seconds`,
    /// or the current date unless it `is_known` from elsewhere. Needed if the engine's clock has a resolution of one
    /// second, since two runs within one second show no difference.
    async fn moments(
        &mut self,
        _columns: &[(String, String)],
        _seconds: u64,
        _is_known: &(dyn for<'a> Fn(&'a str) -> bool + Sync),
    ) -> Result<Vec<(String, String)>, Error> {
        Ok(Vec::new())
    }
}
