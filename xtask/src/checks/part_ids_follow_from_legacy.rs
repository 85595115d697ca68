//! Catches rows of the new tables whose id follows from one legacy row and whose values follow from another. The
//! checks that compare values skip such a row, because it looks like a row that the app created.

use app::parts::{Kind, part_id, relationship_id, session_id};
use rehearsal::check::{RowCheck, RowCheckAbout};
use sqlx::postgres::Postgres;
use std::collections::HashMap;
use uuid::Uuid;

/// Checks that a row whose id follows from a legacy row also has that row's key.
pub(crate) struct PartIdsFollowFromLegacy;

/// A user with the ids of all old and new rows, each with its key: a part's name, a session's start, or a
/// relationship's type and time.
#[derive(rehearsal::FromRow)]
pub(crate) struct User {
    cursor: Uuid,
    part_ids: Vec<Uuid>,
    part_names: Vec<Option<String>>,
    part_v2_ids: Vec<Uuid>,
    part_v2_names: Vec<Option<String>>,
    session_ids: Vec<Uuid>,
    session_starts: Vec<Option<String>>,
    session_v2_ids: Vec<Uuid>,
    session_v2_starts: Vec<Option<String>>,
    relationship_ids: Vec<Uuid>,
    relationship_types: Vec<Option<String>>,
    relationship_times: Vec<Option<String>>,
    relationship_v2_ids: Vec<Uuid>,
    relationship_v2_types: Vec<Option<String>>,
    relationship_v2_times: Vec<Option<String>>,
}

const ROWS: &str = r#"SELECT users.id AS "cursor", part.*, part_v2.*, session.*, session_v2.*, relationship.*, relationship_v2.*
FROM users
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(id), '{}') AS part_ids, coalesce(array_agg(md5(name)), '{}') AS part_names
    FROM parts WHERE parts.user_id = users.id
) AS part
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(id), '{}') AS part_v2_ids, coalesce(array_agg(md5(name)), '{}') AS part_v2_names
    FROM parts_v2 WHERE parts_v2.user_id = users.id
) AS part_v2
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(id), '{}') AS session_ids,
           coalesce(array_agg(extract(epoch FROM start_time)::text), '{}') AS session_starts
    FROM sessions WHERE sessions.user_id = users.id
) AS session
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(id), '{}') AS session_v2_ids,
           coalesce(array_agg(extract(epoch FROM started_at)::text), '{}') AS session_v2_starts
    FROM sessions_v2 WHERE sessions_v2.user_id = users.id
) AS session_v2
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(id), '{}') AS relationship_ids, coalesce(array_agg(type), '{}') AS relationship_types,
           coalesce(array_agg(extract(epoch FROM created_at)::text), '{}') AS relationship_times
    FROM part_relationships WHERE part_relationships.user_id = users.id
) AS relationship
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(id), '{}') AS relationship_v2_ids, coalesce(array_agg(type), '{}') AS relationship_v2_types,
           coalesce(array_agg(extract(epoch FROM created_at)::text), '{}') AS relationship_v2_times
    FROM part_relationships_v2 WHERE part_relationships_v2.user_id = users.id
) AS relationship_v2"#;

impl RowCheck for PartIdsFollowFromLegacy {
    type Db = Postgres;
    type Row = User;

    fn about(&self) -> RowCheckAbout {
        RowCheckAbout { name: "part_ids_follow_from_legacy", database: "parts", from: 20_260_119_100_000, until: None }
    }

    fn rows(&self) -> &'static str {
        ROWS
    }

    fn offence(&self, user: &User) -> Option<(String, String)> {
        Some((user.cursor.to_string(), offence(user)?))
    }
}

fn offence(user: &User) -> Option<String> {
    let kinds = user.relationship_types.iter().map(|label| Kind::from_legacy(label.as_deref()).ok());
    let kinds_v2 = user.relationship_v2_types.iter().map(|label| Kind::from_label(label.as_deref()?));
    let relationships = kinds.zip(&user.relationship_times);
    let relationships_v2 = kinds_v2.zip(&user.relationship_v2_times);
    let found = [
        (
            "part",
            mismatch(
                part_id,
                user.part_ids.iter().zip(&user.part_names),
                user.part_v2_ids.iter().zip(&user.part_v2_names),
            ),
        ),
        (
            "session",
            mismatch(
                session_id,
                user.session_ids.iter().zip(&user.session_starts),
                user.session_v2_ids.iter().zip(&user.session_v2_starts),
            ),
        ),
        (
            "relationship",
            mismatch(
                relationship_id,
                user.relationship_ids.iter().zip(relationships),
                user.relationship_v2_ids.iter().zip(relationships_v2),
            ),
        ),
    ];
    let (what, (id, legacy)) = found.into_iter().find_map(|(what, found)| Some((what, found?)))?;
    Some(format!("the {what} {id} has the id that follows from {legacy}, but the values of another row"))
}

/// The first new row whose key differs from that of the legacy row that its id follows from, and that legacy row.
fn mismatch<'a, T: PartialEq>(
    derive: fn(Uuid) -> Uuid,
    legacy: impl Iterator<Item = (&'a Uuid, T)>,
    stored: impl Iterator<Item = (&'a Uuid, T)>,
) -> Option<(Uuid, Uuid)> {
    let legacy: HashMap<Uuid, (Uuid, T)> = legacy.map(|(id, key)| (derive(*id), (*id, key))).collect();
    stored.into_iter().find_map(|(id, key)| {
        let (from, expected) = legacy.get(id)?;
        (key != *expected).then_some((*id, *from))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn offences() {
        let [one, two] = [1, 2].map(Uuid::from_u128);
        let texts = |texts: &[&str]| texts.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>();
        let check = |change: fn(&mut User), expect: Option<String>| {
            let mut user = User {
                cursor: Uuid::max(),
                part_ids: vec![one, two],
                part_names: texts(&["a", "b"]),
                part_v2_ids: vec![part_id(one), part_id(two)],
                part_v2_names: texts(&["a", "b"]),
                session_ids: vec![one],
                session_starts: texts(&["1"]),
                session_v2_ids: vec![session_id(one)],
                session_v2_starts: texts(&["1"]),
                relationship_ids: vec![one],
                relationship_types: texts(&["polarized"]),
                relationship_times: texts(&["1"]),
                relationship_v2_ids: vec![relationship_id(one)],
                relationship_v2_types: texts(&["conflicts"]),
                relationship_v2_times: texts(&["1"]),
            };
            change(&mut user);
            assert_eq!(offence(&user), expect);
        };
        let other = |what: &str, id: Uuid, legacy: Uuid| {
            Some(format!("the {what} {id} has the id that follows from {legacy}, but the values of another row"))
        };
        check(|_| (), None);
        // A part that the app created: its id follows from no legacy row.
        check(|user| user.part_v2_ids[0] = Uuid::nil(), None);
        check(|user| user.part_v2_ids.swap(0, 1), other("part", part_id(two), two));
        check(|user| user.session_v2_starts[0] = None, other("session", session_id(one), one));
        check(
            |user| user.relationship_v2_types[0] = Some("supports".to_owned()),
            other("relationship", relationship_id(one), one),
        );
        check(|user| user.relationship_v2_times[0] = None, other("relationship", relationship_id(one), one));
    }
}
