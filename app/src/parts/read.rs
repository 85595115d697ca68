//! Reading parts, with nothing believed that the database could have got wrong.
//!
//! Nothing here writes or repairs: what does not fit is an error that names the user and the field.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{PARTS_V2, PartError, PartV2};

const ACTION: &str = "read parts";

/// Begins a transaction in which the database shows the rows of this user only, and takes no others.
///
/// Row-level security does not hold the owner of the tables, nor a superuser: the statements of this app name the user,
/// too.
pub(super) async fn begin_as(conn: &mut PgConnection, user_id: Uuid) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
    let mut tx = conn.begin().await?;
    sqlx::query("SELECT set_config('app.user_id', $1, TRUE)").bind(user_id.to_string()).execute(&mut *tx).await?;
    Ok(tx)
}

/// Reads a part of a user.
///
/// # Errors
///
/// [`PartError::NoSuchPart`], also where the part is another user's; [`PartError::Corrupt`] if a field holds what it must
/// not; else what the database said.
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

/// Reads all parts of a user, in the order of their names.
///
/// # Errors
///
/// As [`get`] does, of the first part that does not fit. A user who does not exist has no parts.
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
