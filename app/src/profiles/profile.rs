//! [`Profile`] and [`Intent`]: the rows of the new tables. [`unify`](super::unify()) derives them, and
//! [`get`](super::get) reads them.
//!
//! This module contains the types and their JSON form, in which every key is the name of a column.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Answers, Completeness, Context, Shared, Timestamp};
use crate::json::Object;

/// A user's profile in all contexts: a row of `"UnifiedProfile"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The primary key, derived from the user's id.
    pub id: String,
    /// The user.
    pub user_id: String,
    /// The fields that all contexts share.
    pub shared: Shared,
    /// The old values that no other column stores.
    pub legacy_data: Object,
    /// The share of the fields that are filled.
    pub completeness: Completeness,
    /// When the first old row was created. Without old rows, when the user was created.
    pub created_at: Timestamp,
    /// When an old row was last changed. Without old rows, when the user was created.
    pub updated_at: Timestamp,
}

/// A user's intent in a context: a row of `"ContextIntent"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The primary key, derived from the id of the context profile.
    pub id: String,
    /// The user.
    pub user_id: String,
    /// The context.
    pub context: Context,
    /// The context's own fields.
    pub answers: Answers,
    /// The share of the fields that are filled.
    pub completeness: Completeness,
    /// When the old row was created. Without an old row, when the context profile was created.
    pub created_at: Timestamp,
    /// When the old row was last changed. Without an old row, when the context profile was created.
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
