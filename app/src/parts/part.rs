//! Parts: what old code wrote, what they are now, and how one becomes the other.
//!
//! Pure: no database and no clock.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Confidence, LONGEST_NAME, Skip, Unfit, part_id};
use crate::json::{Json, Object};
use crate::timestamp::Timestamp;

/// All legacy parts, as one SELECT whose rows are [`LegacyPart`]s. Their user's id is null where there is no such user.
///
/// Times are in UTC, which is told as an interval: to look a zone up by its name takes the server longer than all else.
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

/// The order in which [`Winners`](super::Winners) takes the parts of a user: those of one name together, the earliest
/// created first, then the smallest id. A part that does not know when it was created comes behind those that do.
///
/// The hash of the name stands first because it is what an index can hold, however long the name.
pub const LEGACY_PARTS_ORDER: &str = "md5(parts.name), parts.name, parts.created_at NULLS LAST, parts.id";

/// A row of the old `parts`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct LegacyPart {
    /// The key.
    pub id: Uuid,
    /// The user, where there is one.
    pub user_id: Option<Uuid>,
    /// What the user calls it.
    pub name: Option<String>,
    /// Such as `protector`.
    pub category: Option<String>,
    /// Such as `emerging`.
    pub status: Option<String>,
    /// Such as `positive`.
    pub charge: Option<String>,
    /// How sure somebody is that it is a part.
    pub confidence: Option<Confidence>,
    /// How often it was noticed.
    pub evidence_count: Option<i32>,
    /// What else is told of it.
    #[sqlx(flatten)]
    pub told: Told,
    /// When it was first noticed.
    pub first_noticed: Option<Timestamp>,
    /// When it was last noticed.
    pub last_active: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
}

/// What is told of a part beyond its columns: the keys of `data`.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Told {
    /// How old it feels, in words.
    pub age: Option<String>,
    /// What it does.
    pub role: Option<String>,
    /// What wakes it.
    pub triggers: Option<Json>,
    /// What it feels.
    pub emotions: Option<Json>,
    /// What it believes.
    pub beliefs: Option<Json>,
    /// Where in the body it is felt.
    pub somatic_markers: Option<Json>,
    /// What it looks like.
    pub visualization: Option<Json>,
    /// Where it comes from.
    pub story: Option<String>,
}

impl Told {
    /// The keys that hold a text wherever they are there.
    const TEXTS: [&str; 3] = ["age", "role", "story"];

    /// As `data` has it: a key for each that is neither NULL nor `null`.
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

/// A row of `parts_v2`. As JSON it has a column's name for each key, and none for what is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartV2 {
    /// The key; what was migrated has [`part_id`] of the legacy id.
    pub id: Uuid,
    /// The user.
    pub user_id: Uuid,
    /// What the user calls it: no two parts of a user have the same name.
    pub name: String,
    /// Such as `protector`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Such as `emerging`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Such as `positive`; [`NEUTRAL`] where nobody said.
    pub charge: String,
    /// How sure somebody is that it is a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// How often it was noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_count: Option<i32>,
    /// What else is told of it, see [`Told`].
    pub data: Object,
    /// When it was first noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_noticed: Option<Timestamp>,
    /// When it was last noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_active: Option<Timestamp>,
    /// When the row was made; of what was migrated, the legacy row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

/// All parts, as one SELECT: `id`, `user_id` and `name`, and the whole row as `part`, which [`PartV2::read`] takes.
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

/// The charge of a part of which nobody said one.
pub const NEUTRAL: &str = "neutral";

impl PartV2 {
    /// The row as JSON, with a column's name for each key, as `jsonb_populate_record` takes it.
    pub fn row(&self) -> String {
        Json::of(self).as_str().to_owned()
    }

    /// Reads the column `part` of [`PARTS_V2`].
    ///
    /// # Errors
    ///
    /// Where it is none, or where `data` is not what it should be.
    pub fn read(row: &str) -> Result<PartV2, Unfit> {
        let part: PartV2 = Unfit::read(row)?;
        let no_text = |key: &&&str| part.data.get(**key).is_some_and(|value| value.as_text().is_none());
        match Told::TEXTS.iter().find(no_text) {
            None => Ok(part),
            Some(key) => Err(Unfit {
                field: format!("data.{key}"),
                found: part.data[*key].excerpt(),
                expected: "a text".to_owned(),
            }),
        }
    }
}

/// What a legacy part becomes, where it is the [`Winner`](super::Place::Winner) of its name. An empty name is a name.
///
/// # Errors
///
/// [`Skip::NoUser`], [`Skip::NoName`], [`Skip::NameTooLong`].
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
    fn nothing_is_lost_and_nothing_made_up() {
        let expected = r#"{"id":"ID","user_id":"ffffffff-ffff-ffff-ffff-ffffffffffff","name":"The \"Critic\"",
            "category":"protector","charge":"","confidence":"NaN","evidence_count":-1,
            "data":{"age":"7","beliefs":{"b": 1, "a": 9007199254740993},"triggers":[1.10, null]},
            "first_noticed":"-infinity","created_at":"2024-02-29T23:59:59.999999Z"}"#;
        let expected: String = expected.lines().map(str::trim_start).collect();
        let expected = expected.replace("ID", &part_id(Uuid::nil()).to_string());
        let part = migrate_part(&legacy()).unwrap();
        assert_eq!(part.row(), expected);
        // The database gives times without a zone, which they are read with.
        assert_eq!(PartV2::read(&expected.replace("Z\"", "\"")).unwrap(), part);
        assert_eq!(migrate_part(&LegacyPart { charge: None, ..legacy() }).unwrap().charge, "neutral");
    }

    #[test]
    fn what_a_part_needs() {
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
            Err("the name of the part has 2602 bytes: at most 2600 can be kept unique"),
        );
        check(|part| part.user_id = None, Err("it belongs to no user: user_id is null, or there is no such user"));
    }

    #[test]
    fn a_row_that_does_not_fit_names_the_field() {
        let check = |from: &str, to: &str, expected: &str| {
            let row = migrate_part(&legacy()).unwrap().row().replacen(from, to, 1);
            assert_eq!(PartV2::read(&row).unwrap_err().to_string(), expected);
        };
        check(r#""age":"7""#, r#""age":7"#, "data.age holds 7: expected a text");
        check(r#""age":"7""#, r#""story":["x"]"#, r#"data.story holds ["x"]: expected a text"#);
    }
}
