//! What a unified profile is made of: a user, and the old rows of each of the user's contexts.
//!
//! Only the types, and how they are read from what the database gives. Nothing is decided here.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Context, Timestamp};
use crate::json::{Json, JsonError};

/// All users with all that their profiles are made of, as one SELECT: `"id"`, `"createdAt"` and `"contexts"`, each as text
/// that [`User::read`] takes.
///
/// The contexts are a subquery of the SELECT list, so that a page of users costs the contexts of that page only. Their
/// order makes no difference here: [`unify`](super::unify()) puts them into its own. Times are in UTC, which is told as an
/// interval: to look a zone up by its name takes the server longer than all else here.
pub const USERS: &str = r#"SELECT "User"."id",
       to_json("User"."createdAt" AT TIME ZONE INTERVAL '0') #>> '{}' AS "createdAt",
       (
           SELECT coalesce(json_agg(json_build_object(
                      'id', "ContextProfile"."id",
                      'contextType', "ContextProfile"."contextType",
                      'createdAt', "ContextProfile"."createdAt" AT TIME ZONE INTERVAL '0',
                      'profile', CASE WHEN "Profile"."id" IS NOT NULL THEN json_build_object(
                          'data', "Profile"."data",
                          'createdAt', "Profile"."createdAt" AT TIME ZONE INTERVAL '0',
                          'updatedAt', "Profile"."updatedAt" AT TIME ZONE INTERVAL '0'
                      ) END
                  )), '[]')::text
           FROM "ContextProfile"
           LEFT JOIN "Profile" ON "Profile"."contextProfileId" = "ContextProfile"."id"
           WHERE "ContextProfile"."userId" = "User"."id"
       ) AS "contexts"
FROM "User""#;

/// A user with the old data of each context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The key.
    pub id: String,
    /// When the user came.
    pub created_at: Timestamp,
    /// The contexts that the user has; of each kind there is one at most.
    pub contexts: BTreeMap<Context, ContextProfile>,
}

/// A context of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextProfile {
    /// The key.
    pub id: String,
    /// When the user began with it.
    pub created_at: Timestamp,
    /// What the user told in it, if anything ever was.
    pub profile: Option<LegacyProfile>,
}

/// A row of the old `"Profile"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegacyProfile {
    /// Meant to be an object, and may be anything. None where it is NULL or `null`.
    pub data: Option<Json>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Why old rows can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LegacyError {
    /// The contexts are not what [`USERS`] gives.
    #[error("the contexts can't be read: {why}")]
    Contexts {
        /// What is wrong with them.
        why: String,
    },
    /// A context of a kind that this app does not know.
    #[error("this app knows no context {label:?}")]
    UnknownContext {
        /// The label.
        label: String,
    },
    /// Two contexts of one kind.
    #[error("the user has two contexts of the kind {context}")]
    TwiceTheContext {
        /// The kind.
        context: Context,
    },
    /// A value that this app does not take.
    #[error("the data of context {context} is not what this app takes: {why}")]
    Data {
        /// The context.
        context: Context,
        /// The key, unless it is the keys themselves that can't be read.
        key: Option<String>,
        /// What is wrong.
        why: JsonError,
    },
}

impl LegacyError {
    /// The field at fault, as a path.
    pub fn field(&self) -> String {
        match self {
            LegacyError::Contexts { .. } => "contexts".to_owned(),
            LegacyError::UnknownContext { .. } | LegacyError::TwiceTheContext { .. } => "contextType".to_owned(),
            LegacyError::Data { context, key: None, .. } => format!("{context}.data"),
            LegacyError::Data { context, key: Some(key), .. } => format!("{context}.data.{key}"),
        }
    }
}

/// A context as [`USERS`] gives it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    context_type: String,
    created_at: Timestamp,
    profile: Option<LegacyProfile>,
}

impl User {
    /// Reads the columns of [`USERS`].
    ///
    /// # Errors
    ///
    /// A [`LegacyError`], of the first context that can't be read.
    pub fn read(id: impl Into<String>, created_at: impl Into<String>, contexts: &str) -> Result<User, LegacyError> {
        let rows: Vec<Row> =
            serde_json::from_str(contexts).map_err(|error| LegacyError::Contexts { why: error.to_string() })?;
        let mut contexts = BTreeMap::new();
        for Row { id, context_type, created_at, profile } in rows {
            let Some(context) = Context::from_label(&context_type) else {
                return Err(LegacyError::UnknownContext { label: context_type });
            };
            if let Some(data) = profile.as_ref().and_then(|profile| profile.data.as_ref()) {
                check(context, data)?;
            }
            if contexts.insert(context, ContextProfile { id, created_at, profile }).is_some() {
                return Err(LegacyError::TwiceTheContext { context });
            }
        }
        Ok(User { id: id.into(), created_at: Timestamp::new(created_at), contexts })
    }
}

/// Refuses data with texts that are no Unicode, and names the key that holds them.
fn check(context: Context, data: &Json) -> Result<(), LegacyError> {
    let Err(why) = data.check() else { return Ok(()) };
    let key = data.as_object().and_then(|object| object.into_iter().find(|(_, value)| value.check().is_err()));
    Err(LegacyError::Data { context, key: key.map(|(key, _)| key), why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn contexts(label: &str, data: &str) -> String {
        let profile =
            format!(r#"{{"data":{data},"createdAt":"2025-01-02T00:00:00","updatedAt":"2025-01-03T00:00:00"}}"#);
        format!(r#"{{"id":"c","contextType":"{label}","createdAt":"2025-01-01T00:00:00","profile":{profile}}}"#)
    }

    #[test]
    fn data_is_kept_as_it_is_written() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for data in [
            r#"{"a": 1.10, "a": 1e400, "b": 9007199254740993}"#,
            r#""text""#,
            "[ ]",
            "0.0",
            r#"{"\u0000": "\u0000"}"#,
            deep.as_str(),
        ] {
            let user = User::read("u", "2025-01-01T00:00:00", &format!("[{}]", contexts("creative", data))).unwrap();
            let profile = user.contexts[&Context::Creative].profile.as_ref().unwrap();
            assert_eq!(profile.data.as_ref().unwrap().as_str(), data);
        }
    }

    #[test]
    fn no_data_is_no_value() {
        let user = User::read("u", "2025-01-01T00:00:00", &format!("[{}]", contexts("service", "null"))).unwrap();
        assert_eq!(user.contexts[&Context::Service].profile.as_ref().unwrap().data, None);
    }

    #[test]
    fn what_cannot_be_read_names_the_field() {
        let check = |contexts: String, field: &str, message: &str| {
            let error = User::read("u", "2025-01-01T00:00:00", &contexts).unwrap_err();
            assert_eq!((error.field().as_str(), error.to_string().as_str()), (field, message));
        };
        let begin = "the data of context romantic is not what this app takes: a text in it is no Unicode:";
        check(
            format!("[{}]", contexts("romantic", r#"{"a": 1, "b": ["\ud800"]}"#)),
            "romantic.data.b",
            &format!(r#"{begin} unexpected end of hex escape at line 1 column 8 of "\ud800""#),
        );
        check(
            format!("[{}]", contexts("romantic", r#"{"\udc00": 1}"#)),
            "romantic.data",
            &format!(r#"{begin} lone leading surrogate in hex escape at line 1 column 7 of "\udc00""#),
        );
        check(format!("[{}]", contexts("business", "{}")), "contextType", "this app knows no context \"business\"");
        check(
            format!("[{0},{0}]", contexts("service", "{}")),
            "contextType",
            "the user has two contexts of the kind service",
        );
        check("[{}]".to_owned(), "contexts", "the contexts can't be read: missing field `id` at line 1 column 3");
    }
}
