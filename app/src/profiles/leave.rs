//! Removes a user from a context; see [`leave`].
//!
//! The user's answers in the context are deleted, and [`unify`] derives the unified profile from the other
//! contexts in the same transaction.

use sqlx::{Connection, PgConnection};

use super::answer::{lock_user, read_user};
use super::store::store;
use super::{Context, ProfileError, Unified, unify};

const ACTION: &str = "leave a context";

/// Removes a user from a context, together with the answers and the chat that belong to it. Returns the
/// unification of the user's other contexts. Locks the user's row as [`answer`](super::answer()) does.
///
/// # Errors
///
/// [`ProfileError::UnknownContext`], [`ProfileError::NoSuchUser`] or [`ProfileError::NotInContext`]. Also fails if
/// an old row is invalid or a query fails. Nothing is changed then.
pub async fn leave(conn: &mut PgConnection, user_id: &str, context: &str) -> Result<Unified, ProfileError> {
    let context =
        Context::from_label(context).ok_or_else(|| ProfileError::UnknownContext { label: context.to_owned() })?;
    let mut tx = conn.begin().await.map_err(ProfileError::database(ACTION))?;
    lock_user(&mut tx, user_id, ACTION).await?;
    let left = sqlx::query(
        r#"DELETE FROM "ContextProfile" WHERE "userId" = $1 AND "contextType" = $2::text::"RelationshipContextType""#,
    )
    .bind(user_id)
    .bind(context.as_str())
    .execute(&mut *tx)
    .await
    .map_err(ProfileError::database(ACTION))?;
    if left.rows_affected() == 0 {
        return Err(ProfileError::NotInContext { user_id: user_id.to_owned(), context });
    }
    let unified = unify(&read_user(&mut tx, user_id, ACTION).await?);
    store(&mut tx, &unified).await.map_err(ProfileError::database(ACTION))?;
    tx.commit().await.map_err(ProfileError::database(ACTION))?;
    Ok(unified)
}
