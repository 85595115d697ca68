//! Rows that nobody wrote: made from what the catalog tells of a table, so that a migration meets rows where nobody gave any.
//! The same schema and the same rows that are there give the same rows, on every machine.
//!
//! Values come from the types of the columns and from the literals in checks. A row is tried; which rule the database says is
//! broken tells which values are to be others.

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
pub(crate) use order::{is_required, order};
pub(crate) use profile::RowProfile;
