//! Connections to a server ([`connect`]), and the servers that are rejected: old ones and poolers.

use super::address::PostgresAddress;
use super::explain::{NO_ANSWER, explain, explain_connecting};
use crate::Error;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use std::time::Duration;
use uuid::Uuid;

/// The oldest supported server, as its `server_version_num`.
const OLDEST: i32 = 130_000;

/// The minimum timeout for connecting: a server that never answers must not block forever.
const MIN_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects with a session that never times out: a lock would end with it while another session works.
pub(super) async fn connect_to_stay(address: &PostgresAddress, wait: Duration) -> Result<PgConnection, Error> {
    let mut connection = connect(address, wait).await?;
    // A pooler would keep the setting for its next client. Checked each time: a busy pooler can escape a single check.
    if !address.is_trusted() {
        refuse_pooler(address, &mut connection, wait).await?;
    }
    let set = sqlx::raw_sql(AssertSqlSafe(without_timeouts(&connection))).execute(&mut connection).await;
    set.map_err(|error| explain(&address.url(), wait, &error))?;
    Ok(connection)
}

/// Statements that disable the timeouts for idle sessions, idle transactions and long transactions: a reader's query
/// stays open while its rows are written, and the writer waits for it in turn.
pub(super) fn without_timeouts(connection: &PgConnection) -> String {
    let version = connection.server_version_num().unwrap_or_default();
    let settings = [
        (0, "idle_in_transaction_session_timeout"),
        (140_000, "idle_session_timeout"),
        (170_000, "transaction_timeout"),
    ];
    let known = settings.iter().filter(|(since, _)| version >= *since);
    known.map(|(_, name)| format!("SET {name} = 0; ")).collect()
}

/// The statement that sets the lock timeout of a session.
pub(super) fn lock_timeout(wait: Duration) -> String {
    format!("SET lock_timeout = {}", wait.as_millis().max(1))
}

/// Fails if the server is too old or is a pooler. Only the first connection to an address checks this.
pub(super) async fn check_server(
    address: &PostgresAddress,
    connection: &mut PgConnection,
    wait: Duration,
) -> Result<(), Error> {
    if address.needs_check() {
        refuse_old(address, connection, wait).await?;
        refuse_pooler(address, connection, wait).await?;
        address.set_checked();
    }
    Ok(())
}

/// Connects and sends nothing.
pub(super) async fn connect(address: &PostgresAddress, wait: Duration) -> Result<PgConnection, Error> {
    let options = address.options().clone().application_name("rehearsal").disable_statement_logging();
    let limit = wait.max(MIN_CONNECT_TIMEOUT);
    match tokio::time::timeout(limit, options.connect()).await {
        Ok(connected) => connected.map_err(|error| explain_connecting(&address.url(), wait, &error)),
        Err(_) => {
            let why = format!("it did not answer within {} s", limit.as_secs());
            Err(Error::Unreachable { place: address.url(), why, help: NO_ANSWER })
        }
    }
}

/// Fails for a pooler that gives each transaction another session: a lock or a setting would stay in a session that
/// serves another client next. Such a pooler reuses the session that was used last, so a setting of one connection
/// is visible to another. No other setting may be made before this check.
pub(super) async fn refuse_pooler(
    address: &PostgresAddress,
    connection: &mut PgConnection,
    wait: Duration,
) -> Result<(), Error> {
    let failed = |error: sqlx::Error| explain(&address.url(), wait, &error);
    let token = Uuid::new_v4().simple().to_string();
    let set = AssertSqlSafe(format!("SET rehearsal.probe = '{token}'"));
    sqlx::raw_sql(set).execute(&mut *connection).await.map_err(failed)?;
    let mut other = connect(address, wait).await?;
    let asked = sqlx::raw_sql("SELECT current_setting('rehearsal.probe', true)").fetch_one(&mut other).await;
    let seen: Option<String> = asked.and_then(|row| row.try_get(0)).map_err(failed)?;
    other.close().await.map_err(failed)?;
    sqlx::raw_sql("RESET rehearsal.probe").execute(&mut *connection).await.map_err(failed)?;
    if seen.as_deref() == Some(token.as_str()) {
        let why = "a setting of one connection is visible to another, so sessions are not kept".to_owned();
        return Err(Error::Pooler { place: address.url(), why });
    }
    Ok(())
}

/// Fails for a server that is too old.
pub(super) async fn refuse_old(
    address: &PostgresAddress,
    connection: &mut PgConnection,
    wait: Duration,
) -> Result<(), Error> {
    let sql = "SELECT current_setting('server_version_num')::int4, current_setting('server_version')";
    let asked = sqlx::query_as(sql).persistent(false).fetch_one(connection).await;
    let (number, version): (i32, String) = asked.map_err(|error| explain(&address.url(), wait, &error))?;
    if number < OLDEST { Err(Error::OldServer { place: address.url(), version }) } else { Ok(()) }
}
