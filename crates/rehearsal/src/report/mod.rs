//! The result of a rehearsal as one value, [`RehearsalReport`]: all output and the exit code are derived from it.
//! This module neither connects to a database nor prints.

mod code;
mod finding;
pub mod history;
mod place;
mod rehearsal_report;

pub use code::{Code, Explanation, Failures, Severity};
pub use finding::{Finding, FindingRow, Reproduce, Status};
pub use place::{Place, place_of};
pub use rehearsal_report::{Base, DatabaseReport, ProofReport, ProofStatus, RehearsalReport, VERSION};
