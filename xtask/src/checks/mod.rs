//! The registry of checks in Rust, for rules that only the app's functions can evaluate. Checks in SQL are in
//! `migrations/*/checks`. Each check is a file of this folder; add new ones to [`all`].

mod llama_log_categories_follow_rule;
mod moved;
mod part_ids_follow_from_legacy;
mod part_relationships_follow_from_legacy;
mod part_sessions_follow_from_legacy;
mod parts_follow_from_legacy;
mod pet_traits_follow_from_id;
mod profiles_follow_from_legacy;

use rehearsal::check::AnyRowCheck;

/// All checks in Rust.
pub(crate) fn all() -> Vec<Box<dyn AnyRowCheck>> {
    vec![
        Box::new(llama_log_categories_follow_rule::LlamaLogCategoriesFollowRule),
        Box::new(part_ids_follow_from_legacy::PartIdsFollowFromLegacy),
        Box::new(part_relationships_follow_from_legacy::PartRelationshipsFollowFromLegacy),
        Box::new(part_sessions_follow_from_legacy::PartSessionsFollowFromLegacy),
        Box::new(parts_follow_from_legacy::PartsFollowFromLegacy),
        Box::new(pet_traits_follow_from_id::PetTraitsFollowFromId),
        Box::new(profiles_follow_from_legacy::ProfilesFollowFromLegacy),
    ]
}
