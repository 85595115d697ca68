//! Digests of a database's schema and content that name what differs, not only that something does. Cheap sums are
//! compared first; rows are looked at only where the sums differ.

mod changes;
mod content;
mod counted;
mod defaults;
mod difference;
mod families;
mod form;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

pub use changes::{Change, Changes};
pub use content::{Content, content, state};
pub use defaults::volatile_defaults;
pub use difference::{ContentDifference, Example, SchemaDifference};
pub use rows::{constant, explain};
pub use schema::{compare as compare_schemas, schema};
