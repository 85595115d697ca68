//! The [`Session`] of SQLite. Longer methods are in their own modules.

use super::connection::SqliteSession;
use super::explain::explain;
use super::ledger::LEDGER;
use super::nul::refuse_nul;
use super::values::decode;
use super::{
    constraints_off, counters, defaults, digest, insertable, locate, moments, order, rebuild, references, schema,
    stale, strict,
};
use crate::catalog::{ColumnShape, Counter, Reference, Schema, TableShape};
use crate::constraints_off::ConstraintsOff;
use crate::insertable::InsertableTable;
use crate::lex::Statement;
use crate::value::arguments;
use crate::{Blocks, Engine, Error, Row, Session, Stale, TableDigest, TableLock, Value, VolatileDefault};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::future::ready;
use futures_util::stream::{self, BoxStream};
use sqlx::migrate::Migrate;
use sqlx::sqlite::Sqlite;
use sqlx::{AssertSqlSafe, Column, Connection, Row as _};
use std::any::Any;
use std::sync::Arc;

#[async_trait]
impl Session for SqliteSession {
    fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    fn address(&self) -> String {
        super::file(&self.path).url()
    }

    fn command(&self, words: &str) -> String {
        super::file(&self.path).command(words)
    }

    fn driver_connection(&mut self) -> &mut (dyn Any + Send) {
        &mut self.connection
    }

    fn migrations(&mut self) -> &mut (dyn Migrate + Send) {
        &mut self.connection
    }

    fn explain(&self, error: sqlx::Error) -> Error {
        explain(&self.path, self.wait, error)
    }

    async fn close(self: Box<Self>) -> Result<(), Error> {
        let Self { connection, path, wait, .. } = *self;
        connection.close().await.map_err(|error| explain(&path, wait, error))
    }

    async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        refuse_nul(sql)?;
        let sql = AssertSqlSafe(sql.to_owned());
        let result = if values.is_empty() {
            // Without parameters the engine accepts several statements in one text.
            sqlx::raw_sql(sql).execute(&mut self.connection).await
        } else {
            sqlx::query_with(sql, arguments::<Sqlite>(values)).execute(&mut self.connection).await
        };
        result.map(|done| done.rows_affected()).map_err(|error| explain(&self.path, self.wait, error))
    }

    fn stream<'c>(&'c mut self, sql: &str, values: &[Value]) -> BoxStream<'c, Result<Row, Error>> {
        if let Err(error) = refuse_nul(sql) {
            return Box::pin(stream::once(ready(Err(error))));
        }
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

    fn strict(&self, sql: &str) -> String {
        strict::strict(sql)
    }

    async fn locate(&mut self, statement: &Statement<'_>, error: &Error) -> Option<usize> {
        locate::locate(self, statement.text, error).await
    }

    async fn begin(&mut self) -> Result<(), Error> {
        self.execute("BEGIN IMMEDIATE", &[]).await.map(drop)
    }

    /// A transaction that writes locks the whole file (`https://www.sqlite.org/lockingv3.html`).
    async fn table_locks(&mut self) -> Result<Vec<TableLock>, Error> {
        Ok(vec![TableLock { table: None, mode: "Reserved".to_owned(), blocks: Blocks::Writes }])
    }

    async fn begin_load(&mut self) -> Result<(), Error> {
        self.begin().await?;
        self.execute("PRAGMA defer_foreign_keys = ON", &[]).await.map(drop)
    }

    async fn begin_without_constraints(&mut self) -> Result<ConstraintsOff, Error> {
        constraints_off::begin_without_constraints(self).await.map(ConstraintsOff)
    }

    async fn restore_constraints(&mut self, off: &ConstraintsOff) -> Result<u64, Error> {
        constraints_off::restore_constraints(self, &off.0).await
    }

    async fn end_without_constraints(&mut self) -> Result<(), Error> {
        self.execute("PRAGMA foreign_keys = ON", &[]).await.map(drop)
    }

    /// A cache that spills during a transaction would block the reader until the end of the transaction.
    async fn prepare_batches(&mut self) -> Result<(), Error> {
        self.execute("PRAGMA cache_spill = OFF", &[]).await.map(drop)
    }

    async fn has_table(&mut self, name: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1";
        Ok(!self.rows(sql, &[name.into()]).await?.is_empty())
    }

    async fn tables(&mut self) -> Result<Vec<TableShape>, Error> {
        schema::tables(self).await
    }

    /// The columns with AUTOINCREMENT, whose numbers SQLite does not give again.
    async fn counters(&mut self, wanted: &(dyn for<'a> Fn(&'a str) -> bool + Sync)) -> Result<Vec<Counter>, Error> {
        counters::counters(self, wanted).await
    }

    /// Full-text indexes, which check themselves.
    async fn stale_copies(&mut self) -> Result<Vec<Stale>, Error> {
        stale::stale_copies(self).await
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

    async fn create_ledger(&mut self) -> Result<(), Error> {
        self.execute(LEDGER, &[]).await.map(drop)
    }

    async fn digests(&mut self, tables: &[TableShape]) -> Result<Vec<TableDigest>, Error> {
        digest::digests(self, tables).await
    }

    async fn explain_deleted_rows(&mut self, sql: &str, suffered: &[&str]) -> Result<Option<String>, Error> {
        rebuild::explain_deleted_rows(self, sql, suffered).await
    }

    async fn reorder_rows(&mut self) -> Result<Vec<String>, Error> {
        order::reorder_rows(self).await
    }

    async fn moments(
        &mut self,
        columns: &[(String, String)],
        seconds: u64,
        is_known: &(dyn for<'a> Fn(&'a str) -> bool + Sync),
    ) -> Result<Vec<(String, String)>, Error> {
        moments::moments(self, columns, seconds, is_known).await
    }
}
