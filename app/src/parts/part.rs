//! Legacy parts, parts, and [`migrate_part`], which converts one into the other.
//!
//! Pure: no database and no clock.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Confidence, LONGEST_NAME, Skip, Unfit, part_id};
use crate::json::{Json, Object};
use crate::timestamp::Timestamp;

/// Selects all legacy parts, as rows of [`LegacyPart`]. The user's id is NULL if there is no such user.
///
/// UTC is written as an interval: looking up a time zone by name would take the server longer than the rest of the
/// query.
pub const LEGACY_PARTS: &str = r#"SELECT parts.id,
       (SELECT users.id FROM users WHERE users.id = parts.user_id) AS user_id,
       parts.name, parts.category, parts.status, parts.charge, parts.confidence, parts.evidence_count,
       parts.age, parts.role, parts.triggers::text AS triggers, parts.emotions::text AS emotions,
       parts.beliefs::text AS beliefs, parts.somatic_markers::text AS somatic_markers,
       parts.visualization::text AS visualization, parts.story,
       to_json(parts.first_noticed AT TIME ZONE INTERVAL '0') #>> '{}' AS first_noticed,
       to_json(parts.last_active AT TIME ZONE INTERVAL '0') #>> '{}' AS last_active,
       to_json(parts.created_at AT TIME ZONE INTERVAL '0') #>> '{}' AS created_at
FROM parts"#;

/// The order in which [`Winners`](super::Winners) expects the parts of a user: grouped by name, then by time of
/// creation with NULL last, then by id.
///
/// The hash of the name comes first, because an index can store it however long the name is.
pub const LEGACY_PARTS_ORDER: &str = "md5(parts.name), parts.name, parts.created_at NULLS LAST, parts.id";

/// A row of the legacy table `parts`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct LegacyPart {
    /// The primary key.
    pub id: Uuid,
    /// The user. `None` if there is no such user.
    pub user_id: Option<Uuid>,
    /// The user's name for the part.
    pub name: Option<String>,
    /// The category, such as `protector`.
    pub category: Option<String>,
    /// The status, such as `emerging`.
    pub status: Option<String>,
    /// The charge, such as `positive`.
    pub charge: Option<String>,
    /// The confidence that this is a part.
    pub confidence: Option<Confidence>,
    /// The number of times the part was noticed.
    pub evidence_count: Option<i32>,
    /// The description of the part.
    #[sqlx(flatten)]
    pub told: Told,
    /// When the part was first noticed.
    pub first_noticed: Option<Timestamp>,
    /// When the part was last noticed.
    pub last_active: Option<Timestamp>,
    /// When the row was created.
    pub created_at: Option<Timestamp>,
}

/// The description of a part: separate columns of the legacy table, and the keys of `data` in `parts_v2`.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Told {
    /// The age that the part feels, as free text.
    pub age: Option<String>,
    /// The role of the part.
    pub role: Option<String>,
    /// The triggers that activate the part.
    pub triggers: Option<Json>,
    /// The feelings of the part.
    pub emotions: Option<Json>,
    /// The beliefs of the part.
    pub beliefs: Option<Json>,
    /// The areas of the body in which the part is felt.
    pub somatic_markers: Option<Json>,
    /// The appearance of the part.
    pub visualization: Option<Json>,
    /// The origin of the part.
    pub story: Option<String>,
}

impl Told {
    /// The keys whose value, if present, is a string.
    const TEXTS: [&str; 3] = ["age", "role", "story"];

    /// Returns the content of `data`: a key for each field that is neither NULL nor `null`.
    pub fn data(&self) -> Object {
        let text = |text: &Option<String>| text.as_ref().map(Json::of);
        let entries = [
            ("age", text(&self.age)),
            ("role", text(&self.role)),
            ("triggers", self.triggers.clone()),
            ("emotions", self.emotions.clone()),
            ("beliefs", self.beliefs.clone()),
            ("somatic_markers", self.somatic_markers.clone()),
            ("visualization", self.visualization.clone()),
            ("story", text(&self.story)),
        ];
        let told = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        told.filter(|(_, value)| !value.is_null()).collect()
    }
}

/// A row of `parts_v2`. In its JSON form the keys are the names of the columns, and NULLs are omitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartV2 {
    /// The primary key; for a migrated row, [`part_id`] of the legacy id.
    pub id: Uuid,
    /// The user.
    pub user_id: Uuid,
    /// The user's name for the part, which is unique per user.
    pub name: String,
    /// The category, such as `protector`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The status, such as `emerging`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The charge, such as `positive`; [`NEUTRAL`] if none was given.
    pub charge: String,
    /// The confidence that this is a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// The number of times the part was noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_count: Option<i32>,
    /// The description of the part, see [`Told`].
    pub data: Object,
    /// When the part was first noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_noticed: Option<Timestamp>,
    /// When the part was last noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_active: Option<Timestamp>,
    /// When the row was created; for a migrated row, when the legacy row was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

/// Selects all parts, as the columns `id`, `user_id` and `name`, and the whole row as `part` for [`PartV2::read`].
pub const PARTS_V2: &str = r#"SELECT parts_v2.id, parts_v2.user_id, parts_v2.name, json_build_object(
           'id', parts_v2.id,
           'user_id', parts_v2.user_id,
           'name', parts_v2.name,
           'category', parts_v2.category,
           'status', parts_v2.status,
           'charge', parts_v2.charge,
           'confidence', parts_v2.confidence::text,
           'evidence_count', parts_v2.evidence_count,
           'data', parts_v2.data,
           'first_noticed', parts_v2.first_noticed AT TIME ZONE INTERVAL '0',
           'last_active', parts_v2.last_active AT TIME ZONE INTERVAL '0',
           'created_at', parts_v2.created_at AT TIME ZONE INTERVAL '0'
       )::text AS part
FROM parts_v2"#;

/// The charge of a part if none was given.
pub const NEUTRAL: &str = "neutral";

impl PartV2 {
    /// Returns the row as JSON, with the names of the columns as keys, for `jsonb_populate_record`.
    pub fn row(&self) -> String {
        Json::of(self).as_str().to_owned()
    }

    /// Parses the column `part` of [`PARTS_V2`].
    ///
    /// # Errors
    ///
    /// Fails if the row is not a part, or if a value in `data` has the wrong type.
    pub fn read(row: &str) -> Result<PartV2, Unfit> {
        let part: PartV2 = Unfit::read(row)?;
        let no_text = |key: &&&str| part.data.get(**key).is_some_and(|value| value.as_text().is_none());
        match Told::TEXTS.iter().find(no_text) {
            None => Ok(part),
            Some(key) => Err(Unfit {
                field: format!("data.{key}"),
                found: part.data[*key].excerpt(),
                expected: "a string".to_owned(),
            }),
        }
    }
}

/// Converts a legacy part that is the [`Winner`](super::Place::Winner) of its name. An empty name is valid.
///
/// # Errors
///
/// [`Skip::NoUser`], [`Skip::NoName`] or [`Skip::NameTooLong`].
pub fn migrate_part(legacy: &LegacyPart) -> Result<PartV2, Skip> {
    let user_id = legacy.user_id.ok_or(Skip::NoUser)?;
    let name = legacy.name.clone().ok_or(Skip::NoName)?;
    if name.len() > LONGEST_NAME {
        return Err(Skip::NameTooLong { bytes: name.len() });
    }
    Ok(PartV2 {
        id: part_id(legacy.id),
        user_id,
        name,
        category: legacy.category.clone(),
        status: legacy.status.clone(),
        charge: legacy.charge.clone().unwrap_or_else(|| NEUTRAL.to_owned()),
        confidence: legacy.confidence,
        evidence_count: legacy.evidence_count,
        data: legacy.told.data(),
        first_noticed: legacy.first_noticed.clone(),
        last_active: legacy.last_active.clone(),
        created_at: legacy.created_at.clone(),
    })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn legacy() -> LegacyPart {
        let text = |text: &str| Some(text.to_owned());
        let json = |text: &str| Some(Json::parse(text).unwrap());
        LegacyPart {
            id: Uuid::nil(),
            user_id: Some(Uuid::max()),
            name: text("The \"Critic\""),
            category: text("protector"),
            status: None,
            charge: text(""),
            confidence: Some(Confidence::new(f32::NAN)),
            evidence_count: Some(-1),
            told: Told {
                age: text("7"),
                triggers: json("[1.10, null]"),
                emotions: json("null"),
                beliefs: json(r#"{"b": 1, "a": 9007199254740993}"#),
                ..Told::default()
            },
            first_noticed: Some(Timestamp::new("-infinity")),
            last_active: None,
            created_at: Some(Timestamp::new("2024-02-29T23:59:59.999999")),
        }
    }

    #[test]
    fn every_field_is_migrated() {
        let expected = r#"{"id":"ID","user_id":"ffffffff-ffff-ffff-ffff-ffffffffffff","name":"The \"Critic\"",
            "category":"protector","charge":"","confidence":"NaN","evidence_count":-1,
            "data":{"age":"7","beliefs":{"b": 1, "a": 9007199254740993},"triggers":[1.10, null]},
            "first_noticed":"-infinity","created_at":"2024-02-29T23:59:59.999999Z"}"#;
        let expected: String = expected.lines().map(str::trim_start).collect();
        let expected = expected.replace("ID", &part_id(Uuid::nil()).to_string());
        let part = migrate_part(&legacy()).unwrap();
        assert_eq!(part.row(), expected);
        // The database returns times without a zone.
        assert_eq!(PartV2::read(&expected.replace("Z\"", "\"")).unwrap(), part);
        assert_eq!(migrate_part(&LegacyPart { charge: None, ..legacy() }).unwrap().charge, "neutral");
    }

    #[test]
    fn a_part_needs_a_user_and_a_short_name() {
        let check = |change: fn(&mut LegacyPart), expected: Result<&str, &str>| {
            let mut legacy = legacy();
            change(&mut legacy);
            let got = migrate_part(&legacy).map(|part| part.name).map_err(|skip| skip.to_string());
            assert_eq!(got.as_deref().map_err(String::as_str), expected);
        };
        check(|part| part.name = Some(String::new()), Ok(""));
        check(|part| part.name = Some(" \n".to_owned()), Ok(" \n"));
        check(|part| part.name = None, Err("the part has no name"));
        check(
            |part| part.name = Some("é".repeat(1_301)),
            Err("the name of the part has 2602 bytes: the unique index allows at most 2600 bytes"),
        );
        check(|part| part.user_id = None, Err("user_id is NULL or there is no such user"));
    }

    #[test]
    fn the_error_of_an_invalid_row_names_the_field() {
        let check = |from: &str, to: &str, expected: &str| {
            let row = migrate_part(&legacy()).unwrap().row().replacen(from, to, 1);
            assert_eq!(PartV2::read(&row).unwrap_err().to_string(), expected);
        };
        check(r#""age":"7""#, r#""age":7"#, "data.age is 7: expected a string");
        check(r#""age":"7""#, r#""story":["x"]"#, r#"data.story is ["x"]: expected a string"#);
    }
}
