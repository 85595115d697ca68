//! Renames and deletes pets.
//!
//! Neither changes the visual traits: they follow from the id, which never changes.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::PetError;

/// Renames a pet. The name may be any text, including an empty one.
///
/// # Errors
///
/// [`PetError::NotFound`]. Also fails if the query fails.
pub async fn rename(conn: &mut SqliteConnection, id: Uuid, name: &str) -> Result<(), PetError> {
    let renamed = sqlx::query(r#"UPDATE "Pet" SET "name" = $1, "updatedAt" = $2 WHERE "id" = $3"#)
        .bind(name)
        .bind(now())
        .bind(id.to_string())
        .execute(conn)
        .await
        .map_err(PetError::database("rename a pet"))?;
    if renamed.rows_affected() == 0 { Err(PetError::NotFound { id }) } else { Ok(()) }
}

/// Deletes a pet with its genetic traits. Its children remain, without this parent.
///
/// # Errors
///
/// [`PetError::NotFound`]. Also fails if the query fails.
pub async fn delete(conn: &mut SqliteConnection, id: Uuid) -> Result<(), PetError> {
    let deleted = sqlx::query(r#"DELETE FROM "Pet" WHERE "id" = $1"#)
        .bind(id.to_string())
        .execute(conn)
        .await
        .map_err(PetError::database("delete a pet"))?;
    if deleted.rows_affected() == 0 { Err(PetError::NotFound { id }) } else { Ok(()) }
}

/// Returns the current time as the database stores it: ISO 8601 in UTC with milliseconds.
pub(super) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
