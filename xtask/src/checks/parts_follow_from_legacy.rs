//! Catches parts that differ from the app's migration of the legacy rows: lost, edited, written by another version,
//! migrated from a duplicate, or of a user who is not marked as finished. Ignores parts that the app created, which
//! have other ids.

use super::moved::Moved;
use app::parts::{LEGACY_PARTS, LegacyPart, PARTS_V2, PartV2, migrate_part};
use rehearsal::check::{RowCheck, RowCheckAbout};
use sqlx::postgres::Postgres;
use std::sync::LazyLock;
use uuid::Uuid;

/// Checks that the stored row of each legacy part equals the result of `migrate_part`.
pub(crate) struct PartsFollowFromLegacy;

/// A legacy part, and the stored part with its name.
#[derive(rehearsal::FromRow)]
pub(crate) struct Row {
    #[sqlx(flatten)]
    legacy: LegacyPart,
    /// Whether the user is marked as finished.
    is_done: bool,
    /// The user's first legacy part with this name.
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
                      SELECT same.id FROM parts AS same
                      WHERE same.user_id = legacy.user_id AND md5(same.name) = md5(legacy.name) AND same.name = legacy.name
                      ORDER BY same.created_at NULLS LAST, same.id LIMIT 1
                  ) AS winner,
                  (
                      SELECT stored.part FROM ({PARTS_V2}) AS stored
                      WHERE stored.user_id = legacy.user_id AND stored.name = legacy.name
                  ) AS stored
           FROM ({LEGACY_PARTS}) AS legacy"#
    )
});

impl RowCheck for PartsFollowFromLegacy {
    type Db = Postgres;
    type Row = Row;

    fn about(&self) -> RowCheckAbout {
        RowCheckAbout { name: "parts_follow_from_legacy", database: "parts", from: 20_260_119_100_000, until: None }
    }

    fn rows(&self) -> &'static str {
        &ROWS
    }

    fn offence(&self, row: &Row) -> Option<(String, String)> {
        Some((row.legacy.id.to_string(), offence(row)?))
    }
}

fn offence(row: &Row) -> Option<String> {
    let expected = migrate_part(&row.legacy).ok()?;
    let moved = Moved { legacy: row.legacy.id, table: "parts_v2", is_done: row.is_done, winner: row.winner };
    moved.offence(row.stored.as_deref().map(PartV2::read), &expected, |new| new.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::parts::Told;
    use pretty_assertions::assert_eq;

    fn legacy() -> LegacyPart {
        LegacyPart {
            id: Uuid::nil(),
            user_id: Some(Uuid::max()),
            name: Some("Critic".to_owned()),
            category: None,
            status: None,
            charge: None,
            confidence: None,
            evidence_count: Some(3),
            told: Told { age: Some("7".to_owned()), ..Told::default() },
            first_noticed: None,
            last_active: None,
            created_at: None,
        }
    }

    #[test]
    fn offences() {
        let check = |change: fn(&mut Row), expect: Option<&str>| {
            let stored = migrate_part(&legacy()).map(|part| part.row()).ok();
            let mut row = Row { legacy: legacy(), is_done: true, winner: Some(Uuid::nil()), stored };
            change(&mut row);
            assert_eq!(offence(&row).as_deref(), expect);
        };
        fn edit(row: &mut Row, from: &str, to: &str) {
            row.stored = row.stored.as_ref().map(|stored| stored.replace(from, to));
        }
        check(|_| (), None);
        check(|row| row.stored = None, Some("missing from parts_v2, but the user is marked as finished"));
        check(|row| (row.stored, row.is_done) = (None, false), None);
        check(|row| row.is_done = false, Some("present in parts_v2, but the user is not marked as finished"));
        check(
            |row| row.winner = Some(Uuid::max()),
            Some("present in parts_v2, but a duplicate of ffffffff-ffff-ffff-ffff-ffffffffffff"),
        );
        check(|row| row.legacy.name = None, None);
        check(|row| edit(row, "neutral", "positive"), Some(r#"charge is "positive": expected "neutral""#));
        check(|row| edit(row, ":3", ":4"), Some("evidence_count is 4: expected 3"));
        check(|row| edit(row, r#","evidence_count":3"#, ""), Some("evidence_count is missing: expected 3"));
        check(|row| edit(row, r#""7""#, r#""8""#), Some(r#"data is {"age":"8"}: expected {"age":"7"}"#));
        check(|row| edit(row, r#""7""#, "7"), Some("data.age is 7: expected a string"));
        check(|row| edit(row, r#""id":""#, r#""category":"x","id":""#), Some(r#"category is "x": expected no value"#));
        // A part that the app created: another id, and any values.
        fn make_app_row(row: &mut Row) {
            let id = app::parts::part_id(Uuid::nil()).to_string();
            edit(row, &id, "00000000-0000-4000-8000-000000000000");
        }
        check(
            |row| {
                make_app_row(row);
                edit(row, "neutral", "positive");
            },
            None,
        );
        check(
            |row| {
                make_app_row(row);
                row.is_done = false;
            },
            None,
        );
    }
}
