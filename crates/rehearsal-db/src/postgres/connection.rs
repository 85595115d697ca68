//! [`PostgresSession`]: an open connection to a PostgreSQL database, with the settings that its [`Access`] needs.

use super::address::PostgresAddress;
use super::connect::{STAY, connect, refuse_old, refuse_pooler};
use super::explain::explain;
use super::values::decode;
use crate::{Access, Durability, Error, Mode, Schema, Seen, Session, Value};
use sqlx::postgres::PgConnection;
use std::collections::BTreeMap;
use std::time::Duration;

/// The catalog's description of a schema: the JSON text with all objects, and the columns of each table in order, by
/// the name of the table.
pub(super) type SchemaDescription = (String, BTreeMap<String, Vec<String>>);

/// A connection to one PostgreSQL database.
#[derive(Debug)]
pub(crate) struct PostgresSession {
    pub(super) connection: PgConnection,
    pub(super) address: PostgresAddress,
    access: Access,
    /// How long a statement waits for a lock, unless [`Session::shorten_lock_timeout`] has shortened the wait.
    pub(super) wait: Duration,
    /// The current `lock_timeout` of the session, which errors name: `wait`, or a shorter time. A timeout of a single
    /// transaction (`SET LOCAL`) does not change it.
    pub(super) lock_wait: Duration,
    /// Recently parsed schemas. If the catalog returns the same description again, it is not parsed again.
    pub(super) seen: Seen<SchemaDescription, Schema>,
}

impl PostgresSession {
    pub(super) async fn open(address: &PostgresAddress, access: Access, wait: Duration) -> Result<Self, Error> {
        if access != Access::Read && address.mode() == Mode::Read {
            return Err(Error::ReadOnly { place: address.url(), why: "its URL asks for read-only access".to_owned() });
        }
        let connection = match connect(address, wait).await {
            Err(Error::NoDatabase { .. })
                if address.mode() == Mode::Create && access == Access::Write(Durability::Configured) =>
            {
                super::databases::create(address, wait).await?;
                connect(address, wait).await?
            }
            connected => connected?,
        };
        let (address, seen) = (address.clone(), Seen::default());
        let mut session = Self { connection, address, access, wait, lock_wait: wait, seen };
        match session.prepare().await {
            Ok(()) => Ok(session),
            Err(error) => {
                // The first error matters more than an error of closing.
                drop(Box::new(session).close().await);
                Err(error)
            }
        }
    }

    /// Checks the server and makes the settings of the session.
    async fn prepare(&mut self) -> Result<(), Error> {
        // The server of a scratch database needs no check: rehearsal started it, or `check_host` has checked it.
        if !matches!(self.access, Access::Write(Durability::None | Durability::NoneShared)) {
            refuse_old(&self.address, &mut self.connection, self.wait).await?;
            refuse_pooler(&self.address, &mut self.connection, self.wait).await?;
            // Disables the timeouts for idle sessions and long transactions.
            self.execute(STAY, &[]).await?;
        }
        let encoding = self.rows("SHOW server_encoding", &[]).await?;
        let encoding = encoding.first().and_then(|row| row.first()?.as_text()).unwrap_or_default();
        if encoding != "UTF8" {
            return Err(Error::Encoding { place: self.address.url(), encoding: encoding.to_owned() });
        }
        self.restore_lock_timeout().await?;
        match self.access {
            Access::Read => self.execute("SET default_transaction_read_only = on", &[]).await.map(drop),
            Access::Write(Durability::Configured | Durability::ProcessExit) => Ok(()),
            Access::Write(Durability::None | Durability::NoneShared) => {
                self.execute("SET synchronous_commit = off", &[]).await.map(drop)
            }
        }
    }

    /// Runs a fixed query that is repeated often as a prepared statement: the server plans it once per session, and
    /// planning takes longer than running it. The columns must be texts or integers (`int4`, `int8`), because
    /// [`decode`] reads no other types from a prepared statement.
    pub(super) async fn known(&mut self, sql: &'static str) -> Result<Vec<Vec<Value>>, Error> {
        let rows = sqlx::query(sql).fetch_all(&mut self.connection).await;
        rows.and_then(|rows| rows.iter().map(decode).collect())
            .map_err(|error| explain(&self.address.url(), self.lock_wait, &error))
    }
}
