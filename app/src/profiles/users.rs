//! Creates and deletes users.

use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::answer::{lock_user, read_user};
use super::store::store;
use super::{ProfileError, Unified, unify};

/// Creates a user with an empty unified profile, in one transaction.
///
/// # Errors
///
/// [`ProfileError::EmailTaken`] or [`ProfileError::NulInUser`]. Also fails if a query fails. Nothing is stored then.
pub async fn create_user(conn: &mut PgConnection, name: &str, email: &str) -> Result<Unified, ProfileError> {
    const ACTION: &str = "create a user";
    if let Some((field, _)) = [("name", name), ("email", email)].into_iter().find(|(_, text)| text.contains('\0')) {
        return Err(ProfileError::NulInUser { field });
    }
    let id = Uuid::new_v4().to_string();
    let mut tx = conn.begin().await.map_err(ProfileError::database(ACTION))?;
    sqlx::query(r#"INSERT INTO "User" ("id", "name", "email") VALUES ($1, $2, $3)"#)
        .bind(&id)
        .bind(name)
        .bind(email)
        .execute(&mut *tx)
        .await
        .map_err(|error| match error.as_database_error().and_then(|error| error.constraint()) {
            Some("User_email_key") => ProfileError::EmailTaken { email: email.to_owned() },
            _ => ProfileError::database(ACTION)(error),
        })?;
    let unified = unify(&read_user(&mut tx, &id, ACTION).await?);
    store(&mut tx, &unified).await.map_err(ProfileError::database(ACTION))?;
    tx.commit().await.map_err(ProfileError::database(ACTION))?;
    Ok(unified)
}

/// Deletes a user with all answers and profiles.
///
/// # Errors
///
/// [`ProfileError::NoSuchUser`]. Also fails if a query fails.
pub async fn delete_user(conn: &mut PgConnection, user_id: &str) -> Result<(), ProfileError> {
    const ACTION: &str = "delete a user";
    let mut tx = conn.begin().await.map_err(ProfileError::database(ACTION))?;
    lock_user(&mut tx, user_id, ACTION).await?;
    sqlx::query(r#"DELETE FROM "User" WHERE "id" = $1"#)
        .bind(user_id)
        .execute(&mut *tx)
        .await
        .map_err(ProfileError::database(ACTION))?;
    tx.commit().await.map_err(ProfileError::database(ACTION))
}
