//! Generates rows from the catalog, so that a migration is tried on rows even if no fixture has any. The result
//! depends only on the schema and the existing rows, on every machine. The entry point is [`fill()`].
//!
//! Values are derived from the types of the columns and the literals in checks. If the database rejects a row, the
//! violated rule in its error message determines which values are replaced.

mod column_group;
mod fill;
mod literals;
mod order;
mod pattern;
mod profile;
#[cfg(test)]
mod tests;
mod values;

pub use fill::Insert;
pub(crate) use fill::{Filled, fill};
pub(crate) use order::order;
pub(crate) use profile::RowProfile;

use rehearsal_db::insertable::{Field, Rule};
use rehearsal_db::{Engine, Value};

/// Returns the values that rules suggest for a column. Public only for the fuzz targets.
#[doc(hidden)]
#[must_use]
pub fn suggested(engine: Engine, field: &Field, rules: &[Rule]) -> Vec<Value> {
    let hints = literals::hints(engine, field, rules);
    hints.named.into_iter().chain(hints.near).collect()
}
