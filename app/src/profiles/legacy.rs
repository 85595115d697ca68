//! The input of [`unify`](super::unify()): a [`User`] and the old rows of each of the user's contexts.
//!
//! This module contains the types, the query [`USERS`] and the parsing of its rows. It makes no decisions about
//! the values.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Context, Timestamp};
use crate::json::{Json, JsonError};

/// Selects all users with their old rows, as the columns `"id"`, `"createdAt"` and `"contexts"`, each as text for
/// [`User::read`].
///
/// The contexts are a subquery in the SELECT list, so that reading a page of users reads only the contexts of that
/// page. They are unordered, because [`unify`](super::unify()) sorts them. UTC is written as an interval: looking
/// up a time zone by name would take the server longer than the rest of the query.
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
    /// The primary key.
    pub id: String,
    /// When the user was created.
    pub created_at: Timestamp,
    /// The user's contexts.
    pub contexts: BTreeMap<Context, ContextProfile>,
}

/// A row of `"ContextProfile"`: a context of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextProfile {
    /// The primary key.
    pub id: String,
    /// When the row was created.
    pub created_at: Timestamp,
    /// The user's answers in the context. `None` if the user never gave any.
    pub profile: Option<LegacyProfile>,
}

/// A row of the old `"Profile"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegacyProfile {
    /// An object by convention, but nothing enforces that. `None` if it is NULL or `null`.
    pub data: Option<Json>,
    /// When the row was created.
    pub created_at: Timestamp,
    /// When the row was last changed.
    pub updated_at: Timestamp,
}

/// A failure to read the old rows of a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LegacyError {
    /// The contexts do not have the form that [`USERS`] returns.
    #[error("invalid list of contexts: {why}")]
    Contexts {
        /// The message of the JSON parser.
        why: String,
    },
    /// The label of a context is unknown to this app.
    #[error("unknown context {label:?}")]
    UnknownContext {
        /// The label.
        label: String,
    },
    /// The user has the same context twice.
    #[error("the user has the context {context} twice")]
    TwiceTheContext {
        /// The context.
        context: Context,
    },
    /// The data is not valid.
    #[error("the data of context {context} is {why}")]
    Data {
        /// The context.
        context: Context,
        /// The top-level key of the invalid value. `None` if a key itself is invalid.
        key: Option<String>,
        /// The reason why the data is invalid.
        why: JsonError,
    },
}

impl LegacyError {
    /// The path of the invalid field.
    pub fn field(&self) -> String {
        match self {
            LegacyError::Contexts { .. } => "contexts".to_owned(),
            LegacyError::UnknownContext { .. } | LegacyError::TwiceTheContext { .. } => "contextType".to_owned(),
            LegacyError::Data { context, key: None, .. } => format!("{context}.data"),
            LegacyError::Data { context, key: Some(key), .. } => format!("{context}.data.{key}"),
        }
    }
}

/// A context as [`USERS`] returns it.
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
    /// A [`LegacyError`] about the first context that cannot be read.
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

/// Fails if a string in the data is not valid Unicode, and names the top-level key.
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
    fn the_text_of_the_data_is_unchanged() {
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
    fn null_data_is_none() {
        let user = User::read("u", "2025-01-01T00:00:00", &format!("[{}]", contexts("service", "null"))).unwrap();
        assert_eq!(user.contexts[&Context::Service].profile.as_ref().unwrap().data, None);
    }

    #[test]
    fn errors_name_the_invalid_field() {
        let check = |contexts: String, field: &str, message: &str| {
            let error = User::read("u", "2025-01-01T00:00:00", &contexts).unwrap_err();
            assert_eq!((error.field().as_str(), error.to_string().as_str()), (field, message));
        };
        let begin = "the data of context romantic is not valid Unicode:";
        check(
            format!("[{}]", contexts("romantic", r#"{"a": 1, "b": ["\ud800"]}"#)),
            "romantic.data.b",
            &format!(r#"{begin} unexpected end of hex escape at line 1 column 8 in "\ud800""#),
        );
        check(
            format!("[{}]", contexts("romantic", r#"{"\udc00": 1}"#)),
            "romantic.data",
            &format!(r#"{begin} lone leading surrogate in hex escape at line 1 column 7 in "\udc00""#),
        );
        check(format!("[{}]", contexts("business", "{}")), "contextType", "unknown context \"business\"");
        check(format!("[{0},{0}]", contexts("service", "{}")), "contextType", "the user has the context service twice");
        check("[{}]".to_owned(), "contexts", "invalid list of contexts: missing field `id` at line 1 column 3");
    }
}
