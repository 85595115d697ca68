//! An open connection to a PostgreSQL database: how it is opened for each kind of access, and how values of any type are
//! read.

use super::connect::{STAY, connect, refuse_old, refuse_pooler};
use super::explain::explain;
use crate::value::arguments;
use crate::{
    Access, Address, CommitHook, Durability, Error, Holder, HolderKind, PostgresAddress, Row, Schema, Seen, Settings,
    Value,
};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgConnection, PgRow, PgValueFormat, Postgres};
use sqlx::{AssertSqlSafe, Column, Connection, Row as _, TypeInfo, ValueRef};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a migration waits for a lock before it lets the others pass and tries again.
const SOON: Duration = Duration::from_millis(500);

/// What the catalog tells of a schema: its objects, and the columns of its tables in order.
pub(super) type Told = (String, BTreeMap<String, Vec<String>>);

/// A connection to one PostgreSQL database.
#[derive(Debug)]
pub struct Session {
    pub connection: PgConnection,
    address: PostgresAddress,
    access: Access,
    wait: Duration,
    pub commit_hook: CommitHook,
    /// How long a statement waits for a lock now.
    patience: Duration,
    /// Schemas of this session, by what the catalog told of them.
    pub(super) seen: Seen<Told, Schema>,
}

impl Session {
    pub async fn open(address: &PostgresAddress, access: Access, wait: Duration) -> Result<Self, Error> {
        if access != Access::Read && address.is_read_only() {
            return Err(Error::ReadOnly { place: address.url(), why: "its URL says so".to_owned() });
        }
        let connection = match connect(address, wait).await {
            Err(Error::NoDatabase { .. }) if address.creates() && access == Access::Write(Durability::Configured) => {
                super::store::create(address, wait).await?;
                connect(address, wait).await?
            }
            connected => connected?,
        };
        let (commit_hook, seen) = (CommitHook::default(), Seen::default());
        let mut session =
            Self { connection, address: address.clone(), access, wait, commit_hook, patience: wait, seen };
        match session.prepare().await {
            Ok(()) => Ok(session),
            Err(error) => {
                // What closing says is less than what is known already.
                drop(session.close().await);
                Err(error)
            }
        }
    }

    async fn prepare(&mut self) -> Result<(), Error> {
        // What this tool made is on a server that was looked at already.
        if !matches!(self.access, Access::Write(Durability::None | Durability::NoneShared)) {
            refuse_old(&self.address, &mut self.connection, self.wait).await?;
            refuse_pooler(&self.address, &mut self.connection, self.wait).await?;
            self.execute(STAY, &[]).await?;
        }
        let encoding = self.rows("SHOW server_encoding", &[]).await?;
        let encoding = encoding.first().and_then(|row| row.first()?.as_text()).unwrap_or_default();
        if encoding != "UTF8" {
            return Err(Error::Encoding { place: self.address(), encoding: encoding.to_owned() });
        }
        self.give_up_late().await?;
        match self.access {
            Access::Read => self.execute("SET default_transaction_read_only = on", &[]).await.map(drop),
            Access::Write(Durability::Configured | Durability::ProcessExit) => Ok(()),
            Access::Write(Durability::None | Durability::NoneShared) => {
                self.execute("SET synchronous_commit = off", &[]).await.map(drop)
            }
        }
    }

    pub async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        let text = AssertSqlSafe(sql.to_owned());
        let result = if values.is_empty() {
            // Without parameters the text goes to the server as it is.
            sqlx::raw_sql(text).execute(&mut self.connection).await
        } else {
            sqlx::query_with(text, arguments::<Postgres>(values)).execute(&mut self.connection).await
        };
        result.map(|done| done.rows_affected()).map_err(|error| self.explain(error))
    }

    pub fn stream<'c>(&'c mut self, sql: &str, values: &[Value]) -> BoxStream<'c, Result<Row, Error>> {
        let (place, wait) = (self.address.url(), self.patience);
        let text = AssertSqlSafe(sql.to_owned());
        // Without parameters the rows come as text, whatever their types are.
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

    pub async fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, Error> {
        self.stream(sql, values).map_ok(|row| row.values).try_collect().await
    }

    /// Asks the catalog what it was asked before: the server plans such a query once a session, which takes longer than to
    /// answer it. Its columns are texts and numbers of 64 bits.
    pub async fn known(&mut self, sql: &'static str) -> Result<Vec<Vec<Value>>, Error> {
        let rows = sqlx::query(sql).fetch_all(&mut self.connection).await;
        rows.and_then(|rows| rows.iter().map(decode).collect()).map_err(|error| self.explain(error))
    }

    /// Has rows looked up in indexes where there are any: the server takes a table that is being filled for the empty one that
    /// it was, and would read all of it for each row. And keeps it from compiling queries to machine code: for a page or a
    /// batch that takes several times as long as running them.
    pub async fn look_up_rows(&mut self) -> Result<(), Error> {
        self.execute("SET enable_seqscan = off", &[]).await?;
        self.execute("SET jit = off", &[]).await.map(drop)
    }

    /// Waits only shortly for a lock, for as long as `set` says: `SET LOCAL` or `SET SESSION`.
    pub async fn give_up_soon(&mut self, set: &str) -> Result<(), Error> {
        let soon = SOON.min(self.wait);
        self.execute(&format!("{set} lock_timeout = {}", soon.as_millis().max(1)), &[]).await?;
        if set != "SET LOCAL" {
            self.patience = soon;
        }
        Ok(())
    }

    /// Waits for a lock as long as it was told.
    pub async fn give_up_late(&mut self) -> Result<(), Error> {
        self.patience = self.wait;
        self.execute(&format!("SET lock_timeout = {}", self.wait.as_millis().max(1)), &[]).await.map(drop)
    }

    /// Pins what changes how names and values are shown, and returns what it was.
    pub async fn pin(&mut self) -> Result<Settings, Error> {
        let wanted = "SELECT name, current_setting(name), set_config(name, wanted, false) FROM (VALUES \
                      ('search_path', 'public'), ('timezone', 'UTC'), ('datestyle', 'ISO, YMD'), ('intervalstyle', 'postgres'), \
                      ('extra_float_digits', '1'), ('bytea_output', 'hex'), ('quote_all_identifiers', 'off'), \
                      ('xmloption', 'content'), ('lc_monetary', 'C')) AS setting (name, wanted)";
        let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
        let rows = self.rows(wanted, &[]).await?;
        Ok(rows.iter().map(|row| (text(&row[0]), text(&row[1]))).collect())
    }

    /// Sets it back.
    pub async fn unpin(&mut self, settings: Settings) -> Result<(), Error> {
        let places = (0..settings.len()).map(|at| format!("set_config(${}, ${}, false)", 2 * at + 1, 2 * at + 2));
        let sql = format!("SELECT {}", places.collect::<Vec<_>>().join(", "));
        let values: Vec<Value> = settings.into_iter().flat_map(|(name, value)| [name.into(), value.into()]).collect();
        self.rows(&sql, &values).await.map(drop)
    }

    pub fn wait(&self) -> Duration {
        self.wait
    }

    /// Other sessions that hold locks on tables of this database: one of them is in the way.
    pub async fn lock_holders(&mut self) -> Vec<Holder> {
        let sql = "SELECT DISTINCT a.pid::int8, coalesce(nullif(a.application_name, ''), 'a session of ' || a.usename) \
                   FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
                   WHERE l.locktype = 'relation' AND l.granted AND l.relation >= 16384 AND a.pid <> pg_backend_pid() \
                   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1";
        let rows = self.rows(sql, &[]).await.unwrap_or_default();
        let holder = |row: &Vec<Value>| {
            let pid = row.first()?.as_int().and_then(|pid| u32::try_from(pid).ok())?;
            Some(Holder { kind: HolderKind::Session, pid, program: row.get(1)?.as_text()?.to_owned() })
        };
        rows.iter().filter_map(holder).collect()
    }

    /// Indexes that were begun and not finished.
    pub async fn invalid_indexes(&mut self) -> Result<Vec<String>, Error> {
        let sql = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1";
        let rows = self.rows(sql, &[]).await?;
        Ok(rows.iter().filter_map(|row| row.first()?.as_text().map(|name| format!("index {name}"))).collect())
    }

    pub fn address(&self) -> String {
        self.address.url()
    }

    pub fn command(&self, words: &str) -> String {
        Address::Postgres(self.address.clone()).command(words)
    }

    pub fn explain(&self, error: sqlx::Error) -> Error {
        explain(&self.address.url(), self.patience, &error)
    }

    pub async fn close(self) -> Result<(), Error> {
        let (place, wait) = (self.address.url(), self.wait);
        self.connection.close().await.map_err(|error| explain(&place, wait, &error))
    }
}

fn decode(row: &PgRow) -> Result<Vec<Value>, sqlx::Error> {
    (0..row.len()).map(|i| value(row, i)).collect()
}

fn value(row: &PgRow, i: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(i)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let kind = raw.type_info().name().to_owned();
    if raw.format() == PgValueFormat::Binary {
        // Only this tool's own queries have parameters, and they ask for these types.
        return Ok(match kind.as_str() {
            "INT8" => Value::Int(row.try_get(i)?),
            "INT4" => Value::Int(i64::from(row.try_get::<i32, _>(i)?)),
            _ => Value::Text(row.try_get_unchecked(i)?),
        });
    }
    let text = raw.as_str().map_err(sqlx::Error::Decode)?;
    Ok(match kind.as_str() {
        "INT2" | "INT4" | "INT8" => text.parse().map_or_else(|_| text.into(), Value::Int),
        // As a number, NaN would be another than itself.
        "FLOAT4" | "FLOAT8" => {
            text.parse().ok().filter(|x: &f64| x.is_finite()).map_or_else(|| text.into(), Value::Real)
        }
        "BOOL" => (if text == "t" { "true" } else { "false" }).into(),
        _ => text.into(),
    })
}
