//! A reference migration of parts with the app's functions, in one transaction and with all rows of a user in
//! memory. The backfill must produce the same result. Call [`migrate`].

use app::json::Json;
use app::parts::{
    ENDS, LEGACY_PARTS, LEGACY_PARTS_ORDER, LEGACY_RELATIONSHIPS, LEGACY_RELATIONSHIPS_ORDER, LEGACY_SESSIONS,
    LEGACY_SESSIONS_ORDER, LegacyPart, LegacyRelationship, LegacySession, Place, Winners, is_done, mark_done,
    migrate_part, migrate_relationship, migrate_session,
};
use rehearsal_tests::database::block;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, FromRow};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use uuid::Uuid;

/// Numbers of legacy rows of one kind, by outcome.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) legacy: usize,
    pub(super) written: usize,
    /// Duplicates of rows that are written now or existed before.
    pub(super) duplicates: usize,
    pub(super) skipped: usize,
    pub(super) present: usize,
}

/// Migrates all users who are not finished. Returns the tallies of parts, sessions and relationships.
pub(super) fn migrate(url: &str) -> [Tally; 3] {
    block(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let mut tx = connection.begin().await.unwrap();
        let users: Vec<(Uuid, Option<Json>)> =
            sqlx::query_as("SELECT id, settings::text FROM users").fetch_all(&mut *tx).await.unwrap();
        let mut tallies = [Tally::default(); 3];
        for (user, settings) in users.iter().filter(|(_, settings)| !is_done(settings.as_ref())) {
            parts(&mut tx, *user, &mut tallies[0]).await;
            sessions(&mut tx, *user, &mut tallies[1]).await;
            relationships(&mut tx, *user, &mut tallies[2]).await;
            sqlx::query("UPDATE users SET settings = $2::text::jsonb WHERE id = $1")
                .bind(user)
                .bind(mark_done(settings.as_ref()).unwrap().settings.as_str())
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        tallies
    })
}

async fn parts(connection: &mut PgConnection, user: Uuid, tally: &mut Tally) {
    let mut winners = Winners::default();
    let mut rows = Vec::new();
    for legacy in read::<LegacyPart>(connection, LEGACY_PARTS, "parts", LEGACY_PARTS_ORDER, user).await {
        tally.legacy += 1;
        match migrate_part(&legacy) {
            Err(_) => tally.skipped += 1,
            Ok(part) => match winners.place(&part.name, legacy.id) {
                Place::Winner => rows.push(part.row()),
                Place::Duplicate { .. } => tally.duplicates += 1,
            },
        }
    }
    write(connection, "parts_v2", rows, tally).await;
}

async fn sessions(connection: &mut PgConnection, user: Uuid, tally: &mut Tally) {
    let mut winners = Winners::default();
    let mut rows = Vec::new();
    for legacy in read::<LegacySession>(connection, LEGACY_SESSIONS, "sessions", LEGACY_SESSIONS_ORDER, user).await {
        tally.legacy += 1;
        match migrate_session(&legacy) {
            Err(_) => tally.skipped += 1,
            Ok(session) => match winners.place(&session.started_at, legacy.id) {
                Place::Winner => rows.push(session.row()),
                Place::Duplicate { .. } => tally.duplicates += 1,
            },
        }
    }
    write(connection, "sessions_v2", rows, tally).await;
}

async fn relationships(connection: &mut PgConnection, user: Uuid, tally: &mut Tally) {
    let (table, order) = ("part_relationships", LEGACY_RELATIONSHIPS_ORDER);
    let all = read::<LegacyRelationship>(connection, LEGACY_RELATIONSHIPS, table, order, user).await;
    let named: Vec<Uuid> = all.iter().filter_map(|legacy| legacy.ends().ok()).flatten().collect();
    let ends: Vec<(Uuid, Uuid)> =
        sqlx::query_as(ENDS).bind(user).bind(named).fetch_all(&mut *connection).await.unwrap();
    let ends: BTreeMap<Uuid, Uuid> = ends.into_iter().collect();
    let mut rows = BTreeMap::new();
    for legacy in all {
        tally.legacy += 1;
        match migrate_relationship(&legacy, |id| ends.get(&id).copied()) {
            Err(_) => tally.skipped += 1,
            Ok(one) => {
                let key = (one.part_a_id, one.part_b_id, one.kind);
                match rows.entry(key) {
                    Entry::Vacant(first) => drop(first.insert(one.row())),
                    Entry::Occupied(_) => tally.duplicates += 1,
                }
            }
        }
    }
    write(connection, "part_relationships_v2", rows.into_values().collect(), tally).await;
}

async fn read<T>(connection: &mut PgConnection, select: &str, table: &str, order: &str, user: Uuid) -> Vec<T>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let sql = format!("{select} WHERE {table}.user_id = $1 ORDER BY {order}");
    sqlx::query_as(AssertSqlSafe(sql)).bind(user).fetch_all(connection).await.unwrap()
}

async fn write(connection: &mut PgConnection, table: &str, rows: Vec<String>, tally: &mut Tally) {
    let sql = format!(
        "INSERT INTO {table}
         SELECT new.*
         FROM unnest($1::text[]) AS input (row), jsonb_populate_record(NULL::{table}, input.row::jsonb) AS new
         ON CONFLICT DO NOTHING"
    );
    let (all, inserted) = (rows.len(), sqlx::query(AssertSqlSafe(sql)).bind(rows).execute(connection).await.unwrap());
    let written = usize::try_from(inserted.rows_affected()).unwrap();
    tally.written += written;
    tally.present += all - written;
}
