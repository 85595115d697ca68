//! Users who come and go, and their settings.
//!
//! Settings are changed in one statement, so that whoever changes another one at the same time, the mark of a finished user
//! among them, loses nothing.

use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{DONE, PartError};
use crate::json::{Json, Object};

/// Takes in a user, and returns the id. There are no old rows of somebody new, and so the user is marked as finished.
///
/// # Errors
///
/// What the database said.
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

/// Deletes a user with all rows: nothing holds the old ones to the user, so that they would stay.
///
/// # Errors
///
/// [`PartError::NoSuchUser`]; else what the database said. Then nothing was deleted.
pub async fn delete_user(conn: &mut PgConnection, user_id: Uuid) -> Result<(), PartError> {
    const ACTION: &str = "delete a user";
    let mut tx = conn.begin().await.map_err(PartError::database(ACTION))?;
    for delete in [
        // What refers to a part or a session does not let it go before it goes itself.
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

/// Changes one of a user's settings; all others are kept.
///
/// # Errors
///
/// [`PartError::NoSuchUser`]; [`PartError::Settings`] where the settings are no object; else what the database said.
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
    Err(PartError::Settings { user_id, found: settings.as_ref().map_or("nothing", Json::kind) })
}

/// Reads a user's settings, as they are: they are meant to be an object, and nothing holds them to that.
///
/// # Errors
///
/// [`PartError::NoSuchUser`]; else what the database said.
pub async fn settings(conn: &mut PgConnection, user_id: Uuid) -> Result<Option<Json>, PartError> {
    let found: Option<Option<Json>> = sqlx::query_scalar("SELECT settings::text FROM users WHERE id = $1")
        .bind(user_id)
        .fetch_optional(conn)
        .await
        .map_err(PartError::database("read the settings"))?;
    found.ok_or(PartError::NoSuchUser { user_id })
}
