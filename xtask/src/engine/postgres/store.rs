//! Databases as wholes: made, copied, renamed, removed, from the maintenance database of their server.

use super::connect::{connect, refuse_old, refuse_pooler};
use super::explain::explain;
use crate::engine::{Engine, Error, PostgresAddress};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::time::Duration;

/// A process's right to the databases whose names begin with its token, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Claim {
    _session: PgConnection,
}

/// Claims a token on a server that stays, and removes the databases of processes that are dead (those whose token can be had),
/// and templates that nobody used for long.
pub(crate) async fn claim(address: &PostgresAddress, token: &str) -> Result<Claim, Error> {
    let refused = |error: sqlx::Error| explain(&address.url(), PATIENCE, &error);
    let mut session = connect(&address.maintenance(), PATIENCE).await?;
    let lock = "SELECT pg_try_advisory_lock(hashtextextended('xtask-' || $1, 0))";
    let unlock = "SELECT pg_advisory_unlock(hashtextextended('xtask-' || $1, 0))";
    let _: bool = sqlx::query_scalar(lock).bind(token).fetch_one(&mut session).await.map_err(refused)?;
    let names = "SELECT datname::text, substring(datname from '^xtask-scratch-([A-Za-z0-9]{6})-') FROM pg_database \
                 WHERE datname ~ '^xtask-scratch-[A-Za-z0-9]{6}-'";
    let databases: Vec<(String, String)> = sqlx::query_as(names).fetch_all(&mut session).await.map_err(refused)?;
    for (database, owner) in databases.iter().filter(|(_, owner)| owner != token) {
        let is_dead: bool = sqlx::query_scalar(lock).bind(owner).fetch_one(&mut session).await.map_err(refused)?;
        if is_dead {
            // What another process removes at the same time is removed.
            drop(remove(&address.sibling(database)).await);
            let _: bool = sqlx::query_scalar(unlock).bind(owner).fetch_one(&mut session).await.map_err(refused)?;
        }
    }
    let templates = "SELECT datname::text, \
                         substring(shobj_description(oid, 'pg_database') from '[0-9]{4}-[0-9]{2}-[0-9]{2}$')::date < current_date - $1 \
                     FROM pg_database WHERE datname ~ '^xtask-template-[0-9a-f]{32}-'";
    let templates: Vec<(String, Option<bool>)> =
        sqlx::query_as(templates).bind(TEMPLATE_LIFE).fetch_all(&mut session).await.map_err(refused)?;
    for (template, is_old) in templates {
        let template = address.sibling(&template);
        // Another process may be at it, too; sweeping is never a reason to fail.
        match is_old {
            Some(true) => drop(remove(&template).await),
            Some(false) => {}
            None => drop(touch(&template).await),
        }
    }
    Ok(Claim { _session: session })
}

/// After so many days in which nobody used it a template is rebuilt when it is needed again.
const TEMPLATE_LIFE: i32 = 14;

/// Notes on a template that it was used today: a server keeps no such time.
pub(crate) async fn touch(template: &PostgresAddress) -> Result<(), Error> {
    let mut connection = connect(&template.maintenance(), PATIENCE).await?;
    let comment =
        "SELECT format('COMMENT ON DATABASE %I IS %L', $1::text, 'template of xtask, last used ' || current_date)";
    let asked = sqlx::query_scalar(comment).bind(template.database()).fetch_one(&mut connection).await;
    let sql: String = asked.map_err(|error| explain(&template.url(), PATIENCE, &error))?;
    finish(connection, template, &sql).await
}

/// Refuses a server on which databases can't be made: one that is too old, behind a pooler, or whose role may not.
pub(crate) async fn check_host(address: &PostgresAddress) -> Result<(), Error> {
    let refused = |error: sqlx::Error| explain(&address.url(), PATIENCE, &error);
    let mut connection = connect(address, PATIENCE).await?;
    refuse_old(address, &mut connection, PATIENCE).await?;
    refuse_pooler(address, &mut connection, PATIENCE).await?;
    let sql = "SELECT rolname::text FROM pg_roles WHERE rolname = current_user AND NOT rolcreatedb AND NOT rolsuper";
    let role: Option<String> = sqlx::query_scalar(sql).fetch_optional(&mut connection).await.map_err(refused)?;
    let own = "SELECT pg_backend_pid()";
    let first: i32 = sqlx::query_scalar(own).fetch_one(&mut connection).await.map_err(refused)?;
    connection.close().await.map_err(refused)?;
    let mut connection = connect(address, PATIENCE).await?;
    // Without a pooler it ends at once, though not before this answers.
    let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)";
    let mut outlives = true;
    for _ in 0..50 {
        outlives = sqlx::query_scalar(sql).bind(first).fetch_one(&mut connection).await.map_err(refused)?;
        if !outlives {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    connection.close().await.map_err(refused)?;
    if outlives {
        let why = "a session outlives its connection, and keeps databases from being copied and dropped".to_owned();
        return Err(Error::Pooler { place: address.url(), why });
    }
    match role {
        Some(role) => {
            Err(Error::Privilege { place: address.url(), why: format!("the role `{role}` may not create databases") })
        }
        None => Ok(()),
    }
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
