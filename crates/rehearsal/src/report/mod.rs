//! The result of a rehearsal as one value, [`RehearsalReport`]: all output and the exit code are derived from it.
//! This module neither connects to a database nor prints.

mod backfill_run;
mod code;
mod finding;
pub mod history;
mod migration_run;
mod place;
mod rehearsal_report;
mod reporter;
mod rows;

pub use backfill_run::{BackfillRun, BatchPoint, Observer, PassMode, PassState};
pub use code::{Code, Explanation, Failures, Severity};
pub use finding::{Finding, FindingRow, Reproduce, Status};
pub use migration_run::MigrationRun;
pub use place::{Place, place_of};
pub use rehearsal_report::{Base, Command, DatabaseReport, ProofReport, ProofStatus, RehearsalReport, VERSION};
pub use reporter::Reporter;
