//! Undo of the backfill: [`remove`] deletes the migrated rows from the new tables.

use app::parts::{part_id, relationship_id, session_id};
use rehearsal::backfill::Undone;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

/// Deletes the rows whose ids follow from the legacy rows of these users, in the order that the foreign keys
/// require. Rows that the app created have other ids and stay unchanged, as do rows that rows of the app refer to.
pub(super) async fn remove(connection: &mut PgConnection, users: &[Uuid]) -> Result<Undone, sqlx::Error> {
    let mut undone = Undone::default();
    for (read, remove, left, derive) in [
        (READ_RELATIONSHIPS, REMOVE_RELATIONSHIPS, LEFT_RELATIONSHIPS, relationship_id as fn(Uuid) -> Uuid),
        (READ_SESSIONS, REMOVE_SESSIONS, LEFT_SESSIONS, session_id),
        (READ_PARTS, REMOVE_PARTS, LEFT_PARTS, part_id),
    ] {
        let mut after = Uuid::nil();
        loop {
            let ids: Vec<Uuid> = sqlx::query_scalar(read).bind(users).bind(after).fetch_all(&mut *connection).await?;
            let Some(last) = ids.last().copied() else { break };
            after = last;
            let derived: Vec<Uuid> = ids.into_iter().map(derive).collect();
            undone.rows += sqlx::query(remove).bind(&derived).execute(&mut *connection).await?.rows_affected();
            let left: i64 = sqlx::query_scalar(left).bind(derived).fetch_one(&mut *connection).await?;
            undone.unchanged += u64::try_from(left).unwrap_or_default();
        }
    }
    Ok(undone)
}

/// Each statement reads at most 5,000 legacy rows, which bounds memory.
const READ_RELATIONSHIPS: &str =
    "SELECT id FROM part_relationships WHERE user_id = ANY ($1) AND id > $2 ORDER BY id LIMIT 5000";
const READ_SESSIONS: &str = "SELECT id FROM sessions WHERE user_id = ANY ($1) AND id > $2 ORDER BY id LIMIT 5000";
const READ_PARTS: &str = "SELECT id FROM parts WHERE user_id = ANY ($1) AND id > $2 ORDER BY id LIMIT 5000";
const LEFT_RELATIONSHIPS: &str = "SELECT count(*) FROM part_relationships_v2 WHERE id = ANY ($1)";
const LEFT_SESSIONS: &str = "SELECT count(*) FROM sessions_v2 WHERE id = ANY ($1)";
const LEFT_PARTS: &str = "SELECT count(*) FROM parts_v2 WHERE id = ANY ($1)";
const REMOVE_RELATIONSHIPS: &str = "DELETE FROM part_relationships_v2 WHERE id = ANY ($1)";
const REMOVE_SESSIONS: &str = "DELETE FROM sessions_v2 WHERE id = ANY ($1)
    AND NOT EXISTS (SELECT FROM observations WHERE session_id = sessions_v2.id)";
const REMOVE_PARTS: &str = "DELETE FROM parts_v2 WHERE id = ANY ($1)
    AND NOT EXISTS (SELECT FROM observations WHERE part_id = parts_v2.id)
    AND NOT EXISTS (SELECT FROM part_relationships_v2 WHERE part_a_id = parts_v2.id)
    AND NOT EXISTS (SELECT FROM part_relationships_v2 WHERE part_b_id = parts_v2.id)";
