//! Connections to the maintenance database of a server. A server for scratch databases is asked many times per second, and
//! each new connection costs it a process, so [`acquire`] takes an idle connection and [`release`] keeps it.

use super::address::PostgresAddress;
use super::connect::connect;
use super::explain::explain;
use super::idle::Idle;
use crate::Error;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::time::Duration;

/// Returns an idle connection that still works, or a new one.
pub(super) async fn acquire(address: &PostgresAddress, wait: Duration) -> Result<PgConnection, Error> {
    while let Some(mut connection) = address.idle().and_then(Idle::take) {
        // The server may have crashed since.
        if connection.ping().await.is_ok() {
            return Ok(connection);
        }
    }
    connect(&address.maintenance(), wait).await
}

/// Keeps a connection whose last statement succeeded, or closes it if the server is not used repeatedly.
pub(super) async fn release(address: &PostgresAddress, connection: PgConnection, wait: Duration) -> Result<(), Error> {
    match address.idle() {
        Some(idle) => {
            idle.keep(connection);
            Ok(())
        }
        None => connection.close().await.map_err(|error| explain(&address.url(), wait, &error)),
    }
}
