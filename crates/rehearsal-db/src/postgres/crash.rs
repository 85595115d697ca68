//! Crashes on PostgreSQL: [`require_durable_commits`] makes commits survive a crash of the server, [`end_sessions`] ends sessions
//! from outside.

use super::address::PostgresAddress;
use super::connect::connect;
use super::explain::explain;
use crate::Error;
use sqlx::Connection;
use std::time::Duration;

/// The timeout for an answer of the server.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn require_durable_commits(address: &PostgresAddress) -> Result<(), Error> {
    let refused = |error: sqlx::Error| explain(&address.url(), PATIENCE, &error);
    let mut connection = connect(&address.maintenance(), PATIENCE).await?;
    let made = sqlx::raw_sql("CHECKPOINT").execute(&mut connection).await.map_err(refused);
    connection.close().await.map_err(refused)?;
    made.map(drop)
}

pub(crate) async fn end_sessions(address: &PostgresAddress) -> Result<u64, Error> {
    let refused = |error: sqlx::Error| explain(&address.url(), PATIENCE, &error);
    let mut connection = connect(&address.maintenance(), PATIENCE).await?;
    let sql = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1";
    let ended: Result<i64, _> =
        sqlx::query_scalar(sql).bind(address.database()).fetch_one(&mut connection).await.map_err(refused);
    connection.close().await.map_err(refused)?;
    Ok(u64::try_from(ended?).unwrap_or_default())
}
