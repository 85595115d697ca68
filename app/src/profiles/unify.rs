//! One profile and one intent a context, out of a profile a context.
//!
//! Pure: no database and no clock. The app unifies a user whenever an answer comes in, and the backfill unifies those who
//! are older than that, both by [`unify`].

use super::legacy_data::legacy_data;
use super::record::{Left, Record};
use super::{Context, ContextProfile, Intent, Profile, User, extract, intent_id, merge, profile_id};
use crate::json::{Json, Object};

/// What a user's old rows become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unified {
    /// The one profile.
    pub profile: Profile,
    /// An intent for each context that the user has, in the order of [`Context::ALL`].
    pub intents: Vec<Intent>,
    /// The values that contradict each other, those that have no place, and an account of all.
    pub record: Record,
}

impl Unified {
    /// The profile as JSON, with a column's name for each key.
    pub fn profile_row(&self) -> String {
        Json::of(&self.profile).as_str().to_owned()
    }

    /// The intents as JSON, with a column's name for each key.
    pub fn intent_rows(&self) -> Vec<String> {
        self.intents.iter().map(|intent| Json::of(intent).as_str().to_owned()).collect()
    }
}

/// Unifies the old rows of a user. Whatever they hold, each of their values is in the result (see [`Record::account`]).
///
/// The contexts take part in the order in which they were made, and of the same moment in the order of their ids' bytes.
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
