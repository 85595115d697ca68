//! A permanent server for scratch databases: [`check_host`] rejects an unsuitable one, [`claim`] sweeps what dead
//! processes left on it.

use super::address::PostgresAddress;
use super::connect::{connect, connect_to_stay, refuse_old, refuse_pooler};
use super::databases::{PATIENCE, remove, touch};
use super::explain::explain;
use crate::Error;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::time::Duration;

/// Claims a token on a permanent server for as long as the returned session lives, and sweeps.
pub(super) async fn claim(address: &PostgresAddress, token: &str) -> Result<PgConnection, Error> {
    let refused = |error: sqlx::Error| explain(&address.url(), PATIENCE, &error);
    let mut session = connect_to_stay(&address.maintenance(), PATIENCE).await?;
    let _: bool = sqlx::query_scalar(LOCK).bind(token).fetch_one(&mut session).await.map_err(refused)?;
    sweep_scratch(address, &mut session, token).await.map_err(refused)?;
    sweep_templates(address, &mut session).await.map_err(refused)?;
    Ok(session)
}

const LOCK: &str = "SELECT pg_try_advisory_lock(hashtextextended('rehearsal-' || $1, 0))";
const UNLOCK: &str = "SELECT pg_advisory_unlock(hashtextextended('rehearsal-' || $1, 0))";

/// Drops the databases of dead processes: those whose token can be locked. Another process may drop the same one
/// concurrently; sweeping never fails for that.
async fn sweep_scratch(address: &PostgresAddress, session: &mut PgConnection, token: &str) -> Result<(), sqlx::Error> {
    let names = "SELECT datname::text, substring(datname from '^rehearsal-scratch-([A-Za-z0-9]{6})-') FROM pg_database \
                 WHERE datname ~ '^rehearsal-scratch-[A-Za-z0-9]{6}-'";
    let databases: Vec<(String, String)> = sqlx::query_as(names).fetch_all(&mut *session).await?;
    for (database, owner) in databases.iter().filter(|(_, owner)| owner != token) {
        if sqlx::query_scalar(LOCK).bind(owner).fetch_one(&mut *session).await? {
            drop(remove(&address.beside(database)).await);
            let _: bool = sqlx::query_scalar(UNLOCK).bind(owner).fetch_one(&mut *session).await?;
        }
    }
    Ok(())
}

/// Drops templates that have not been used for [`TEMPLATE_LIFE`] days.
async fn sweep_templates(address: &PostgresAddress, session: &mut PgConnection) -> Result<(), sqlx::Error> {
    let templates = "SELECT datname::text, \
                         substring(shobj_description(oid, 'pg_database') from '[0-9]{4}-[0-9]{2}-[0-9]{2}$')::date < current_date - $1 \
                     FROM pg_database WHERE datname ~ '^rehearsal-template-[0-9a-f]{16}-'";
    let templates: Vec<(String, Option<bool>)> =
        sqlx::query_as(templates).bind(TEMPLATE_LIFE).fetch_all(session).await?;
    for (template, is_old) in templates {
        let template = address.beside(&template);
        match is_old {
            Some(true) => drop(remove(&template).await),
            Some(false) => {}
            None => drop(touch(&template).await),
        }
    }
    Ok(())
}

/// The age in days after which an unused template is dropped.
const TEMPLATE_LIFE: i32 = 14;

/// Fails for a server on which databases cannot be created: it is too old, it is a pooler, or the role lacks the
/// privilege.
pub(super) async fn check_host(address: &PostgresAddress) -> Result<(), Error> {
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
    // Without a pooler the session ends immediately, but perhaps after this query answers.
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
        let why = "a session outlives its connection and prevents copying and dropping databases".to_owned();
        return Err(Error::Pooler { place: address.url(), why });
    }
    match role {
        Some(role) => {
            Err(Error::Privilege { place: address.url(), why: format!("the role `{role}` may not create databases") })
        }
        None => Ok(()),
    }
}
