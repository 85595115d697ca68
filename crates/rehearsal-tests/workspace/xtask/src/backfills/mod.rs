//! The registry of backfills. Each backfill is a file of this folder. `cargo xtask new DATABASE NAME --backfill`
//! creates the file and adds it to [`all`].

mod log_sizes;
mod pet_traits;

use rehearsal::backfill::AnyBackfill;

/// All backfills, in the order of their runs.
pub(crate) fn all() -> Vec<Box<dyn AnyBackfill>> {
    vec![
        Box::new(pet_traits::PetTraits),
        Box::new(log_sizes::LogSizes),
        // New backfills are added above this line.
    ]
}
