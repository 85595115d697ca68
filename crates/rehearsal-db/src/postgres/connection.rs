//! [`PostgresSession`]: an open connection to a PostgreSQL database, with the settings that its [`Access`] needs.

use super::address::PostgresAddress;
use super::connect::{check_server, connect, lock_timeout, without_timeouts};
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
        check_server(&self.address, &mut self.connection, self.wait).await?;
        let access = match self.access {
            Access::Read => "SET default_transaction_read_only = on",
            Access::Write(Durability::Configured | Durability::ProcessExit) => "",
            Access::Write(Durability::None | Durability::NoneShared) => "SET synchronous_commit = off",
        };
        // Sent as one text: each text is a round trip, and the program opens many connections.
        let without_timeouts = without_timeouts(&self.connection);
        let sql = format!("SHOW server_encoding; {}; {without_timeouts}{access}", lock_timeout(self.wait));
        let encoding = self.rows(&sql, &[]).await?;
        let encoding = encoding.first().and_then(|row| row.first()?.as_text()).unwrap_or_default();
        if encoding != "UTF8" {
            return Err(Error::Encoding { place: self.address.url(), encoding: encoding.to_owned() });
        }
        Ok(())
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
