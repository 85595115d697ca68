//! Verification queries: SQL files under `migrations/<database>/checks/`, and row checks in Rust for what SQL can't say.

mod error;
mod file;
mod row;
mod run;

pub use error::Error;
pub use file::{Check, Expect, Kind, check_windows, read};
pub use row::{AnyRowCheck, RowCheck, RowCheckAbout};
pub use run::{CheckResult, MAX_OFFENDERS, Verdict, is_red, run_all};
