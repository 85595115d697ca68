//! The [`Session`] of PostgreSQL. Longer methods are in their own modules.

use super::connection::PostgresSession;
use super::explain::explain;
use super::ledger::LEDGER;
use super::schema::{self, text};
use super::values::decode;
use super::{constraints_off, defaults, digest, enum_labels, insertable, order, places, pressure, privileges};
use super::{references, settings, waits};
use crate::VolatileDefault;
use crate::catalog::{ColumnShape, Counter, Frozen, Reference, Schema, SeenRows, Sequence, Stale, TableShape};
use crate::constraints_off::ConstraintsOff;
use crate::insertable::InsertableTable;
use crate::lex::Statement;
use crate::value::arguments;
use crate::{Engine, Error, MissingPrivilege, Pressure, Row, Session, Settings, Store, TableDigest, TableLock};
use crate::{UnitOrder, Value};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sqlx::migrate::Migrate;
use sqlx::postgres::Postgres;
use sqlx::{AssertSqlSafe, Column, Connection, Row as _};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The settings that a file of pg_dump changes for its session, and on which the app or a migration may depend.
const CHANGED_BY_DUMPS: [&str; 9] = [
    "search_path",
    "lock_timeout",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "row_security",
    "client_min_messages",
    "check_function_bodies",
    "default_tablespace",
    "default_table_access_method",
];

#[async_trait]
impl Session for PostgresSession {
    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    fn address(&self) -> String {
        self.address.url()
    }

    fn command(&self, words: &str) -> String {
        self.address.command(words)
    }

    fn driver_connection(&mut self) -> &mut (dyn Any + Send) {
        &mut self.connection
    }

    fn migrations(&mut self) -> &mut (dyn Migrate + Send) {
        &mut self.connection
    }

    fn explain(&self, error: sqlx::Error) -> Error {
        explain(&self.address.url(), self.lock_wait, &error)
    }

    async fn close(self: Box<Self>) -> Result<(), Error> {
        let Self { connection, address, wait, .. } = *self;
        connection.close().await.map_err(|error| explain(&address.url(), wait, &error))
    }

    async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        let text = AssertSqlSafe(sql.to_owned());
        let result = if values.is_empty() {
            // Without parameters the server accepts several statements in one text.
            sqlx::raw_sql(text).execute(&mut self.connection).await
        } else {
            sqlx::query_with(text, arguments::<Postgres>(values)).execute(&mut self.connection).await
        };
        result.map(|done| done.rows_affected()).map_err(|error| self.explain(error))
    }

    fn stream<'c>(&'c mut self, sql: &str, values: &[Value]) -> BoxStream<'c, Result<Row, Error>> {
        let (place, wait) = (self.address.url(), self.lock_wait);
        let text = AssertSqlSafe(sql.to_owned());
        // Without parameters the server sends rows as text, whatever their types are.
        let fetched = if values.is_empty() {
            sqlx::raw_sql(text).fetch(&mut self.connection)
        } else {
            sqlx::query_with(text, arguments::<Postgres>(values)).persistent(false).fetch(&mut self.connection)
        };
        let mut columns: Option<Arc<[String]>> = None;
        let rows = fetched.map(move |row| {
            let row = row.and_then(|row| Ok((decode(&row)?, row))).map_err(|error| explain(&place, wait, &error));
            row.map(|(values, row)| {
                let names = || row.columns().iter().map(|column| column.name().to_owned()).collect();
                Row { columns: Arc::clone(columns.get_or_insert_with(names)), values }
            })
        });
        Box::pin(rows)
    }

    async fn locate(&mut self, statement: &Statement<'_>, error: &Error) -> Option<usize> {
        let Error::Statement { position: Some(position), .. } = error else { return None };
        let at = statement.text.char_indices().nth(position - 1).map(|(at, _)| at);
        at.or(Some(statement.text.len()))
    }

    async fn begin(&mut self) -> Result<(), Error> {
        self.execute("BEGIN", &[]).await.map(drop)
    }

    /// Constraints that are not deferrable are checked row by row; a fixture's rows must be in a suitable order.
    async fn begin_load(&mut self) -> Result<(), Error> {
        self.begin().await?;
        self.execute("SET CONSTRAINTS ALL DEFERRED", &[]).await.map(drop)
    }

    async fn copy_rows(&mut self, statement: &str, data: &str) -> Result<u64, Error> {
        /// Bytes of one message.
        const MESSAGE: usize = 1 << 20;
        let (url, wait) = (self.address.url(), self.lock_wait);
        let failed = |error: sqlx::Error| explain(&url, wait, &error);
        let mut copy = self.connection.copy_in_raw(statement).await.map_err(failed)?;
        for message in data.as_bytes().chunks(MESSAGE) {
            copy.send(message).await.map_err(failed)?;
        }
        copy.finish().await.map_err(failed)
    }

    /// The header of a dump sets an empty search path.
    async fn end_load(&mut self) -> Result<(), Error> {
        for setting in CHANGED_BY_DUMPS {
            self.execute(&format!("RESET {setting}"), &[]).await?;
        }
        Ok(())
    }

    async fn begin_without_constraints(&mut self) -> Result<ConstraintsOff, Error> {
        constraints_off::begin_without_constraints(self).await.map(|()| ConstraintsOff::default())
    }

    async fn restore_constraints(&mut self, _off: &ConstraintsOff) -> Result<u64, Error> {
        constraints_off::restore_constraints(self).await
    }

    async fn shorten_lock_timeout(&mut self, set: &str) -> Result<(), Error> {
        waits::shorten_lock_timeout(self, set).await
    }

    async fn table_locks(&mut self) -> Result<Vec<TableLock>, Error> {
        waits::table_locks(self).await
    }

    async fn restore_lock_timeout(&mut self) -> Result<(), Error> {
        waits::restore_lock_timeout(self).await
    }

    fn patience(&self) -> Duration {
        self.wait
    }

    async fn name_holders(&mut self, error: Error) -> Error {
        match error {
            Error::Locked { place, waited, holders } if holders.is_empty() => {
                Error::Locked { place, waited, holders: waits::lock_holders(self).await }
            }
            error => error,
        }
    }

    fn unit_order(&self, wanted: UnitOrder) -> UnitOrder {
        places::possible(wanted, self.connection.server_version_num())
    }

    async fn prepare_batches(&mut self) -> Result<(), Error> {
        settings::look_up_rows(self).await
    }

    /// The server assumes that "pending" is rare, and would read and sort the whole table for each page instead of
    /// following the index of the key until the page is full. Without such an index, it sorts anyway.
    async fn prepare_pages(&mut self) -> Result<(), Error> {
        // A query stays open while its rows are written.
        self.execute("SET statement_timeout = 0", &[]).await?;
        // A session that waits for this process's writer may block its reader. The server does not detect that
        // deadlock.
        self.shorten_lock_timeout("SET SESSION").await?;
        self.execute("SET enable_sort = off", &[]).await?;
        settings::look_up_rows(self).await
    }

    async fn register_worker(&mut self, worker: i64) -> Result<(), Error> {
        self.rows("SELECT pg_advisory_lock($1) IS NULL", &[worker.into()]).await.map(drop)
    }

    async fn is_worked_on(&mut self, run: i64) -> Result<bool, Error> {
        let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended('_rehearsal_run', $1))::text";
        let rows = self.rows(sql, &[run.into()]).await?;
        Ok(rows.first().and_then(|row| row[0].as_text()) == Some("false"))
    }

    async fn lock_runs(&mut self) -> Result<(), Error> {
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended('_rehearsal_runs', 0)) IS NULL";
        self.rows(sql, &[]).await.map(drop)
    }

    async fn session_number(&mut self) -> Result<Option<i64>, Error> {
        let rows = self.rows("SELECT pg_backend_pid()", &[]).await?;
        Ok(rows.first().and_then(|row| row[0].as_int()))
    }

    async fn pressure(&mut self, writers: &[i64]) -> Result<Vec<Pressure>, Error> {
        pressure::pressure(self, writers).await
    }

    async fn has_table(&mut self, name: &str) -> Result<bool, Error> {
        let sql = "SELECT 1::int8 FROM pg_class WHERE oid = to_regclass($1)";
        Ok(!self.rows(sql, &[Engine::Postgres.quote_table(name).into()]).await?.is_empty())
    }

    async fn tables(&mut self) -> Result<Vec<TableShape>, Error> {
        schema::tables(self).await
    }

    async fn schema(&mut self, tables: &[TableShape]) -> Result<Arc<Schema>, Error> {
        schema::schema(self, tables).await
    }

    async fn columns(&mut self, table: &str) -> Result<Vec<ColumnShape>, Error> {
        schema::columns(self, table).await
    }

    async fn insertable_tables(&mut self) -> Result<Vec<InsertableTable>, Error> {
        insertable::insertable_tables(self).await
    }

    async fn references(&mut self) -> Result<Vec<Reference>, Error> {
        references::references(self).await
    }

    async fn volatile_defaults(&mut self) -> Result<Vec<VolatileDefault>, Error> {
        defaults::volatile_defaults(self).await
    }

    async fn sequences(&mut self) -> Result<BTreeMap<String, Sequence>, Error> {
        schema::sequences(self).await
    }

    async fn set_sequences(&mut self, to: &BTreeMap<String, Sequence>) -> Result<(), Error> {
        schema::set_sequences(self, to).await
    }

    async fn counters(&mut self, wanted: &(dyn for<'a> Fn(&'a str) -> bool + Sync)) -> Result<Vec<Counter>, Error> {
        schema::counters(self, wanted).await
    }

    async fn frozen_rows(&mut self) -> Result<Vec<Frozen>, Error> {
        schema::frozen_rows(self).await
    }

    async fn seen_rows(&mut self) -> Result<Vec<SeenRows>, Error> {
        schema::seen_rows(self).await
    }

    async fn stale_copies(&mut self) -> Result<Vec<Stale>, Error> {
        schema::stale_copies(self).await
    }

    async fn stale_results(&mut self) -> Result<Vec<Stale>, Error> {
        schema::stale_results(self).await
    }

    async fn become_owner(&mut self) -> Result<bool, Error> {
        schema::become_owner(self).await
    }

    async fn stop_being_owner(&mut self) -> Result<(), Error> {
        self.execute("RESET ROLE", &[]).await.map(drop)
    }

    async fn foreign_tables(&mut self) -> Result<Vec<String>, Error> {
        schema::foreign_tables(self).await
    }

    /// Indexes whose build did not finish.
    async fn unusable(&mut self) -> Result<Vec<String>, Error> {
        let sql = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1";
        let rows = self.rows(sql, &[]).await?;
        Ok(rows.iter().map(|row| format!("index {}", text(&row[0]))).collect())
    }

    async fn missing_privileges(&mut self, wanted: &[(&str, &[&str])]) -> Result<Vec<MissingPrivilege>, Error> {
        privileges::missing_privileges(self, wanted).await
    }

    async fn missing_schema_usage(&mut self, table: &str) -> Result<Option<MissingPrivilege>, Error> {
        privileges::missing_schema_usage(self, table).await
    }

    async fn missing_creation_privilege(&mut self) -> Result<Option<MissingPrivilege>, Error> {
        privileges::missing_creation_privilege(self).await
    }

    async fn create_ledger(&mut self) -> Result<(), Error> {
        self.execute(LEDGER, &[]).await.map(drop)
    }

    async fn digests(&mut self, tables: &[TableShape]) -> Result<Vec<TableDigest>, Error> {
        digest::digests(self, tables).await
    }

    async fn pin(&mut self) -> Result<Settings, Error> {
        settings::pin(self).await
    }

    async fn unpin(&mut self, settings: Settings) -> Result<(), Error> {
        settings::unpin(self, settings).await
    }

    async fn adopt_labels(&mut self, now: &mut dyn Session) -> Result<bool, Error> {
        enum_labels::adopt_labels(self, now).await
    }

    async fn reorder_rows(&mut self) -> Result<Vec<String>, Error> {
        order::reorder_rows(self).await
    }

    async fn change_time_zone(&mut self) -> Result<(), Error> {
        order::change_time_zone(self).await
    }
}
