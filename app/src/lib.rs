//! The application: one module per system ([`llama_logs`], [`parts`], [`pets`], [`profiles`]), each with pure
//! domain functions and its own reads and writes. [`json`] and [`timestamp`] are value types that several of them
//! share.
//!
//! This crate contains no migrations and no backfills. Backfills call its functions, so that a backfill writes the
//! row that the app itself would have written.

pub mod json;
pub mod llama_logs;
pub mod parts;
pub mod pets;
pub mod profiles;
pub mod timestamp;
