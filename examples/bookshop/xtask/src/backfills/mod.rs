//! The registry of backfills.

mod isbn13;

use rehearsal::backfill::AnyBackfill;

/// All backfills, in the order of their runs.
pub(crate) fn all() -> Vec<Box<dyn AnyBackfill>> {
    vec![
        Box::new(isbn13::Isbn13),
        // New backfills are added above this line.
    ]
}
