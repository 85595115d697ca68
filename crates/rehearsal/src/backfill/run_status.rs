//! The status of a backfill on a database: [`run_status`] says whether it can run there and how many units are pending,
//! [`last_run`] finds its last run in the ledger.

use super::error::Error;
use super::registry::AnyBackfill;
use crate::ledger::RunRecord;
use rehearsal_db::Target;

/// The status of a backfill.
#[derive(Debug, Clone, PartialEq)]
pub enum RunStatus {
    /// The first migration of its window is not applied.
    TooEarly,
    /// The migration that ends its window is applied.
    Over,
    /// The number of pending units.
    Pending(u64),
    /// No unit is pending.
    Done,
}

/// Returns the status of a backfill on a database with these migrations applied.
///
/// # Errors
/// See [`Error`].
pub async fn run_status(backfill: &dyn AnyBackfill, applied: &[i64], target: &Target) -> Result<RunStatus, Error> {
    let about = backfill.about();
    if !applied.contains(&about.from) {
        return Ok(RunStatus::TooEarly);
    }
    if about.until.is_some_and(|until| applied.contains(&until)) {
        return Ok(RunStatus::Over);
    }
    Ok(match backfill.pending(target).await? {
        0 => RunStatus::Done,
        units => RunStatus::Pending(units),
    })
}

/// Returns the last run of a backfill that processed units or is unfinished.
#[must_use]
pub fn last_run<'t>(backfill: &str, runs: &'t [RunRecord]) -> Option<&'t RunRecord> {
    let matters = |run: &&RunRecord| run.backfill == backfill && (run.counts.units > 0 || !run.state.is_over());
    runs.iter().rfind(matters)
}
