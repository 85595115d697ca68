//! Control of a run by another process. [`request_control`] stores a request to pause, resume or stop in the ledger,
//! where workers read it before their next batch.

use super::error::Error;
use super::pass::Scope;
use crate::ledger::{self, By, RunRecord, RunState, Transition};
use rehearsal_db::{self as db, Connection, Lock, Sharing, Target};
use std::time::Duration;

/// A request to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlRequest {
    /// Pause after the current batch.
    Pause,
    /// Resume after a pause.
    Resume,
    /// Stop after the current batch.
    Stop,
}

impl ControlRequest {
    fn transition(self) -> Transition {
        match self {
            Self::Pause => Transition::AskToPause,
            Self::Resume => Transition::Resume,
            Self::Stop => Transition::AskToStop,
        }
    }
}

/// The result of a request to one run.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlOutcome {
    /// The run before the request.
    pub run: RunRecord,
    /// The new state; `None` if the request does not apply to the run.
    pub now: Option<RunState>,
    /// Whether a process works on the run and will see the request.
    pub activity: RunActivity,
}

/// Whether a process works on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunActivity {
    /// At least one process works on the run.
    Active,
    /// No process works on the run: the last one stopped or was killed.
    Idle,
}

/// Sends a request to the unfinished runs of a backfill in `scope`, or in any scope if `scope` is empty.
///
/// # Errors
/// Fails if the database cannot be opened or a query fails.
pub async fn request_control(
    target: &Target,
    backfill: &str,
    scope: &Scope,
    request: ControlRequest,
    by: &By,
) -> Result<Vec<ControlOutcome>, Error> {
    let activity = activity(target).await?;
    let mut connection = target.open().await?;
    let asked = request_all(&mut connection, (backfill, scope), request, activity, by).await;
    Ok(connection.close_with(asked).await?)
}

async fn request_all(
    connection: &mut Connection,
    (backfill, scope): (&str, &Scope),
    request: ControlRequest,
    in_database: RunActivity,
    by: &By,
) -> Result<Vec<ControlOutcome>, db::Error> {
    let mut asked = Vec::new();
    let matches = |run: &RunRecord| {
        run.backfill == backfill && !run.state.is_over() && (scope.0.is_empty() || run.has_scope(&scope.key()))
    };
    for mut run in ledger::run_records(connection).await?.into_iter().filter(matches) {
        connection.begin_exclusive().await?;
        ledger::complete(connection).await?;
        // The run may have ended while this process waited for the lock.
        run.state = ledger::state(connection, run.run).await?;
        let activity = match in_database {
            RunActivity::Active if connection.engine().has_one_writer() => RunActivity::Active,
            RunActivity::Active if connection.is_worked_on(run.run).await? => RunActivity::Active,
            _ => RunActivity::Idle,
        };
        let now = match (request, activity) {
            // No process would see the request.
            (ControlRequest::Stop, RunActivity::Idle) => {
                let asked = ledger::transition(connection, run.run, Transition::AskToStop, by).await?;
                ledger::finish(connection, run.run, Transition::Stop, by).await?.or(asked)
            }
            (ControlRequest::Pause, RunActivity::Idle) => None,
            _ => ledger::transition(connection, run.run, request.transition(), by).await?,
        };
        connection.commit().await?;
        asked.push(ControlOutcome { run, now, activity });
    }
    Ok(asked)
}

/// Whether a process works on the database and therefore holds its lock.
async fn activity(target: &Target) -> Result<RunActivity, Error> {
    match Lock::take(&target.address, Sharing::Alone, Duration::ZERO, &|_| {}).await {
        Ok(_) => Ok(RunActivity::Idle),
        Err(db::Error::Locked { .. }) => Ok(RunActivity::Active),
        Err(error) => Err(error.into()),
    }
}
