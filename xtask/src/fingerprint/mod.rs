//! Digests of a database's schema and content that name what differs, not only that something does. Cheap sums are
//! compared first; rows are looked at only where the sums differ.

mod content;
mod defaults;
mod difference;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

pub use content::{Content, content};
pub use defaults::volatile_defaults;
pub use difference::{ContentDifference, Example, SchemaDifference};
pub use rows::explain;
pub use schema::{compare as compare_schemas, schema};
