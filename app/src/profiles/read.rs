//! Reads unified profiles with [`get`], and validates every column.
//!
//! Nothing here writes or repairs: an invalid value is an error that names the user and the field.

use sqlx::{AssertSqlSafe, PgConnection};

use super::field::{Field, Kind};
use super::{Answers, Completeness, Context, Intent, Profile, ProfileError, Shared, Timestamp};
use crate::json::{Json, Object};

const ACTION: &str = "read a profile";

/// Selects all stored profiles, as the columns `"id"` and `"userId"`, and `"profile"` and `"intents"` as text for
/// [`Stored::read`].
pub const STORED: &str = r#"SELECT "UnifiedProfile"."id",
       "UnifiedProfile"."userId",
       (to_jsonb("UnifiedProfile") || jsonb_build_object(
           'createdAt', "UnifiedProfile"."createdAt" AT TIME ZONE 'UTC',
           'updatedAt', "UnifiedProfile"."updatedAt" AT TIME ZONE 'UTC'
       ))::text AS "profile",
       (
           SELECT coalesce(jsonb_agg(to_jsonb("ContextIntent") || jsonb_build_object(
                      'createdAt', "ContextIntent"."createdAt" AT TIME ZONE 'UTC',
                      'updatedAt', "ContextIntent"."updatedAt" AT TIME ZONE 'UTC'
                  ) ORDER BY "ContextIntent"."contextType"), '[]')::text
           FROM "ContextIntent"
           WHERE "ContextIntent"."userId" = "UnifiedProfile"."userId"
       ) AS "intents"
FROM "UnifiedProfile""#;

/// A stored profile with its intents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The profile.
    pub profile: Profile,
    /// The intents, in the order of [`Context::ALL`].
    pub intents: Vec<Intent>,
}

/// Reads the profile of a user with its intents.
///
/// # Errors
///
/// [`ProfileError::NoSuchUser`]; [`ProfileError::NoProfile`] if the user is older than unified profiles;
/// [`ProfileError::Corrupt`] if a field is invalid; [`ProfileError::SchemaBehind`] or [`ProfileError::Database`]
/// if a query fails.
pub async fn get(conn: &mut PgConnection, user_id: &str) -> Result<Stored, ProfileError> {
    let user_id = user_id.to_owned();
    if user_id.contains('\0') {
        return Err(ProfileError::NoSuchUser { user_id });
    }
    let row: Option<(String, String)> = sqlx::query_as(AssertSqlSafe(format!(
        r#"SELECT "profile", "intents" FROM ({STORED}) AS stored WHERE "userId" = $1"#
    )))
    .bind(&user_id)
    .fetch_optional(&mut *conn)
    .await
    .map_err(ProfileError::database(ACTION))?;
    if let Some((profile, intents)) = row {
        return Stored::read(&user_id, &profile, &intents);
    }
    let exists: bool = sqlx::query_scalar(r#"SELECT EXISTS (SELECT 1 FROM "User" WHERE "id" = $1)"#)
        .bind(&user_id)
        .fetch_one(conn)
        .await
        .map_err(ProfileError::database(ACTION))?;
    Err(if exists { ProfileError::NoProfile { user_id } } else { ProfileError::NoSuchUser { user_id } })
}

impl Stored {
    /// Reads the columns of [`STORED`].
    ///
    /// # Errors
    ///
    /// [`ProfileError::Corrupt`] for the first invalid field.
    pub fn read(user_id: &str, profile: &str, intents: &str) -> Result<Stored, ProfileError> {
        let row = Row::new(user_id, None, "profile", profile)?;
        let profile = Profile {
            id: row.text("id")?,
            user_id: row.text("userId")?,
            shared: Shared {
                core_values: row.texts("coreValues")?,
                beliefs: row.object("beliefs")?,
                interaction_style: row.object("interactionStyle")?,
                lifestyle: row.object("lifestyle")?,
                constraints: row.texts("constraints")?,
                location: row.text_or_null("location")?,
                age_range: row.text_or_null("ageRange")?,
                name: row.text_or_null("name")?,
            },
            legacy_data: row.object("legacyData")?,
            completeness: row.completeness()?,
            created_at: Timestamp::new(row.text("createdAt")?),
            updated_at: Timestamp::new(row.text("updatedAt")?),
        };
        let intents: Vec<Json> = serde_json::from_str(intents)
            .map_err(|_| corrupt(user_id, "intents".to_owned(), intents.to_owned(), "a list"))?;
        let intents = intents.iter().map(|intent| read_intent(user_id, intent)).collect::<Result<_, _>>()?;
        Ok(Stored { profile, intents })
    }
}

fn read_intent(user_id: &str, intent: &Json) -> Result<Intent, ProfileError> {
    let context = Row::new(user_id, None, "intent", intent.as_str())?
        .field("contextType", "a context", |value| Context::from_label(&value.as_text()?))?;
    let row = Row::new(user_id, Some(context), "intent", intent.as_str())?;
    for other in Context::ALL.iter().filter(|other| **other != context).flat_map(|other| other.fields()) {
        row.field(other.name, "null, because the field belongs to another context", |value| {
            value.is_null().then_some(())
        })?;
    }
    let mut answers = Vec::new();
    for field in context.fields() {
        answers.push(row.own(field)?);
    }
    let mut answers = answers.into_iter();
    Ok(Intent {
        id: row.text("id")?,
        user_id: row.text("userId")?,
        context,
        answers: Answers::new(context, |_| answers.next().flatten()),
        completeness: row.completeness()?,
        created_at: Timestamp::new(row.text("createdAt")?),
        updated_at: Timestamp::new(row.text("updatedAt")?),
    })
}

/// The values of a row by column, and the user and context for error messages.
struct Row<'a> {
    user_id: &'a str,
    context: Option<Context>,
    values: Object,
}

impl<'a> Row<'a> {
    fn new(user_id: &'a str, context: Option<Context>, what: &str, row: &str) -> Result<Row<'a>, ProfileError> {
        let values = serde_json::from_str(row)
            .map_err(|_| corrupt(user_id, what.to_owned(), row.to_owned(), "a row as a JSON object"))?;
        Ok(Row { user_id, context, values })
    }

    fn field<T>(
        &self,
        column: &str,
        expected: &'static str,
        read: impl FnOnce(&Json) -> Option<T>,
    ) -> Result<T, ProfileError> {
        let value = self.values.get(column);
        value.and_then(read).ok_or_else(|| {
            let field = self.context.map_or_else(|| column.to_owned(), |context| format!("{context}.{column}"));
            corrupt(self.user_id, field, value.map_or_else(|| "missing".to_owned(), Json::excerpt), expected)
        })
    }

    fn text(&self, column: &str) -> Result<String, ProfileError> {
        self.field(column, "a string", Json::as_text)
    }

    fn text_or_null(&self, column: &str) -> Result<Option<String>, ProfileError> {
        self.field(
            column,
            "a string or null",
            |value| {
                if value.is_null() { Some(None) } else { value.as_text().map(Some) }
            },
        )
    }

    fn texts(&self, column: &str) -> Result<Vec<String>, ProfileError> {
        self.field(column, "a list of strings", |value| value.as_list()?.iter().map(Json::as_text).collect())
    }

    fn object(&self, column: &str) -> Result<Object, ProfileError> {
        self.field(column, "an object", Json::as_object)
    }

    fn own(&self, field: &Field) -> Result<Option<Json>, ProfileError> {
        let (expected, fits): (_, fn(&Json) -> bool) = match field.kind {
            Kind::Text => ("a string or null", |value| value.as_text().is_some()),
            Kind::List | Kind::Texts => ("a list or null", |value| value.as_list().is_some()),
            Kind::Object => ("an object or null", |value| value.as_object().is_some()),
        };
        self.field(field.name, expected, |value| match value.is_null() {
            true => Some(None),
            false => fits(value).then(|| Some(value.clone())),
        })
    }

    fn completeness(&self) -> Result<Completeness, ProfileError> {
        let percent = self.field("completeness", "a number from 0 to 100", |value| {
            value.as_str().parse::<u8>().ok().filter(|percent| *percent <= 100)
        })?;
        Ok(Completeness { percent, missing: self.texts("missing")? })
    }
}

fn corrupt(user_id: &str, field: String, found: String, expected: &'static str) -> ProfileError {
    ProfileError::Corrupt { user_id: user_id.to_owned(), field, found, expected }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::profiles::{ContextProfile, LegacyProfile, User, unify};

    /// The rows of a profile with one intent.
    fn rows() -> (String, String) {
        let timestamp = || Timestamp::new("2025-11-03T10:00:00");
        let data = r#"{"location": "Oslo", "coreValues": ["a"], "complementarySkills": ["x"], "pets": {"n": 1}}"#;
        let legacy =
            LegacyProfile { data: Some(Json::parse(data).unwrap()), created_at: timestamp(), updated_at: timestamp() };
        let context = ContextProfile { id: "c".to_owned(), created_at: timestamp(), profile: Some(legacy) };
        let contexts = [(Context::Professional, context)].into();
        let unified = unify(&User { id: "u".to_owned(), created_at: timestamp(), contexts });
        // The table has columns for the fields of all contexts.
        let all = Context::ALL.iter().flat_map(|context| context.fields());
        let nulls: String = all
            .filter(|field| Context::Professional.field(field.name).is_none())
            .map(|field| format!(r#""{}": null, "#, field.name))
            .collect();
        (unified.profile_row(), format!("[{}]", unified.intent_rows()[0].replacen('{', &format!("{{{nulls}"), 1)))
    }

    #[test]
    fn valid_rows_are_read() {
        let (profile, intents) = rows();
        let stored = Stored::read("u", &profile, &intents).unwrap();
        assert_eq!(stored.profile.shared.location.as_deref(), Some("Oslo"));
        assert_eq!(stored.profile.legacy_data["professional"].as_str(), r#"{"pets":{"n": 1}}"#);
        assert_eq!((stored.profile.completeness.percent, stored.intents[0].completeness.percent), (29, 25));
        assert_eq!(stored.intents[0].context, Context::Professional);
    }

    #[test]
    fn the_error_of_an_invalid_row_names_user_and_field() {
        let check = |from: &str, to: &str, expected: &str| {
            let (profile, intents) = rows();
            let (broken, broken_intents) = (profile.replacen(from, to, 1), intents.replacen(from, to, 1));
            assert_ne!((&broken, &broken_intents), (&profile, &intents), "{from}");
            let error = Stored::read("u", &broken, &broken_intents).unwrap_err();
            assert_eq!(error.to_string(), format!("the profile of user \"u\": {expected}. Correct it in the database"));
        };
        check(r#"["a"]"#, r#"["a", 1]"#, r#"coreValues is ["a", 1]: expected a list of strings"#);
        check(r#""beliefs":{}"#, r#""beliefs":null"#, "beliefs is null: expected an object");
        check(r#""Oslo""#, "7", "location is 7: expected a string or null");
        check(r#""completeness":29"#, r#""completeness":129"#, "completeness is 129: expected a number from 0 to 100");
        check(r#""lifestyle""#, r#""lifestyles""#, "lifestyle is missing: expected an object");
        check(r#"["x"]"#, r#""x""#, r#"professional.complementarySkills is "x": expected a list or null"#);
        check(
            r#""serviceType": null"#,
            r#""serviceType": "dog""#,
            r#"professional.serviceType is "dog": expected null, because the field belongs to another context"#,
        );
        check(r#""professional""#, r#""business""#, r#"contextType is "business": expected a context"#);
    }
}
