//! Changes and removes parts; see [`change_part`] and [`remove_part`].

use sqlx::PgConnection;
use uuid::Uuid;

use super::add::{NewPart, check_texts, part_of, refusal};
use super::read::begin_as;
use super::{PartError, PartV2};
use crate::json::Json;

/// Replaces the data of a part, and returns the new row without its times. The id and the times of the part stay
/// unchanged; fields that `new` does not set become empty.
///
/// # Errors
///
/// [`PartError::NoSuchPart`], also if the part belongs to another user. Any other [`PartError`] names the user and
/// the field. Nothing is changed then.
pub async fn change_part(
    conn: &mut PgConnection,
    user_id: Uuid,
    part_id: Uuid,
    new: NewPart,
) -> Result<PartV2, PartError> {
    const ACTION: &str = "change a part";
    let part = PartV2 { id: part_id, ..part_of(user_id, new)? };
    let row = Json::of(&part);
    check_texts(user_id, &row)?;
    let mut tx = begin_as(conn, user_id).await.map_err(PartError::database(ACTION))?;
    let update = "UPDATE parts_v2
                  SET name = new.name, category = new.category, status = new.status, charge = new.charge,
                      confidence = new.confidence, evidence_count = new.evidence_count, data = new.data
                  FROM jsonb_populate_record(NULL::parts_v2, $1::text::jsonb) AS new
                  WHERE parts_v2.id = new.id AND parts_v2.user_id = new.user_id";
    let changed = sqlx::query(update)
        .bind(row.as_str())
        .execute(&mut *tx)
        .await
        .map_err(|error| refusal(ACTION, user_id, &row, error))?;
    tx.commit().await.map_err(PartError::database(ACTION))?;
    if changed.rows_affected() == 0 { Err(PartError::NoSuchPart { user_id, part_id }) } else { Ok(part) }
}

/// Removes a part that no other row refers to.
///
/// # Errors
///
/// [`PartError::NoSuchPart`], also if the part belongs to another user; [`PartError::InUse`] if a relationship or
/// an observation refers to the part. Also fails if a query fails. Nothing is removed then.
pub async fn remove_part(conn: &mut PgConnection, user_id: Uuid, part_id: Uuid) -> Result<(), PartError> {
    const ACTION: &str = "remove a part";
    /// Another row refers to the deleted one (PostgreSQL documentation, appendix A).
    const FOREIGN_KEY_VIOLATION: &str = "23503";
    let mut tx = begin_as(conn, user_id).await.map_err(PartError::database(ACTION))?;
    let removed = sqlx::query("DELETE FROM parts_v2 WHERE id = $1 AND user_id = $2")
        .bind(part_id)
        .bind(user_id)
        .execute(&mut *tx)
        .await
        .map_err(|error| match error.as_database_error().and_then(|error| error.code()) {
            Some(code) if code == FOREIGN_KEY_VIOLATION => PartError::InUse { user_id, part_id },
            _ => PartError::database(ACTION)(error),
        })?;
    tx.commit().await.map_err(PartError::database(ACTION))?;
    if removed.rows_affected() == 0 { Err(PartError::NoSuchPart { user_id, part_id }) } else { Ok(()) }
}
