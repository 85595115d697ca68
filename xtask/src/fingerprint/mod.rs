//! Digests of a database's schema and content that name what differs, not only that something does. Cheap sums are
//! compared first; rows are looked at only where the sums differ.

mod content;
mod difference;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

pub(crate) use content::Summing;
pub use content::{Content, TableDigest, TableShape, content};
pub use difference::{ContentDifference, Example, SchemaDifference};
pub use rows::{MAX_EXAMPLES, explain};
pub use schema::{Schema, compare as compare_schemas, schema};

/// Tables of this prefix are this tool's own.
pub const OWN_PREFIX: &str = "_xtask_";

/// The table in which sqlx keeps what was applied.
pub const SQLX_TABLE: &str = "_sqlx_migrations";

/// True for a table that holds bookkeeping, not the user's data.
#[must_use]
pub fn is_bookkeeping(table: &str) -> bool {
    table == SQLX_TABLE || table.starts_with(OWN_PREFIX)
}
