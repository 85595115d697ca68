//! The result of a rehearsal as one value: [`RehearsalReport`], which everything that is printed, written or returned as an
//! exit code follows from. Nothing here connects to a database, and nothing here prints.

mod code;
mod finding;
pub mod history;
mod place;
mod rehearsal_report;

pub use code::{Code, Explanation, Failures, Severity};
pub use finding::{Finding, FindingRow, Reproduce, Status};
pub use place::{Place, place_of};
pub use rehearsal_report::{Base, DatabaseReport, ProofReport, ProofStatus, RehearsalReport, VERSION};
