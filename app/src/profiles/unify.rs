//! [`unify`] derives a user's profile, and one intent per context, from the old rows.
//!
//! Pure: no database and no clock. The app calls it for every answer, and the backfill calls it for users who are
//! older than unified profiles.

use super::legacy_data::legacy_data;
use super::record::{Left, Record};
use super::{Context, ContextProfile, Intent, Profile, User, extract, intent_id, merge, profile_id};
use crate::json::{Json, Object};

/// A unified profile with its intents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unified {
    /// The profile.
    pub profile: Profile,
    /// One intent per context of the user, in the order of [`Context::ALL`].
    pub intents: Vec<Intent>,
    /// The conflicts, the unmapped values, and the tallies of all legacy values.
    pub record: Record,
}

impl Unified {
    /// The profile as JSON, with the names of the columns as keys.
    pub fn profile_row(&self) -> String {
        Json::of(&self.profile).as_str().to_owned()
    }

    /// The intents as JSON, with the names of the columns as keys.
    pub fn intent_rows(&self) -> Vec<String> {
        self.intents.iter().map(|intent| Json::of(intent).as_str().to_owned()).collect()
    }
}

/// Unifies the old rows of a user. The result contains every value of the old rows (see [`Record::account`]).
///
/// Contexts take precedence in the order of their creation; contexts created at the same time, in the byte order
/// of their ids.
pub fn unify(user: &User) -> Unified {
    let mut record = Record::default();
    let mut answered: Vec<(Context, &ContextProfile, Object)> = Vec::new();
    let mut intents = Vec::new();
    for (&context, profile) in &user.contexts {
        let data = profile.profile.as_ref().and_then(|legacy| legacy.data.as_ref()).filter(|data| !data.is_null());
        let object = data.and_then(Json::as_object);
        let (answers, of_context) = extract(context.as_str(), object.as_ref());
        let (created_at, updated_at) = match &profile.profile {
            Some(legacy) => (&legacy.created_at, &legacy.updated_at),
            None => (&profile.created_at, &profile.created_at),
        };
        intents.push(Intent {
            id: intent_id(&profile.id),
            user_id: user.id.clone(),
            context,
            completeness: answers.completeness(),
            answers,
            created_at: created_at.clone(),
            updated_at: updated_at.clone(),
        });
        record.add(of_context);
        match (object, data) {
            (Some(object), _) => answered.push((context, profile, object)),
            (None, Some(data)) => record.leave(context, Left::Data(data.clone())),
            (None, None) => {}
        }
    }
    answered.sort_by_key(|(_, profile, _)| (&profile.created_at, &profile.id));
    let in_order: Vec<(Context, &Object)> = answered.iter().map(|(context, _, object)| (*context, object)).collect();
    let (shared, of_shared) = merge(&in_order);
    record.add(of_shared);

    let legacy = || user.contexts.values().filter_map(|profile| profile.profile.as_ref());
    let created_at = legacy().map(|legacy| &legacy.created_at).min().unwrap_or(&user.created_at);
    let updated_at = legacy().map(|legacy| &legacy.updated_at).max().unwrap_or(&user.created_at);
    let profile = Profile {
        id: profile_id(&user.id),
        user_id: user.id.clone(),
        completeness: shared.completeness(),
        shared,
        legacy_data: legacy_data(&record),
        created_at: created_at.clone(),
        updated_at: updated_at.clone(),
    };
    Unified { profile, intents, record }
}
