//! Checks of data: SQL files under `migrations/<database>/checks/`, and [`RowCheck`]s in Rust for conditions that
//! SQL cannot express. [`read`] parses the files, and [`run()`] runs all checks of a database.

mod error;
mod file;
mod preserved;
mod row;
mod run;
mod verdict;

pub use error::Error;
pub use file::{Check, Expect, Kind, check_windows, read};
pub use preserved::{Preserved, remember};
pub use row::{AnyRowCheck, RowCheck, RowCheckAbout};
pub use run::{Checked, run};
pub(crate) use run::{is_in_window, run_one};
pub use verdict::{CheckResult, MAX_OFFENDERS, Verdict, is_red};
