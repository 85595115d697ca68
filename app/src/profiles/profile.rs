//! A unified profile and an intent: rows of the new tables.
//!
//! Only the types, and how they are written as JSON, with a column's name for each key. They are made by
//! [`unify`](super::unify()) and read by [`get`](super::get).

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Answers, Completeness, Context, Shared, Timestamp};
use crate::json::Object;

/// What is known of a user in all contexts: a row of `"UnifiedProfile"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The key, which follows from the user's.
    pub id: String,
    /// The user.
    pub user_id: String,
    /// What all contexts share.
    pub shared: Shared,
    /// The old values that have no column.
    pub legacy_data: Object,
    /// How much of it is filled.
    pub completeness: Completeness,
    /// When the first of the old rows was made; without one, when the user came.
    pub created_at: Timestamp,
    /// When the last of the old rows was changed; without one, when the user came.
    pub updated_at: Timestamp,
}

/// What a user wants in a context: a row of `"ContextIntent"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The key, which follows from the context profile's.
    pub id: String,
    /// The user.
    pub user_id: String,
    /// The context.
    pub context: Context,
    /// The context's own fields.
    pub answers: Answers,
    /// How much of it is filled.
    pub completeness: Completeness,
    /// When the old row was made; without one, when the context profile was.
    pub created_at: Timestamp,
    /// When the old row was changed; without one, when the context profile was made.
    pub updated_at: Timestamp,
}

impl Serialize for Profile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Profile { id, user_id, shared, legacy_data, completeness, created_at, updated_at } = self;
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("id", id)?;
        row.serialize_entry("userId", user_id)?;
        row.serialize_entry("coreValues", &shared.core_values)?;
        row.serialize_entry("beliefs", &shared.beliefs)?;
        row.serialize_entry("interactionStyle", &shared.interaction_style)?;
        row.serialize_entry("lifestyle", &shared.lifestyle)?;
        row.serialize_entry("constraints", &shared.constraints)?;
        row.serialize_entry("location", &shared.location)?;
        row.serialize_entry("ageRange", &shared.age_range)?;
        row.serialize_entry("name", &shared.name)?;
        row.serialize_entry("legacyData", legacy_data)?;
        row.serialize_entry("completeness", &completeness.percent)?;
        row.serialize_entry("missing", &completeness.missing)?;
        row.serialize_entry("createdAt", created_at)?;
        row.serialize_entry("updatedAt", updated_at)?;
        row.end()
    }
}

impl Serialize for Intent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Intent { id, user_id, context, answers, completeness, created_at, updated_at } = self;
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("id", id)?;
        row.serialize_entry("userId", user_id)?;
        row.serialize_entry("contextType", context)?;
        for (column, value) in answers.iter() {
            row.serialize_entry(column, &value)?;
        }
        row.serialize_entry("completeness", &completeness.percent)?;
        row.serialize_entry("missing", &completeness.missing)?;
        row.serialize_entry("createdAt", created_at)?;
        row.serialize_entry("updatedAt", updated_at)?;
        row.end()
    }
}
