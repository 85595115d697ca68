//! Acting on a run from outside: a pause, its end, or going on, which whoever works on it reads in the ledger before its next
//! batch.

use super::error::Error;
use super::pass::Scope;
use crate::ledger::{self, By, RunRecord, RunState, Transition};
use rehearsal_db::{self as db, Connection, Lock, Sharing, Target};
use std::time::Duration;

/// What is asked of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlRequest {
    /// That it pauses.
    Pause,
    /// That it goes on.
    Resume,
    /// That it stops.
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

/// A run of which something was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlOutcome {
    /// The run as it was.
    pub run: RunRecord,
    /// How it stands now; none where nothing came of it, because it stood otherwise.
    pub now: Option<RunState>,
    /// Whether a process works on it that will see it.
    pub activity: RunActivity,
}

/// Whether a process works on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunActivity {
    /// One does, or more.
    Active,
    /// None does: the last one has stopped, or was killed.
    Idle,
}

/// Asks something of the unfinished runs of a backfill, in that scope, or whatever their scope is where it is empty.
///
/// # Errors
/// What the engine said.
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
    let is_meant = |run: &RunRecord| {
        run.backfill == backfill && !run.state.is_over() && (scope.0.is_empty() || run.scope == *scope.key())
    };
    for run in ledger::run_records(connection).await?.into_iter().filter(is_meant) {
        connection.begin_alone().await?;
        ledger::complete(connection).await?;
        let activity = match in_database {
            RunActivity::Active if connection.engine().has_one_writer() => RunActivity::Active,
            RunActivity::Active if connection.is_worked_on(run.run).await? => RunActivity::Active,
            _ => RunActivity::Idle,
        };
        let now = match (request, activity) {
            // Nobody is there to see it.
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

/// Whether a process works on the database: it has the lock, then.
async fn activity(target: &Target) -> Result<RunActivity, Error> {
    match Lock::take(&target.address, Sharing::Alone, Duration::ZERO, &|_| {}).await {
        Ok(_) => Ok(RunActivity::Idle),
        Err(db::Error::Locked { .. }) => Ok(RunActivity::Active),
        Err(error) => Err(error.into()),
    }
}
