//! Compares the schema and the content of two databases, or of one database at two times, and names each difference.
//! [`state`] reads both; [`compare_schemas`] and [`Content::compare`] compare them by cheap digests. [`explain`] then
//! reads the rows, only of tables whose digests differ.

mod changes;
mod content;
mod defaults;
mod difference;
mod families;
mod form;
mod pairs;
mod rows;
mod schema;
#[cfg(test)]
mod tests;
mod unkeyed;

pub use changes::{Change, Changes};
pub use content::{Content, content, state};
pub use defaults::volatile_defaults;
pub use difference::{ContentDifference, Example, SchemaDifference};
pub use rows::{constant, explain};
pub use schema::{compare as compare_schemas, schema};
