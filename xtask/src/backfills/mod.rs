//! The registry of backfills. Each backfill is a file of this folder. `cargo xtask new DATABASE NAME --backfill`
//! creates the file and adds it to [`all`].

mod parts_v2;
mod pet_traits;
mod unified_profiles;

use rehearsal::backfill::{AnyBackfill, ParentChild};

/// All backfills, in the order of their runs.
pub(crate) fn all() -> Vec<Box<dyn AnyBackfill>> {
    vec![
        Box::new(pet_traits::PetTraits),
        Box::new(unified_profiles::UnifiedProfiles),
        Box::new(ParentChild(parts_v2::PartsV2)),
        // New backfills are added above this line.
    ]
}
