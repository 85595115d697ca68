//! What a connection to a database of any engine can do. Most methods have a default, which is right for an engine that has
//! nothing of the kind: roles, replicas, sequences, more than one writer.

use crate::catalog::{ColumnShape, Reference, Schema, Sequence, TableShape};
use crate::constraints_off::ConstraintsOff;
use crate::insertable::InsertableTable;
use crate::lex::Statement;
use crate::{Engine, Error, MissingPrivilege, Pressure, Row, TableDigest, Value, VolatileDefault};
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
    /// The engine at the other end.
    fn engine(&self) -> Engine;

    /// Its address, for messages.
    fn address(&self) -> String;

    /// The command that does this on its database ([`crate::Store::command`]).
    fn command(&self, words: &str) -> String;

    /// The driver's own connection, for statements with types of their own: a backfill's.
    fn driver_connection(&mut self) -> &mut (dyn Any + Send);

    /// sqlx's own bookkeeping of migrations on this connection.
    fn migrations(&mut self) -> &mut (dyn Migrate + Send);

    /// Turns what the driver answered into an error of this crate.
    fn explain(&self, error: sqlx::Error) -> Error;

    /// Closes the connection and reports what closing found.
    ///
    /// # Errors
    /// What the engine said.
    async fn close(self: Box<Self>) -> Result<(), Error>;

    // Statements.

    /// Runs one statement and returns how many rows it changed. Parameters are `$1`, `$2`, ….
    ///
    /// # Errors
    /// What the engine said.
    async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error>;

    /// Runs a query and returns its rows as they come; few of them are in memory at a time.
    fn stream<'c>(&'c mut self, sql: &str, values: &[Value]) -> BoxStream<'c, Result<Row, Error>>;

    /// Runs a query and returns all of its rows, without the names of the columns.
    async fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, Error> {
        self.stream(sql, values).map_ok(|row| row.values).try_collect().await
    }

    /// A query that a person wrote, changed so that the engine can't take a misspelt name for anything but an error.
    fn strict(&self, sql: &str) -> String {
        sql.to_owned()
    }

    /// The byte offset within `statement` at which the engine stopped understanding it, where `error` speaks of a place.
    async fn locate(&mut self, statement: &Statement<'_>, error: &Error) -> Option<usize>;

    // Transactions and locks.

    /// Begins a transaction that will write, and waits for the right to.
    ///
    /// # Errors
    /// [`Error::Locked`] when the wait was too long.
    async fn begin(&mut self) -> Result<(), Error>;

    /// Begins a transaction into which data is loaded: references are checked when it commits, whatever the order of rows.
    async fn begin_load(&mut self) -> Result<(), Error>;

    /// Begins a transaction in which nothing acts on what is written: no trigger, no reference. It is to be rolled back.
    ///
    /// # Errors
    /// [`Error::Privilege`] where the role may not do that.
    async fn begin_without_constraints(&mut self) -> Result<ConstraintsOff, Error>;

    /// Lets everything act again, and returns how many references are broken.
    async fn restore_constraints(&mut self, off: &ConstraintsOff) -> Result<u64, Error>;

    /// Lets references act in the transactions to come, after one without constraints was rolled back.
    async fn end_without_constraints(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// From here on waits only shortly for a lock: until the transaction ends (`SET LOCAL`) or until [`Self::give_up_late`]
    /// (`SET SESSION`). The default is for an engine that waits before it begins.
    async fn give_up_soon(&mut self, _set: &str) -> Result<(), Error> {
        Ok(())
    }

    /// From here on waits for a lock as long as it was told when it was opened.
    async fn give_up_late(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// For how long a migration that could not have its locks is tried again: not at all where the engine has waited already.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// The same error with those who hold locks on the database, if it is about a lock and nobody was named yet.
    async fn name_holders(&mut self, error: Error) -> Error {
        error
    }

    /// Prepares the connection for batches of writes beside a reader of the same process.
    async fn prepare_batches(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Prepares the connection for reading units page by page in the order of their key.
    async fn prepare_pages(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Makes this the session of the worker of that number: others know by it that the worker lives. The default is for an
    /// engine with one writer, whose lock says so.
    async fn live_as(&mut self, _worker: i64) -> Result<(), Error> {
        Ok(())
    }

    /// Whether a process works on a run. In the transaction at hand.
    async fn is_worked_on(&mut self, _run: i64) -> Result<bool, Error> {
        Ok(false)
    }

    /// In the transaction at hand, nobody else begins or ends a run.
    async fn lock_runs(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// The number of the session, by which a server names it.
    async fn session_number(&mut self) -> Result<Option<i64>, Error> {
        Ok(None)
    }

    /// What goes first on the server, where these are the sessions that write for us.
    async fn pressure(&mut self, _writers: &[i64]) -> Result<Vec<Pressure>, Error> {
        Ok(Vec::new())
    }

    // The catalog.

    /// True where the database has a table of that exact name.
    ///
    /// # Errors
    /// What the engine said.
    async fn has_table(&mut self, name: &str) -> Result<bool, Error>;

    /// The user's tables (not the engine's, sqlx's or this tool's), with columns and keys, by name.
    async fn tables(&mut self) -> Result<Vec<TableShape>, Error>;

    /// The user's schema, object by object, with `tables` for its tables.
    async fn schema(&mut self, tables: &[TableShape]) -> Result<Arc<Schema>, Error>;

    /// The columns of a table.
    async fn columns(&mut self, table: &str) -> Result<Vec<ColumnShape>, Error>;

    /// The tables that rows can be put into, by name; those of sqlx and of this tool are left out.
    async fn insertable_tables(&mut self) -> Result<Vec<InsertableTable>, Error>;

    /// The columns of the user's tables that refer to another one.
    async fn references(&mut self) -> Result<Vec<Reference>, Error>;

    /// The columns of the user's tables whose default gives another value each time.
    async fn volatile_defaults(&mut self) -> Result<Vec<VolatileDefault>, Error>;

    /// Where each of the user's sequences stands. Counters that follow their tables are not among them.
    async fn sequences(&mut self) -> Result<BTreeMap<String, Sequence>, Error> {
        Ok(BTreeMap::new())
    }

    /// Tables whose rows are another server's, and not looked at.
    async fn foreign_tables(&mut self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// What a statement that ran without a transaction may have left unusable.
    ///
    /// # Errors
    /// What the engine said.
    async fn unusable(&mut self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// What the role lacks to use tables with these privileges.
    ///
    /// # Errors
    /// What the engine said.
    async fn missing_privileges(&mut self, _wanted: &[(&str, &[&str])]) -> Result<Vec<MissingPrivilege>, Error> {
        Ok(Vec::new())
    }

    /// What the role lacks to see a table that is there: the use of its schema.
    ///
    /// # Errors
    /// What the engine said.
    async fn missing_schema_usage(&mut self, _table: &str) -> Result<Option<MissingPrivilege>, Error> {
        Ok(None)
    }

    /// What the role lacks to make tables where they would be made.
    ///
    /// # Errors
    /// What the engine said.
    async fn missing_creation_privilege(&mut self) -> Result<Option<MissingPrivilege>, Error> {
        Ok(None)
    }

    /// Makes the tables of the ledger where they are missing.
    async fn create_ledger(&mut self) -> Result<(), Error>;

    // Comparison.

    /// A digest of the rows of each of these tables.
    async fn digests(&mut self, tables: &[TableShape]) -> Result<Vec<TableDigest>, Error>;

    /// Sets what changes how the catalog and values are shown to what it is for a fingerprint, whatever a migration has set it
    /// to, and returns what it was.
    async fn pin(&mut self) -> Result<Settings, Error> {
        Ok(Settings::default())
    }

    /// Sets it back.
    async fn unpin(&mut self, _settings: Settings) -> Result<(), Error> {
        Ok(())
    }

    /// Has a throwaway database write its values as `now` writes the same ones, and tells whether it did not. The default is for
    /// an engine where nothing but the value itself says how it is written.
    async fn adopt_labels(&mut self, _now: &mut dyn Session) -> Result<bool, Error> {
        Ok(false)
    }

    /// Why a script, which was run, has deleted or changed rows of tables that it does not name, where that is what it did, and how
    /// it is written instead.
    async fn why_rows_went(&mut self, _sql: &str, _suffered: &[&str]) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// Stores the rows of all tables in another order, and changes nothing else. Returns the tables of several rows whose order
    /// could not be changed; it is that of their key where it is part of what they hold.
    async fn reorder_rows(&mut self) -> Result<Vec<String>, Error>;

    /// Goes to another time zone, in which it is another day, where a session has a time zone of its own.
    async fn go_elsewhere(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Which of these columns, as `(table, column)`, hold the current time in a row: one of the last `seconds`, or the day unless
    /// that `is_known` from elsewhere. Needed where the engine's clock goes by seconds, so that what was done twice within one
    /// shows no difference.
    async fn moments(
        &mut self,
        _columns: &[(String, String)],
        _seconds: u64,
        _is_known: &(dyn for<'a> Fn(&'a str) -> bool + Sync),
    ) -> Result<Vec<(String, String)>, Error> {
        Ok(Vec::new())
    }
}
