//! Databases as wholes: made, copied, renamed, removed, from the maintenance database of their server.

use super::explain::explain;
use super::session::connect;
use crate::engine::address::PostgresAddress;
use crate::engine::{Engine, Error};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::time::Duration;

/// A process's right to the databases whose names begin with its token, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Claim {
    _session: PgConnection,
}

/// Claims a token on a server that stays, and removes the databases of processes that are dead: those whose token can be had.
pub(crate) async fn claim(address: &PostgresAddress, token: &str) -> Result<Claim, Error> {
    let refused = |error: sqlx::Error| explain(&address.url(), PATIENCE, &error);
    let mut session = connect(&address.maintenance(), PATIENCE).await?;
    let lock = "SELECT pg_try_advisory_lock(hashtextextended('xtask-' || $1, 0))";
    let unlock = "SELECT pg_advisory_unlock(hashtextextended('xtask-' || $1, 0))";
    let _: bool = sqlx::query_scalar(lock).bind(token).fetch_one(&mut session).await.map_err(refused)?;
    let names = "SELECT datname::text, substring(datname from '^xtask-scratch-([A-Za-z0-9]{6})-') FROM pg_database \
                 WHERE datname ~ '^xtask-scratch-[A-Za-z0-9]{6}-.*-[0-9]+$'";
    let databases: Vec<(String, String)> = sqlx::query_as(names).fetch_all(&mut session).await.map_err(refused)?;
    for (database, owner) in databases.iter().filter(|(_, owner)| owner != token) {
        let is_dead: bool = sqlx::query_scalar(lock).bind(owner).fetch_one(&mut session).await.map_err(refused)?;
        if is_dead {
            // What another process removes at the same time is removed.
            drop(remove(&address.sibling(database)).await);
            let _: bool = sqlx::query_scalar(unlock).bind(owner).fetch_one(&mut session).await.map_err(refused)?;
        }
    }
    Ok(Claim { _session: session })
}

/// The role's name, where it may not create databases.
pub(crate) async fn without_createdb(address: &PostgresAddress) -> Result<Option<String>, Error> {
    let mut connection = connect(&address.maintenance(), PATIENCE).await?;
    let sql = "SELECT rolname::text FROM pg_roles WHERE rolname = current_user AND NOT rolcreatedb AND NOT rolsuper";
    let asked = sqlx::query_scalar(sql).fetch_optional(&mut connection).await;
    let role = asked.map_err(|error| explain(&address.url(), PATIENCE, &error))?;
    connection.close().await.map_err(|error| explain(&address.url(), PATIENCE, &error))?;
    Ok(role)
}

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes an empty database, in UTF-8 whatever the server's default is.
pub(super) async fn create(address: &PostgresAddress, wait: Duration) -> Result<(), Error> {
    let name = Engine::Postgres.quote(address.database());
    maintain(address, wait, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await
}

/// Copies a database; nobody may be connected to it.
pub(crate) async fn copy(from: &PostgresAddress, to: &PostgresAddress) -> Result<(), Error> {
    let (old, new) = (Engine::Postgres.quote(from.database()), Engine::Postgres.quote(to.database()));
    let mut connection = connect(&from.maintenance(), PATIENCE).await?;
    until_deserted(&mut connection, from.database()).await;
    // Copying files is faster than writing everything to the log, and is what there was before 15.
    let strategy = match number(&mut connection).await {
        Some(150_000..) => " STRATEGY file_copy",
        _ => "",
    };
    let sql = format!("CREATE DATABASE {new} TEMPLATE {old}{strategy}");
    finish(connection, from, &sql).await
}

/// True where there is a database of that name.
pub(crate) async fn exists(address: &PostgresAddress) -> Result<bool, Error> {
    let mut connection = connect(&address.maintenance(), PATIENCE).await?;
    let sql = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
    let asked = sqlx::query_scalar(sql).bind(address.database()).fetch_one(&mut connection).await;
    let there = asked.map_err(|error| explain(&address.url(), PATIENCE, &error))?;
    connection.close().await.map_err(|error| explain(&address.url(), PATIENCE, &error))?;
    Ok(there)
}

/// Gives a database another name; nobody may be connected to it.
pub(crate) async fn rename(from: &PostgresAddress, to: &PostgresAddress) -> Result<(), Error> {
    let (old, new) = (Engine::Postgres.quote(from.database()), Engine::Postgres.quote(to.database()));
    maintain(from, PATIENCE, &format!("ALTER DATABASE {old} RENAME TO {new}")).await
}

/// Removes a database, whoever is connected to it.
pub(crate) async fn remove(address: &PostgresAddress) -> Result<(), Error> {
    let name = Engine::Postgres.quote(address.database());
    maintain(address, PATIENCE, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
}

/// The version of a server, as it gives it.
pub(crate) async fn version(address: &PostgresAddress) -> Result<String, Error> {
    let mut connection = connect(&address.maintenance(), PATIENCE).await?;
    let asked = sqlx::query_scalar("SELECT current_setting('server_version')").fetch_one(&mut connection).await;
    let version = asked.map_err(|error| explain(&address.url(), PATIENCE, &error))?;
    connection.close().await.map_err(|error| explain(&address.url(), PATIENCE, &error))?;
    Ok(version)
}

/// Waits until the sessions that were just closed are gone: CREATE DATABASE would look again only every 100 ms.
async fn until_deserted(connection: &mut PgConnection, database: &str) {
    for _ in 0..1000 {
        let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1)";
        match sqlx::query_scalar(sql).bind(database).fetch_one(&mut *connection).await {
            Ok(true) => tokio::time::sleep(Duration::from_millis(1)).await,
            _ => return,
        }
    }
}

async fn number(connection: &mut PgConnection) -> Option<i32> {
    sqlx::query_scalar("SELECT current_setting('server_version_num')::int4").fetch_one(connection).await.ok()
}

async fn maintain(address: &PostgresAddress, wait: Duration, sql: &str) -> Result<(), Error> {
    let connection = connect(&address.maintenance(), wait).await?;
    finish(connection, address, sql).await
}

async fn finish(mut connection: PgConnection, address: &PostgresAddress, sql: &str) -> Result<(), Error> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
    let done = done.map_err(|error| explain(&address.url(), PATIENCE, &error));
    let closed = connection.close().await.map_err(|error| explain(&address.url(), PATIENCE, &error));
    done?;
    closed
}
