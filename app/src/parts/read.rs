//! Reads parts with [`get`] and [`list`], and validates every column.
//!
//! Nothing here writes or repairs: an invalid value is an error that names the user and the field.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{PARTS_V2, PartError, PartV2};

const ACTION: &str = "read parts";

/// Begins a transaction in which the row-level security policies show and accept only the rows of this user.
///
/// Row-level security does not apply to the owner of the tables or to a superuser. The statements of this app
/// therefore name the user as well.
pub(super) async fn begin_as(conn: &mut PgConnection, user_id: Uuid) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
    let mut tx = conn.begin().await?;
    sqlx::query("SELECT set_config('app.user_id', $1, TRUE)").bind(user_id.to_string()).execute(&mut *tx).await?;
    Ok(tx)
}

/// Reads a part of a user.
///
/// # Errors
///
/// [`PartError::NoSuchPart`], also if the part belongs to another user; [`PartError::Corrupt`] if a field is
/// invalid; [`PartError::SchemaBehind`] or [`PartError::Database`] if a query fails.
pub async fn get(conn: &mut PgConnection, user_id: Uuid, part_id: Uuid) -> Result<PartV2, PartError> {
    let sql = format!("SELECT id, part FROM ({PARTS_V2}) AS stored WHERE user_id = $1 AND id = $2");
    let mut tx = begin_as(conn, user_id).await.map_err(PartError::database(ACTION))?;
    let row = sqlx::query_as(AssertSqlSafe(sql))
        .bind(user_id)
        .bind(part_id)
        .fetch_optional(&mut *tx)
        .await
        .map_err(PartError::database(ACTION))?;
    tx.commit().await.map_err(PartError::database(ACTION))?;
    read(user_id, row.ok_or(PartError::NoSuchPart { user_id, part_id })?)
}

/// Reads all parts of a user, sorted by the bytes of their names. A user who does not exist has no parts.
///
/// # Errors
///
/// Fails at the first invalid part, as [`get`] does.
pub async fn list(conn: &mut PgConnection, user_id: Uuid) -> Result<Vec<PartV2>, PartError> {
    let sql = format!(r#"SELECT id, part FROM ({PARTS_V2}) AS stored WHERE user_id = $1 ORDER BY name COLLATE "C""#);
    let mut tx = begin_as(conn, user_id).await.map_err(PartError::database(ACTION))?;
    let rows = sqlx::query_as(AssertSqlSafe(sql))
        .bind(user_id)
        .fetch_all(&mut *tx)
        .await
        .map_err(PartError::database(ACTION))?;
    tx.commit().await.map_err(PartError::database(ACTION))?;
    rows.into_iter().map(|row| read(user_id, row)).collect()
}

fn read(user_id: Uuid, (part_id, row): (Uuid, String)) -> Result<PartV2, PartError> {
    PartV2::read(&row).map_err(|fault| PartError::Corrupt { user_id, part_id, fault })
}
