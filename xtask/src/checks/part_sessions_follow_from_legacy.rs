//! Catches sessions that differ from the app's migration of the legacy rows: lost, edited, written by another
//! version, migrated from a duplicate, or of a user who is not marked as finished. Ignores sessions that the app
//! created, which have other ids.

use super::moved::Moved;
use app::parts::{LEGACY_SESSIONS, LegacySession, SESSIONS_V2, SessionV2, migrate_session};
use rehearsal::check::{RowCheck, RowCheckAbout};
use sqlx::postgres::Postgres;
use std::sync::LazyLock;
use uuid::Uuid;

/// Checks that the stored row of each legacy session equals the result of `migrate_session`.
pub(crate) struct PartSessionsFollowFromLegacy;

/// A legacy session, and the stored session with its start.
#[derive(rehearsal::FromRow)]
pub(crate) struct Row {
    #[sqlx(flatten)]
    legacy: LegacySession,
    /// Whether the user is marked as finished.
    is_done: bool,
    /// The user's first legacy session with this start.
    winner: Option<Uuid>,
    stored: Option<String>,
}

static ROWS: LazyLock<String> = LazyLock::new(|| {
    format!(
        r#"SELECT legacy.id AS "cursor", legacy.*,
                  EXISTS (
                      SELECT 1 FROM users
                      WHERE users.id = legacy.user_id AND users.settings @> '{{"prd_backfill_completed": true}}'
                  ) AS is_done,
                  (
                      SELECT same.id FROM sessions AS same
                      WHERE same.user_id = legacy.user_id AND same.start_time = source.start_time
                      ORDER BY same.id LIMIT 1
                  ) AS winner,
                  (
                      SELECT stored.session FROM ({SESSIONS_V2}) AS stored
                      WHERE stored.user_id = legacy.user_id AND stored.started_at = source.start_time
                  ) AS stored
           FROM ({LEGACY_SESSIONS}) AS legacy
           JOIN sessions AS source ON source.id = legacy.id"#
    )
});

impl RowCheck for PartSessionsFollowFromLegacy {
    type Db = Postgres;
    type Row = Row;

    fn about(&self) -> RowCheckAbout {
        RowCheckAbout {
            name: "part_sessions_follow_from_legacy",
            database: "parts",
            from: 20_260_119_100_000,
            until: None,
        }
    }

    fn rows(&self) -> &'static str {
        &ROWS
    }

    fn offence(&self, row: &Row) -> Option<(String, String)> {
        Some((row.legacy.id.to_string(), offence(row)?))
    }
}

fn offence(row: &Row) -> Option<String> {
    let expected = migrate_session(&row.legacy).ok()?;
    let moved = Moved { legacy: row.legacy.id, table: "sessions_v2", is_done: row.is_done, winner: row.winner };
    moved.offence(row.stored.as_deref().map(SessionV2::read), &expected, |new| new.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::timestamp::Timestamp;
    use pretty_assertions::assert_eq;

    fn legacy() -> LegacySession {
        LegacySession {
            id: Uuid::nil(),
            user_id: Some(Uuid::max()),
            start_time: Some(Timestamp::new("2024-03-01T10:00:00")),
            end_time: None,
            summary: None,
            breakthroughs: Some("{a,NULL}".to_owned()),
            kind: None,
            duration: Some(50),
        }
    }

    #[test]
    fn offences() {
        let check = |change: fn(&mut Row), expect: Option<&str>| {
            // The database returns times without a zone.
            let stored = migrate_session(&legacy()).map(|session| session.row().replace("Z\"", "\"")).ok();
            let mut row = Row { legacy: legacy(), is_done: true, winner: Some(Uuid::nil()), stored };
            change(&mut row);
            assert_eq!(offence(&row).as_deref(), expect);
        };
        fn edit(row: &mut Row, from: &str, to: &str) {
            row.stored = row.stored.as_ref().map(|stored| stored.replace(from, to));
        }
        check(|_| (), None);
        check(|row| row.stored = None, Some("missing from sessions_v2, but the user is marked as finished"));
        check(|row| (row.stored, row.is_done) = (None, false), None);
        check(|row| row.is_done = false, Some("present in sessions_v2, but the user is not marked as finished"));
        check(
            |row| row.winner = Some(Uuid::max()),
            Some("present in sessions_v2, but a duplicate of ffffffff-ffff-ffff-ffff-ffffffffffff"),
        );
        check(|row| edit(row, "therapy", "check-in"), Some(r#"type is "check-in": expected "therapy""#));
        check(|row| edit(row, "50", "51"), Some(r#"metadata is {"duration":51}: expected {"duration":50}"#));
        check(|row| edit(row, "NULL", ""), Some(r#"breakthroughs is "{a,}": expected "{a,NULL}""#));
    }
}
