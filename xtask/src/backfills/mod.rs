//! The registry of backfills. `cargo xtask new DATABASE NAME --backfill` adds to it; each has a file of its own.

mod parts_v2;
mod pet_traits;
mod unified_profiles;

use rehearsal::backfill::{AnyBackfill, ParentChild};

/// All backfills, in the order in which they are run.
pub(crate) fn all() -> Vec<Box<dyn AnyBackfill>> {
    vec![
        Box::new(pet_traits::PetTraits),
        Box::new(unified_profiles::UnifiedProfiles),
        Box::new(ParentChild(parts_v2::PartsV2)),
        // New backfills are added above this line.
    ]
}
