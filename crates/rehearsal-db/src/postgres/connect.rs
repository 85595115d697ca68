//! The way to a server, and what is refused at its door.

use super::address::PostgresAddress;
use super::explain::explain;
use crate::Error;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use std::time::Duration;
use uuid::Uuid;

/// The oldest server that this tool works with, as `server_version_num` gives it.
const OLDEST: i32 = 130_000;

/// How long a server may take to let us in, at the least: one that never answers must not hold us for ever.
const LETTING_IN_TAKES: Duration = Duration::from_secs(10);

/// Keeps a session from being ended for doing nothing, or for a query or a transaction that takes long: a reader's query is
/// open while what it has read is written, and the writer waits for it in turn. Older servers have not all of these settings.
pub(super) const STAY: &str = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN \
     ('idle_session_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')";

/// Connects, to a session that is not ended for doing nothing: a lock would end with it while another session works.
pub(super) async fn connect_to_stay(address: &PostgresAddress, wait: Duration) -> Result<PgConnection, Error> {
    let mut connection = connect(address, wait).await?;
    // A pooler would keep the setting for whoever comes next.
    refuse_pooler(address, &mut connection, wait).await?;
    let set = sqlx::raw_sql(STAY).execute(&mut connection).await;
    set.map_err(|error| explain(&address.url(), wait, &error))?;
    Ok(connection)
}

/// Connects, and does nothing else.
pub(super) async fn connect(address: &PostgresAddress, wait: Duration) -> Result<PgConnection, Error> {
    let options = address.options().clone().application_name("rehearsal").disable_statement_logging();
    let limit = wait.max(LETTING_IN_TAKES);
    match tokio::time::timeout(limit, options.connect()).await {
        Ok(connected) => connected.map_err(|error| explain(&address.url(), wait, &error)),
        Err(_) => {
            let why = format!("it did not answer within {} s", limit.as_secs());
            Err(Error::Unreachable { place: address.url(), why })
        }
    }
}

/// Refuses a pooler that gives each transaction another session: a lock or a setting of ours would stay with a session that
/// serves somebody else next. Such a pooler shows by a setting of one connection being seen by another: it reuses the session
/// that was used last. Nothing else is set before this is known.
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
        let why = "a setting of one connection is seen by another, so sessions are not kept".to_owned();
        return Err(Error::Pooler { place: address.url(), why });
    }
    Ok(())
}

/// Refuses a server that lacks what this tool uses.
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
