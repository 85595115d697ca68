//! [`PostgresSession`]: an open connection to a PostgreSQL database, opened for each kind of access.

use super::address::PostgresAddress;
use super::connect::{STAY, connect, refuse_old, refuse_pooler};
use super::explain::explain;
use super::values::decode;
use crate::{Access, Durability, Error, Mode, Schema, Seen, Session, Value};
use sqlx::postgres::PgConnection;
use std::collections::BTreeMap;
use std::time::Duration;

/// The catalog's description of a schema: its objects, and the columns of its tables in order.
pub(super) type Told = (String, BTreeMap<String, Vec<String>>);

/// A connection to one PostgreSQL database.
#[derive(Debug)]
pub(crate) struct PostgresSession {
    pub(super) connection: PgConnection,
    pub(super) address: PostgresAddress,
    access: Access,
    pub(super) wait: Duration,
    /// The current lock timeout of a statement.
    pub(super) lock_wait: Duration,
    /// Recently parsed schemas, by their description.
    pub(super) seen: Seen<Told, Schema>,
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

    async fn prepare(&mut self) -> Result<(), Error> {
        // A scratch database is on a server that has already been checked.
        if !matches!(self.access, Access::Write(Durability::None | Durability::NoneShared)) {
            refuse_old(&self.address, &mut self.connection, self.wait).await?;
            refuse_pooler(&self.address, &mut self.connection, self.wait).await?;
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

    /// Runs a catalog query that repeats often, as a prepared statement: the server plans it once per session, which
    /// takes longer than running it. Its columns must be texts or 64-bit integers.
    pub(super) async fn known(&mut self, sql: &'static str) -> Result<Vec<Vec<Value>>, Error> {
        let rows = sqlx::query(sql).fetch_all(&mut self.connection).await;
        rows.and_then(|rows| rows.iter().map(decode).collect())
            .map_err(|error| explain(&self.address.url(), self.lock_wait, &error))
    }
}
