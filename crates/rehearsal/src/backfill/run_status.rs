//! How a backfill stands on a database: whether it can run there, what is left to do, and what the ledger has of it.

use super::error::Error;
use super::registry::AnyBackfill;
use crate::ledger::RunRecord;
use rehearsal_db::Target;

/// How a backfill stands.
#[derive(Debug, Clone, PartialEq)]
pub enum RunStatus {
    /// The migration that adds what it fills is not applied.
    TooEarly,
    /// The migration that drops what it reads is applied.
    Over,
    /// So many units are to be done.
    Pending(u64),
    /// None is.
    Done,
}

/// How it stands where these versions are applied.
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

/// The last run of a backfill that changed rows or is under way.
#[must_use]
pub fn last_run<'t>(backfill: &str, runs: &'t [RunRecord]) -> Option<&'t RunRecord> {
    let matters = |run: &&RunRecord| run.backfill == backfill && (run.counts.units > 0 || !run.state.is_over());
    runs.iter().rfind(matters)
}
