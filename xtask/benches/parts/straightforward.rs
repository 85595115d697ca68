//! The baseline, as one would write it without a library: a loop over the users, with a transaction for each, which
//! queries the new tables for every row and inserts the missing ones.

use app::parts::{
    ENDS, LEGACY_PARTS, LEGACY_PARTS_ORDER, LEGACY_RELATIONSHIPS, LEGACY_SESSIONS, LegacyPart, LegacyRelationship,
    LegacySession, migrate_part, migrate_relationship, migrate_session,
};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, FromRow};
use std::collections::HashMap;
use std::error::Error;
use std::time::{Duration, Instant};
use uuid::Uuid;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Migrates the first `users` users. Returns the elapsed time.
pub(crate) async fn run(connection: &mut PgConnection, users: u32) -> Result<Duration> {
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM users ORDER BY id LIMIT $1")
        .bind(i64::from(users))
        .fetch_all(&mut *connection)
        .await?;
    let start = Instant::now();
    for user in ids {
        let mut transaction = connection.begin().await?;
        let order = format!("ORDER BY {LEGACY_PARTS_ORDER}");
        for legacy in read::<LegacyPart>(&mut transaction, LEGACY_PARTS, "parts", &order, user).await? {
            let Ok(part) = migrate_part(&legacy) else { continue };
            let known = "SELECT count(*) FROM parts_v2 WHERE user_id = $1 AND name = $2";
            let known = sqlx::query_scalar(known).bind(user).bind(&part.name).fetch_one(&mut *transaction).await?;
            insert(&mut transaction, known, "parts_v2", part.row()).await?;
        }
        for legacy in read::<LegacySession>(&mut transaction, LEGACY_SESSIONS, "sessions", "", user).await? {
            let Ok(session) = migrate_session(&legacy) else { continue };
            let known = "SELECT count(*) FROM sessions_v2 WHERE user_id = $1 AND started_at = $2::timestamptz";
            let start = session.started_at.to_string();
            let known = sqlx::query_scalar(known).bind(user).bind(start).fetch_one(&mut *transaction).await?;
            insert(&mut transaction, known, "sessions_v2", session.row()).await?;
        }
        let relationships =
            read::<LegacyRelationship>(&mut transaction, LEGACY_RELATIONSHIPS, "part_relationships", "", user).await?;
        for legacy in relationships {
            let Ok(ends) = legacy.ends() else { continue };
            let found: Vec<(Uuid, Uuid)> =
                sqlx::query_as(ENDS).bind(user).bind(ends.to_vec()).fetch_all(&mut *transaction).await?;
            let found: HashMap<Uuid, Uuid> = found.into_iter().collect();
            let Ok(new) = migrate_relationship(&legacy, |id| found.get(&id).copied()) else { continue };
            let known =
                "SELECT count(*) FROM part_relationships_v2 WHERE part_a_id = $1 AND part_b_id = $2 AND type = $3";
            let known = sqlx::query_scalar(known).bind(new.part_a_id).bind(new.part_b_id).bind(new.kind.as_str());
            let known = known.fetch_one(&mut *transaction).await?;
            insert(&mut transaction, known, "part_relationships_v2", new.row()).await?;
        }
        let mark = r#"UPDATE users SET settings = settings || '{"prd_backfill_completed": true}' WHERE id = $1"#;
        sqlx::query(mark).bind(user).execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    Ok(start.elapsed())
}

async fn read<R>(connection: &mut PgConnection, select: &str, table: &str, order: &str, user: Uuid) -> Result<Vec<R>>
where
    R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let select = format!("{select} WHERE {table}.user_id = $1 {order}");
    Ok(sqlx::query_as(AssertSqlSafe(select)).bind(user).fetch_all(connection).await?)
}

async fn insert(connection: &mut PgConnection, known: i64, table: &str, row: String) -> Result<()> {
    if known == 0 {
        let insert = format!("INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1::jsonb)");
        sqlx::query(AssertSqlSafe(insert)).bind(row).execute(connection).await?;
    }
    Ok(())
}
