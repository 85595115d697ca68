//! Databases as a whole: created, copied, renamed and dropped from the maintenance database of their server.

use super::address::PostgresAddress;
use super::explain::explain;
use super::maintenance::{acquire, release};
use crate::{Engine, Error};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use std::time::Duration;

/// The timeout for an answer of the server.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Creates an empty database in UTF-8, whatever the server's default is.
pub(super) async fn create(address: &PostgresAddress, wait: Duration) -> Result<(), Error> {
    let name = Engine::Postgres.quote(address.database());
    maintain(address, wait, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await
}

/// Copies a database, to which no session may be connected.
pub(crate) async fn copy(from: &PostgresAddress, to: &PostgresAddress) -> Result<(), Error> {
    let (old, new) = (Engine::Postgres.quote(from.database()), Engine::Postgres.quote(to.database()));
    let mut connection = acquire(from, PATIENCE).await?;
    until_deserted(&mut connection, from.database()).await;
    // Copying files is faster than writing everything to the log; before version 15 it was the only strategy.
    let strategy = match number(&mut connection).await {
        Some(150_000..) => " STRATEGY file_copy",
        _ => "",
    };
    let made = AssertSqlSafe(format!("CREATE DATABASE {new} TEMPLATE {old}{strategy}"));
    let failed = |error: sqlx::Error| explain(&from.url(), PATIENCE, &error);
    sqlx::raw_sql(made).execute(&mut connection).await.map_err(failed)?;
    // Settings of `ALTER DATABASE … SET` are not copied with the database. Lists of names are stored as written.
    let settings = "SELECT format('ALTER DATABASE %I SET %I TO %s', $2::text, split_part(setting, '=', 1), \
                        CASE WHEN split_part(setting, '=', 1) IN ('search_path', 'temp_tablespaces', 'session_preload_libraries', \
                            'local_preload_libraries') THEN substr(setting, strpos(setting, '=') + 1) \
                        ELSE quote_literal(substr(setting, strpos(setting, '=') + 1)) END) \
                    FROM pg_db_role_setting, unnest(setconfig) AS setting \
                    WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = $1)";
    let settings = sqlx::query_scalar(settings).bind(from.database()).bind(to.database());
    let settings: Vec<String> = settings.fetch_all(&mut connection).await.map_err(failed)?;
    for setting in settings {
        sqlx::raw_sql(AssertSqlSafe(setting)).execute(&mut connection).await.map_err(failed)?;
    }
    release(from, connection, PATIENCE).await
}

/// True if a database with this name exists.
pub(crate) async fn exists(address: &PostgresAddress) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
    ask(address, sql, Some(address.database())).await
}

/// Renames a database, to which no session may be connected.
pub(crate) async fn rename(from: &PostgresAddress, to: &PostgresAddress) -> Result<(), Error> {
    let (old, new) = (Engine::Postgres.quote(from.database()), Engine::Postgres.quote(to.database()));
    maintain(from, PATIENCE, &format!("ALTER DATABASE {old} RENAME TO {new}")).await
}

/// Drops a database and ends its sessions.
pub(crate) async fn remove(address: &PostgresAddress) -> Result<(), Error> {
    let name = Engine::Postgres.quote(address.database());
    maintain(address, PATIENCE, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
}

/// The other inputs of a template besides its content: the server's version and the role that owns it.
pub(crate) async fn version(address: &PostgresAddress) -> Result<String, Error> {
    let sql = "SELECT current_setting('server_version') || ' as ' || current_user";
    ask(address, sql, None).await
}

/// The extensions of these that the server does not have.
pub(crate) async fn absent_extensions(address: &PostgresAddress, names: &[String]) -> Result<Vec<String>, Error> {
    let mut connection = acquire(address, PATIENCE).await?;
    let sql = "SELECT name FROM unnest($1::text[]) AS wanted (name) \
               WHERE name NOT IN (SELECT name::text FROM pg_available_extensions) ORDER BY name";
    let absent = sqlx::query_scalar(sql).bind(names).fetch_all(&mut connection).await;
    let absent = absent.map_err(|error| explain(&address.url(), PATIENCE, &error))?;
    release(address, connection, PATIENCE).await?;
    Ok(absent)
}

/// What the results of a rehearsal on this server depend on: its version, the role, the settings that no session chose,
/// and the extensions.
pub(crate) async fn server(address: &PostgresAddress) -> Result<String, Error> {
    let sql = "SELECT concat_ws(E'\n', version(),
        (SELECT roles::text FROM pg_roles AS roles WHERE rolname = current_user),
        (SELECT string_agg(concat_ws('=', name, setting), E'\n' ORDER BY name) FROM pg_settings
            WHERE source NOT IN ('session', 'client') AND name NOT LIKE 'transaction%'),
        (SELECT string_agg(concat_ws('=', name, default_version), E'\n' ORDER BY name) FROM pg_available_extensions))";
    ask(address, sql, None).await
}

/// Waits until recently closed sessions have ended: CREATE DATABASE itself would retry only every 100 ms.
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

/// Queries a server for one value.
async fn ask<T>(address: &PostgresAddress, sql: &'static str, parameter: Option<&str>) -> Result<T, Error>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    let mut connection = acquire(address, PATIENCE).await?;
    let query = sqlx::query_scalar(sql);
    let query = match parameter {
        Some(parameter) => query.bind(parameter.to_owned()),
        None => query,
    };
    let answer = query.fetch_one(&mut connection).await;
    let answer = answer.map_err(|error| explain(&address.url(), PATIENCE, &error))?;
    release(address, connection, PATIENCE).await?;
    Ok(answer)
}

async fn maintain(address: &PostgresAddress, wait: Duration, sql: &str) -> Result<(), Error> {
    let mut connection = acquire(address, wait).await?;
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
    done.map_err(|error| explain(&address.url(), PATIENCE, &error))?;
    release(address, connection, PATIENCE).await
}

/// Records today's date in a template's comment: a server does not record when a database was last used.
pub(crate) async fn touch(template: &PostgresAddress) -> Result<(), Error> {
    let comment =
        "SELECT format('COMMENT ON DATABASE %I IS %L', $1::text, 'template of rehearsal, last used ' || current_date)";
    let sql: String = ask(template, comment, Some(template.database())).await?;
    maintain(template, PATIENCE, &sql).await
}
