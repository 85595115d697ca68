//! Legacy relationships, relationships, and [`migrate_relationship`], which converts one into the other.
//!
//! Pure: no database and no clock. The caller knows which part a legacy part became.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Kind, Skip, Unfit, relationship_id};
use crate::json::Json;
use crate::timestamp::Timestamp;

/// Selects all legacy relationships, as rows of [`LegacyRelationship`]. The user's id is NULL if there is no such
/// user.
pub const LEGACY_RELATIONSHIPS: &str = r#"SELECT part_relationships.id,
       (SELECT users.id FROM users WHERE users.id = part_relationships.user_id) AS user_id,
       part_relationships.parts::text AS parts, part_relationships.type,
       to_json(part_relationships.created_at AT TIME ZONE INTERVAL '0') #>> '{}' AS created_at
FROM part_relationships"#;

/// The order in which the relationships of a user are migrated: by time of creation with NULL last, then by id.
/// The first of several equal relationships wins.
pub const LEGACY_RELATIONSHIPS_ORDER: &str = "part_relationships.created_at NULLS LAST, part_relationships.id";

/// Selects the legacy parts `$2` of the user `$1`: the legacy `id`, and its `part_id` in `parts_v2`. Rows are
/// joined by name, so that duplicates have the same `part_id`, and so that it may be a part that the user added
/// before the migration. A skipped legacy part has no row.
pub const ENDS: &str = r#"SELECT parts.id, parts_v2.id AS part_id
FROM parts
JOIN parts_v2 ON parts_v2.user_id = parts.user_id AND parts_v2.name = parts.name
WHERE parts.user_id = $1 AND parts.id = ANY ($2)"#;

/// A row of the legacy table `part_relationships`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct LegacyRelationship {
    /// The primary key.
    pub id: Uuid,
    /// The user. `None` if there is no such user.
    pub user_id: Option<Uuid>,
    /// A list of two ids of legacy parts by convention, but nothing enforces that.
    pub parts: Option<Json>,
    /// The type of the relationship.
    #[sqlx(rename = "type")]
    pub kind: Option<String>,
    /// When the row was created.
    pub created_at: Option<Timestamp>,
}

impl LegacyRelationship {
    /// Returns the ids of the two legacy parts, in order.
    ///
    /// # Errors
    ///
    /// [`Skip::NotTwoIds`]; [`Skip::SamePart`] if both ids are equal.
    pub fn ends(&self) -> Result<[Uuid; 2], Skip> {
        let found = || self.parts.as_ref().map_or_else(|| "NULL".to_owned(), Json::excerpt);
        let ends = self.parts.as_ref().and_then(two_ids).ok_or_else(|| Skip::NotTwoIds { found: found() })?;
        if ends[0] == ends[1] { Err(Skip::SamePart { id: ends[0] }) } else { Ok(ends) }
    }
}

fn two_ids(parts: &Json) -> Option<[Uuid; 2]> {
    let ids = parts.as_list()?;
    match ids.as_slice() {
        [first, second] => Some([id(first)?, id(second)?]),
        _ => None,
    }
}

/// Parses an id in the format that PostgreSQL writes, in either case.
fn id(value: &Json) -> Option<Uuid> {
    let text = value.as_text()?;
    // All other notations of a UUID have a different length.
    if text.len() == uuid::fmt::Hyphenated::LENGTH { Uuid::parse_str(&text).ok() } else { None }
}

/// A row of `part_relationships_v2`. In its JSON form the keys are the names of the columns, and NULLs are omitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationshipV2 {
    /// The primary key; for a migrated row, [`relationship_id`] of the legacy id.
    pub id: Uuid,
    /// The user who owns both parts.
    pub user_id: Uuid,
    /// The part that protects, triggers or soothes. In a symmetric relationship, the part with the smaller id.
    pub part_a_id: Uuid,
    /// The other part.
    pub part_b_id: Uuid,
    /// The type of the relationship.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// When the row was created; for a migrated row, when the legacy row was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

/// Selects all relationships, as the columns `id`, `user_id`, `part_a_id`, `part_b_id` and `type`, and the whole
/// row as `relationship` for [`RelationshipV2::read`].
pub const RELATIONSHIPS_V2: &str = r#"SELECT part_relationships_v2.id, part_relationships_v2.user_id,
       part_relationships_v2.part_a_id, part_relationships_v2.part_b_id, part_relationships_v2.type, json_build_object(
           'id', part_relationships_v2.id,
           'user_id', part_relationships_v2.user_id,
           'part_a_id', part_relationships_v2.part_a_id,
           'part_b_id', part_relationships_v2.part_b_id,
           'type', part_relationships_v2.type,
           'created_at', part_relationships_v2.created_at AT TIME ZONE INTERVAL '0'
       )::text AS relationship
FROM part_relationships_v2"#;

impl RelationshipV2 {
    /// Creates a relationship between two different parts, in the order in which they are stored.
    pub(super) fn between(id: Uuid, user_id: Uuid, ends: [Uuid; 2], kind: Kind) -> RelationshipV2 {
        let [first, second] = ends;
        let [part_a_id, part_b_id] = if kind.is_symmetric() && second < first { [second, first] } else { ends };
        RelationshipV2 { id, user_id, part_a_id, part_b_id, kind, created_at: None }
    }

    /// Returns the row as JSON, with the names of the columns as keys, for `jsonb_populate_record`.
    pub fn row(&self) -> String {
        Json::of(self).as_str().to_owned()
    }

    /// Parses the column `relationship` of [`RELATIONSHIPS_V2`].
    ///
    /// # Errors
    ///
    /// Fails if the row is not a relationship.
    pub fn read(row: &str) -> Result<RelationshipV2, Unfit> {
        Unfit::read(row)
    }
}

/// Converts a legacy relationship. `part` maps the id of a legacy part to its id in `parts_v2`, as [`ENDS`] does.
///
/// Two legacy relationships may become equal, because duplicate parts become one: the caller stores only the first
/// in [`LEGACY_RELATIONSHIPS_ORDER`].
///
/// # Errors
///
/// A [`Skip`]. The user is checked first, then the ends, then the type.
pub fn migrate_relationship(
    legacy: &LegacyRelationship,
    part: impl Fn(Uuid) -> Option<Uuid>,
) -> Result<RelationshipV2, Skip> {
    let user_id = legacy.user_id.ok_or(Skip::NoUser)?;
    let ids = legacy.ends()?;
    let known = |id| part(id).ok_or(Skip::UnknownPart { id });
    let ends = [known(ids[0])?, known(ids[1])?];
    if ends[0] == ends[1] {
        return Err(Skip::MergedPart { ids });
    }
    let kind = Kind::from_legacy(legacy.kind.as_deref())?;
    let relationship = RelationshipV2::between(relationship_id(legacy.id), user_id, ends, kind);
    Ok(RelationshipV2 { created_at: legacy.created_at.clone(), ..relationship })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    /// The new ids of parts 1 and 2 are in reverse order; part 3 is a duplicate of part 1.
    fn part(legacy: Uuid) -> Option<Uuid> {
        match legacy.as_u128() {
            1 | 3 => Some(Uuid::from_u128(20)),
            2 => Some(Uuid::from_u128(10)),
            _ => None,
        }
    }

    fn ids(ids: &[u128]) -> String {
        Json::of(&ids.iter().map(|id| Uuid::from_u128(*id)).collect::<Vec<_>>()).as_str().to_owned()
    }

    fn migrated(parts: Option<&str>, kind: Option<&str>) -> Result<RelationshipV2, Skip> {
        let legacy = LegacyRelationship {
            id: Uuid::nil(),
            user_id: Some(Uuid::max()),
            parts: parts.map(|parts| Json::parse(parts).unwrap()),
            kind: kind.map(str::to_owned),
            created_at: Some(Timestamp::new("2025-01-01T00:00:00")),
        };
        migrate_relationship(&legacy, part)
    }

    #[test]
    fn the_order_of_the_parts_matters_unless_the_type_is_symmetric() {
        let check = |kind: &str, legacy: [u128; 2], expected: (u128, Kind, u128)| {
            let got = migrated(Some(&ids(&legacy)), Some(kind)).unwrap();
            assert_eq!((got.part_a_id.as_u128(), got.kind, got.part_b_id.as_u128()), expected, "{kind} {legacy:?}");
            assert_eq!(
                (got.id, got.created_at),
                (relationship_id(Uuid::nil()), Some(Timestamp::new("2025-01-01T00:00:00")))
            );
        };
        check("polarized", [1, 2], (10, Kind::Conflicts, 20));
        check("polarized", [2, 1], (10, Kind::Conflicts, 20));
        check("allied", [3, 2], (10, Kind::Supports, 20));
        check("protector-exile", [1, 2], (20, Kind::Protects, 10));
        check("protector-exile", [2, 3], (10, Kind::Protects, 20));
    }

    #[test]
    fn a_relationship_needs_two_known_parts_and_a_type() {
        let check = |parts: Option<&str>, kind: Option<&str>, expected: &str| {
            assert_eq!(migrated(parts, kind).unwrap_err().to_string(), expected);
        };
        let allied = Some("allied");
        let two = |found: &str| format!("parts is {found}: expected a list of two part ids");
        let nil = Uuid::nil();
        check(None, allied, &two("NULL"));
        check(Some("null"), allied, &two("null"));
        check(Some(r#"{"a": 1}"#), allied, &two(r#"{"a": 1}"#));
        for list in [ids(&[]), ids(&[1]), ids(&[1, 2, 3]), "[1, 2]".to_owned(), r#"["a", "b"]"#.to_owned()] {
            check(Some(&list), allied, &two(&list));
        }
        let braces = format!(r#"["{nil}", "{{{nil}}}"]"#);
        check(Some(&braces), allied, &two(&braces));
        check(Some(&ids(&[1, 1])), allied, &format!("both ends are part {}", Uuid::from_u128(1)));
        check(
            Some(&ids(&[1, 0])),
            allied,
            &format!("part {nil} is unknown: the user has no such part, or the part was skipped"),
        );
        check(
            Some(&ids(&[3, 1])),
            allied,
            &format!("both ends, {} and {}, are duplicates of one part", Uuid::from_u128(3), Uuid::from_u128(1)),
        );
        check(Some(&ids(&[1, 2])), None, "the relationship has no type");
        check(
            Some(&ids(&[1, 2])),
            Some("protects"),
            "the type is \"protects\": expected one of polarized, protector-exile, allied",
        );
    }
}
