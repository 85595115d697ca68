//! The ledger: what backfills did to a database, kept in that database. A run's cursor, counts and findings are committed
//! in the same transaction as the rows that they speak of, so that a killed process loses and repeats nothing.

mod counts;
mod run;
mod store;

pub use counts::Counts;
pub use run::{Finding, FindingKind, RunState, Work};
pub use store::{Run, begin, close, replay, save, supersede_all, unfinished};
