//! The queries that read the legacy rows of users. They extend the app's queries with the state of the new tables:
//! whether a row is present there, and which ids its ends have.

use app::parts::{
    Kind, LEGACY_PARTS, LEGACY_PARTS_ORDER, LEGACY_RELATIONSHIPS, LEGACY_RELATIONSHIPS_ORDER, LEGACY_SESSIONS,
    LEGACY_SESSIONS_ORDER, LONGEST_NAME, LegacyPart, LegacyRelationship, LegacySession, Skip, part_id,
};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};
use std::sync::LazyLock;
use uuid::Uuid;

/// A legacy row of a user.
#[expect(clippy::large_enum_variant, reason = "one at a time is in memory, and most are parts")]
pub(crate) enum Row {
    /// A legacy part, and whether the new table already has a part with its name.
    Part(LegacyPart, bool),
    /// A legacy session, and whether the new table already has a session with its start.
    Session(LegacySession, bool),
    /// A legacy relationship, the legacy and new ids of its ends, and the relationships between them in the new table.
    Relationship(LegacyRelationship, Vec<(Uuid, Uuid)>, Vec<Ends>),
}

/// The key of a relationship: two relationships with equal keys are duplicates.
pub(super) type Ends = (Uuid, Uuid, Kind);

impl<'r> FromRow<'r, PgRow> for Row {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        match row.try_get::<&str, _>("row_kind")? {
            "part" => Ok(Self::Part(LegacyPart::from_row(row)?, row.try_get("is_present")?)),
            "session" => Ok(Self::Session(LegacySession::from_row(row)?, row.try_get("is_present")?)),
            _ => {
                let (ids, present): (Vec<Uuid>, Vec<Option<Uuid>>) = (row.try_get("end_ids")?, row.try_get("end_v2")?);
                let winners: Vec<Uuid> = row.try_get("end_winners")?;
                let now = present
                    .into_iter()
                    .zip(winners)
                    .map(|(present, winner)| present.unwrap_or_else(|| part_id(winner)));
                let (first, second): (Vec<Uuid>, Vec<Uuid>) = (row.try_get("known_a")?, row.try_get("known_b")?);
                let kinds: Vec<String> = row.try_get("known_types")?;
                let known = first.into_iter().zip(second).zip(&kinds).map(|((first, second), kind)| {
                    let unknown = || sqlx::Error::Decode("a relationship type that this app does not know".into());
                    Ok((first, second, Kind::from_label(kind).ok_or_else(unknown)?))
                });
                let known = known.collect::<Result<_, sqlx::Error>>()?;
                Ok(Self::Relationship(LegacyRelationship::from_row(row)?, ids.into_iter().zip(now).collect(), known))
            }
        }
    }
}

/// Selects the rows without a user, which belong to no unit.
pub(super) static ORPHANS: LazyLock<String> = LazyLock::new(|| {
    let of = |kind: &str, table: &str| {
        format!(
            "SELECT '{kind}' AS key, {table}.id || ': {}' AS detail FROM {table}
             LEFT JOIN users ON users.id = {table}.user_id WHERE users.id IS NULL",
            Skip::NoUser
        )
    };
    let all = [of("parts", "parts"), of("sessions", "sessions"), of("relationships", "part_relationships")];
    format!("{} ORDER BY key, detail", all.join(" UNION ALL "))
});

/// The queries of parts, sessions and relationships for a list of users.
static QUERIES: LazyLock<[String; 3]> = LazyLock::new(|| {
    let with = |query: &str, columns: &str| query.replacen("SELECT ", &format!("SELECT {columns}, "), 1);
    let parts = with(
        LEGACY_PARTS,
        "parts.user_id AS unit, 'part' AS row_kind, EXISTS (
             SELECT FROM parts_v2 WHERE parts_v2.user_id = parts.user_id AND parts_v2.name = parts.name
             AND octet_length(parts.name) <= LONGEST_NAME) AS is_present",
    );
    let sessions = with(
        LEGACY_SESSIONS,
        "sessions.user_id AS unit, 'session' AS row_kind, EXISTS (
             SELECT FROM sessions_v2
             WHERE sessions_v2.user_id = sessions.user_id AND sessions_v2.started_at = sessions.start_time) AS is_present",
    );
    let relationships = with(
        LEGACY_RELATIONSHIPS,
        "part_relationships.user_id AS unit, 'relationship' AS row_kind, ends.ids AS end_ids, ends.v2 AS end_v2,
         ends.winners AS end_winners, known.a AS known_a, known.b AS known_b, known.types AS known_types",
    );
    // Looks up each end by its id, and the new part by the end's name. Elements that are not ids match no part.
    // OFFSET 0 stops the planner from scanning all parts of the user, whose number is unbounded.
    let ends = "CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(part.id), '{}') AS ids, coalesce(array_agg(stored.id), '{}') AS v2,
                   coalesce(array_agg(winner.id), '{}') AS winners
            FROM jsonb_array_elements_text(
                     CASE jsonb_typeof(part_relationships.parts) WHEN 'array' THEN part_relationships.parts END) AS told (id)
            CROSS JOIN LATERAL (
                SELECT parts.id, parts.user_id, parts.name FROM parts
                WHERE parts.id = CASE WHEN told.id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN told.id::uuid END
                OFFSET 0
            ) AS part
            LEFT JOIN parts_v2 AS stored ON stored.user_id = part.user_id AND stored.name = part.name
            CROSS JOIN LATERAL (
                SELECT same.id FROM parts AS same
                WHERE same.user_id = part.user_id AND md5(same.name) = md5(part.name) AND same.name = part.name
                ORDER BY same.created_at NULLS LAST, same.id LIMIT 1
            ) AS winner
            WHERE part.user_id = part_relationships.user_id AND octet_length(part.name) <= LONGEST_NAME
        ) AS ends
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(part_a_id), '{}') AS a, coalesce(array_agg(part_b_id), '{}') AS b,
                   coalesce(array_agg(type), '{}') AS types
            FROM part_relationships_v2
            WHERE part_a_id = ANY (ends.v2) AND part_b_id = ANY (ends.v2)
        ) AS known";
    // Sorts possible duplicates next to each other.
    let by_ends = "least(ends.winners[1], ends.winners[2]), greatest(ends.winners[1], ends.winners[2])";
    let queries = [
        format!("{parts} WHERE parts.user_id = ANY ($1) ORDER BY parts.user_id, {LEGACY_PARTS_ORDER}"),
        format!("{sessions} WHERE sessions.user_id = ANY ($1) ORDER BY sessions.user_id, {LEGACY_SESSIONS_ORDER}"),
        format!(
            "{relationships} {ends} WHERE part_relationships.user_id = ANY ($1)
             ORDER BY part_relationships.user_id, {by_ends}, {LEGACY_RELATIONSHIPS_ORDER}"
        ),
    ];
    queries.map(|query| query.replace("LONGEST_NAME", &LONGEST_NAME.to_string()))
});

/// [`QUERIES`] as string slices.
pub(super) static SLICES: LazyLock<[&'static str; 3]> =
    LazyLock::new(|| std::array::from_fn(|at| QUERIES[at].as_str()));
