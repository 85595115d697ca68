//! The ledger: what backfills did to a database, kept in that database. A run's cursor, counts and findings are committed
//! in the same transaction as the rows that they speak of, so that a killed process loses and repeats nothing.

mod accounts;
mod counts;
mod finding;
mod json;
mod run;
mod store;

pub use accounts::{Account, Accounts, Fate};
pub use counts::Counts;
pub use finding::{Finding, FindingKind, Sighting};
pub use json::Json;
pub use run::{RunState, Work};
pub use store::{Run, begin, close, keep, lacking, replay, save, supersede_all, unfinished};
