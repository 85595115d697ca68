//! An open connection to a PostgreSQL database: how it is opened for each kind of access.

use super::address::PostgresAddress;
use super::connect::{STAY, connect, refuse_old, refuse_pooler};
use super::explain::explain;
use super::values::decode;
use crate::{Access, Durability, Error, Mode, Schema, Seen, Session, Value};
use sqlx::postgres::PgConnection;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the catalog tells of a schema: its objects, and the columns of its tables in order.
pub(super) type Told = (String, BTreeMap<String, Vec<String>>);

/// A connection to one PostgreSQL database.
#[derive(Debug)]
pub(crate) struct PostgresSession {
    pub(super) connection: PgConnection,
    pub(super) address: PostgresAddress,
    access: Access,
    pub(super) wait: Duration,
    /// How long a statement waits for a lock now.
    pub(super) lock_wait: Duration,
    /// Schemas of this session, by what the catalog told of them.
    pub(super) seen: Seen<Told, Schema>,
}

impl PostgresSession {
    pub(super) async fn open(address: &PostgresAddress, access: Access, wait: Duration) -> Result<Self, Error> {
        if access != Access::Read && address.mode() == Mode::Read {
            return Err(Error::ReadOnly { place: address.url(), why: "its URL says so".to_owned() });
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
                // What closing says is less than what is known already.
                drop(Box::new(session).close().await);
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
            return Err(Error::Encoding { place: self.address.url(), encoding: encoding.to_owned() });
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

    /// Asks the catalog what it was asked before: the server plans such a query once a session, which takes longer than to
    /// answer it. Its columns are texts and numbers of 64 bits.
    pub(super) async fn known(&mut self, sql: &'static str) -> Result<Vec<Vec<Value>>, Error> {
        let rows = sqlx::query(sql).fetch_all(&mut self.connection).await;
        rows.and_then(|rows| rows.iter().map(decode).collect())
            .map_err(|error| explain(&self.address.url(), self.lock_wait, &error))
    }
}
