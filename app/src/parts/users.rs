//! Creates and deletes users, and reads and changes their settings.
//!
//! [`set`] changes a setting in one statement, so that it loses no concurrent change of another setting, such as
//! the flag [`DONE`].

use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{DONE, PartError};
use crate::json::{Json, Object};

/// Creates a user and returns the id. A new user has no legacy rows, and is therefore marked with [`DONE`].
///
/// # Errors
///
/// Fails if the query fails.
pub async fn create_user(conn: &mut PgConnection, email: &str) -> Result<Uuid, PartError> {
    let id = Uuid::new_v4();
    sqlx::query("INSERT INTO users (id, email, settings) VALUES ($1, $2, $3::text::jsonb)")
        .bind(id)
        .bind(email)
        .bind(Json::of(&Object::from([(DONE.to_owned(), Json::of(&true))])).as_str())
        .execute(conn)
        .await
        .map_err(PartError::database("create a user"))?;
    Ok(id)
}

/// Deletes a user with all rows. The legacy tables have no foreign key to `users` and are therefore cleared
/// explicitly.
///
/// # Errors
///
/// [`PartError::NoSuchUser`]. Also fails if a query fails. Nothing is deleted then.
pub async fn delete_user(conn: &mut PgConnection, user_id: Uuid) -> Result<(), PartError> {
    const ACTION: &str = "delete a user";
    let mut tx = conn.begin().await.map_err(PartError::database(ACTION))?;
    for delete in [
        // Referencing rows are deleted before the parts and sessions that they refer to.
        "DELETE FROM observations WHERE user_id = $1",
        "DELETE FROM part_relationships_v2 WHERE user_id = $1",
        "DELETE FROM part_relationships WHERE user_id = $1",
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM parts WHERE user_id = $1",
    ] {
        sqlx::query(delete).bind(user_id).execute(&mut *tx).await.map_err(PartError::database(ACTION))?;
    }
    let deleted = sqlx::query("DELETE FROM users WHERE id = $1")
        .bind(user_id)
        .execute(&mut *tx)
        .await
        .map_err(PartError::database(ACTION))?;
    if deleted.rows_affected() == 0 {
        return Err(PartError::NoSuchUser { user_id });
    }
    tx.commit().await.map_err(PartError::database(ACTION))
}

/// Changes one of a user's settings; all others stay unchanged.
///
/// # Errors
///
/// [`PartError::NoSuchUser`]; [`PartError::Settings`] if the settings are not an object;
/// [`PartError::NulCharacter`]. Also fails if a query fails.
pub async fn set(conn: &mut PgConnection, user_id: Uuid, key: &str, value: &Json) -> Result<(), PartError> {
    if key.contains('\0') || value.holds_nul() {
        return Err(PartError::NulCharacter { user_id, field: "settings".to_owned() });
    }
    let update = "UPDATE users SET settings = CASE coalesce(jsonb_typeof(settings), 'null') WHEN 'object' THEN settings WHEN 'null' THEN '{}' END
                                     || jsonb_build_object($2::text, $3::text::jsonb)
                  WHERE id = $1 AND coalesce(jsonb_typeof(settings), 'null') IN ('object', 'null')";
    let changed = sqlx::query(update)
        .bind(user_id)
        .bind(key)
        .bind(value.as_str())
        .execute(&mut *conn)
        .await
        .map_err(PartError::database("change the settings"))?;
    if changed.rows_affected() > 0 {
        return Ok(());
    }
    let settings = settings(conn, user_id).await?;
    Err(PartError::Settings { user_id, found: settings.as_ref().map_or("NULL", Json::kind) })
}

/// Reads a user's settings without validation: they are an object by convention, but nothing enforces that. `None`
/// if they are NULL.
///
/// # Errors
///
/// [`PartError::NoSuchUser`]. Also fails if the query fails.
pub async fn settings(conn: &mut PgConnection, user_id: Uuid) -> Result<Option<Json>, PartError> {
    let found: Option<Option<Json>> = sqlx::query_scalar("SELECT settings::text FROM users WHERE id = $1")
        .bind(user_id)
        .fetch_optional(conn)
        .await
        .map_err(PartError::database("read the settings"))?;
    found.ok_or(PartError::NoSuchUser { user_id })
}
