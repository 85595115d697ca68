//! Catches relationships that differ from the app's migration of the legacy rows: lost, edited, reversed, written by
//! another version, or of a user who is not marked as finished. Ignores relationships that the app created, which
//! have other ids.

use app::parts::{
    LEGACY_RELATIONSHIPS, LegacyRelationship, RELATIONSHIPS_V2, RelationshipV2, Unfit, migrate_relationship,
};
use rehearsal::check::{RowCheck, RowCheckAbout};
use serde_json::value::RawValue;
use sqlx::postgres::Postgres;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use uuid::Uuid;

/// Checks that the stored row of each legacy relationship equals the result of `migrate_relationship`.
pub(crate) struct PartRelationshipsFollowFromLegacy;

/// A legacy relationship with the new ids of its parts, and the stored relationships between them.
#[derive(rehearsal::FromRow)]
pub(crate) struct Row {
    #[sqlx(flatten)]
    legacy: LegacyRelationship,
    /// Whether the user is marked as finished.
    is_done: bool,
    /// The legacy ids of its parts and the new ids, as a JSON object.
    ends: String,
    /// The stored relationships between these parts, as a JSON list.
    stored: String,
}

/// List elements that are not ids match no part.
static ROWS: LazyLock<String> = LazyLock::new(|| {
    format!(
        r#"SELECT legacy.id AS "cursor", legacy.*,
                  EXISTS (
                      SELECT 1 FROM users
                      WHERE users.id = legacy.user_id AND users.settings @> '{{"prd_backfill_completed": true}}'
                  ) AS is_done,
                  coalesce(ends.by_id, '{{}}')::text AS ends,
                  (
                      SELECT coalesce(json_agg(stored.relationship::json), '[]')::text
                      FROM ({RELATIONSHIPS_V2}) AS stored
                      WHERE stored.user_id = legacy.user_id
                        AND stored.part_a_id = ANY (ends.part_ids)
                        AND stored.part_b_id = ANY (ends.part_ids)
                  ) AS stored
           FROM ({LEGACY_RELATIONSHIPS}) AS legacy
           JOIN part_relationships AS source ON source.id = legacy.id
           CROSS JOIN LATERAL (
               SELECT json_object_agg(named.id, part.id) AS by_id, array_agg(part.id) AS part_ids
               FROM parts AS named
               JOIN parts_v2 AS part ON part.user_id = named.user_id AND part.name = named.name
               WHERE named.user_id = legacy.user_id
                 AND named.id = ANY (ARRAY(
                     SELECT CASE
                         WHEN element ~* '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$' THEN element::uuid
                     END
                     FROM jsonb_array_elements_text(
                         CASE jsonb_typeof(source.parts) WHEN 'array' THEN source.parts ELSE '[]' END
                     ) AS element
                 ))
           ) AS ends"#
    )
});

impl RowCheck for PartRelationshipsFollowFromLegacy {
    type Db = Postgres;
    type Row = Row;

    fn about(&self) -> RowCheckAbout {
        RowCheckAbout {
            name: "part_relationships_follow_from_legacy",
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
    let ends: BTreeMap<Uuid, Uuid> = match serde_json::from_str(&row.ends) {
        Ok(ends) => ends,
        Err(error) => return Some(format!("cannot read the ends of the relationship: {error}")),
    };
    let expected = migrate_relationship(&row.legacy, |id| ends.get(&id).copied()).ok()?;
    let stored = match read(&row.stored) {
        Ok(stored) => stored,
        Err(why) => return Some(why),
    };
    if let Some(stored) = stored.iter().find(|stored| stored.id == expected.id) {
        return match row.is_done {
            false => Some("present in part_relationships_v2, but the user is not marked as finished".to_owned()),
            true => Unfit::difference(stored, &expected).map(|unfit| unfit.to_string()),
        };
    }
    let key = |one: &RelationshipV2| (one.part_a_id, one.kind, one.part_b_id);
    let is_present = stored.iter().any(|stored| key(stored) == key(&expected));
    (row.is_done && !is_present)
        .then(|| "missing from part_relationships_v2, but the user is marked as finished".to_owned())
}

fn read(stored: &str) -> Result<Vec<RelationshipV2>, String> {
    let rows: Vec<&RawValue> = serde_json::from_str(stored).map_err(|error| error.to_string())?;
    rows.into_iter().map(|row| RelationshipV2::read(row.get()).map_err(|unfit| unfit.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::json::Json;
    use app::parts::relationship_id;
    use pretty_assertions::assert_eq;

    fn legacy() -> LegacyRelationship {
        LegacyRelationship {
            id: Uuid::nil(),
            user_id: Some(Uuid::max()),
            parts: Json::parse(&format!("[\"{}\", \"{}\"]", Uuid::from_u128(1), Uuid::from_u128(2))).ok(),
            kind: Some("polarized".to_owned()),
            created_at: None,
        }
    }

    #[test]
    fn offences() {
        // The legacy parts 1 and 2 have the new ids 20 and 10.
        let ends = BTreeMap::from([(1, 20), (2, 10)].map(|(old, new)| (Uuid::from_u128(old), Uuid::from_u128(new))));
        let row = migrate_relationship(&legacy(), |id| ends.get(&id).copied()).unwrap().row();
        let check = |change: fn(&mut Row), expect: Option<&str>| {
            let ends = serde_json::to_string(&ends).unwrap();
            let mut row = Row { legacy: legacy(), is_done: true, ends, stored: format!("[{row}]") };
            change(&mut row);
            assert_eq!(offence(&row).as_deref(), expect);
        };
        fn make_app_row(row: &mut Row) {
            row.stored = row.stored.replace(&relationship_id(Uuid::nil()).to_string(), &Uuid::max().to_string());
        }
        let missing = Some("missing from part_relationships_v2, but the user is marked as finished");
        check(|_| (), None);
        check(|row| row.stored = "[]".to_owned(), missing);
        check(|row| (row.stored, row.is_done) = ("[]".to_owned(), false), None);
        check(
            |row| row.is_done = false,
            Some("present in part_relationships_v2, but the user is not marked as finished"),
        );
        check(
            |row| row.stored = row.stored.replace("conflicts", "supports"),
            Some(r#"type is "supports": expected "conflicts""#),
        );
        check(
            |row| row.stored = row.stored.replace("0000000a", "00000014"),
            Some(
                r#"part_a_id is "00000000-0000-0000-0000-000000000014": expected "00000000-0000-0000-0000-00000000000a""#,
            ),
        );
        check(|row| row.legacy.kind = None, None);
        check(|row| row.ends = "{}".to_owned(), None);
        check(make_app_row, None);
        check(
            |row| {
                make_app_row(row);
                row.stored = row.stored.replace("conflicts", "soothes");
            },
            missing,
        );
    }
}
