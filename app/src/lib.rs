//! The application: one module a system, each with pure domain functions and its own reads and writes; and what several of
//! them carry from row to row, [`json`] and [`timestamp`].
//!
//! Nothing here knows how a schema or old data is changed. Backfills call the functions of this crate, so that a row
//! which a backfill writes is the row that the app would have written itself.

pub mod json;
pub mod llama_logs;
pub mod parts;
pub mod pets;
pub mod profiles;
pub mod timestamp;
