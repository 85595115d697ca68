//! Acting on a run from outside: a pause, its end, or going on, which whoever works on it reads in the ledger before its next
//! batch.

use super::{Error, Scope};
use crate::ledger::{self, By, RunState, Told, Transition};
use rehearsal_db::{self as db, Connection, Lock, Sharing, Target};
use std::time::Duration;

/// What is asked of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// That it pauses.
    Pause,
    /// That it goes on.
    Resume,
    /// That it stops.
    Stop,
}

impl Wish {
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
pub struct Asked {
    /// The run as it was.
    pub run: Told,
    /// How it stands now; none where nothing came of it, because it stood otherwise.
    pub now: Option<RunState>,
    /// Whether a process works on it that will see it.
    pub at_work: AtWork,
}

/// Whether a process works on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtWork {
    /// One does, or more.
    Somebody,
    /// None does: the last one has stopped, or was killed.
    Nobody,
}

/// Asks something of the unfinished runs of a backfill, in that scope, or whatever their scope is where it is empty.
///
/// # Errors
/// What the engine said.
pub async fn ask(target: &Target, backfill: &str, scope: &Scope, wish: Wish, by: &By) -> Result<Vec<Asked>, Error> {
    let at_work = at_work(target).await?;
    let mut connection = target.open().await?;
    let asked = ask_all(&mut connection, (backfill, scope), wish, at_work, by).await;
    Ok(connection.close_with(asked).await?)
}

async fn ask_all(
    connection: &mut Connection,
    (backfill, scope): (&str, &Scope),
    wish: Wish,
    in_database: AtWork,
    by: &By,
) -> Result<Vec<Asked>, db::Error> {
    let mut asked = Vec::new();
    let is_meant = |run: &Told| {
        run.backfill == backfill && !run.state.is_over() && (scope.0.is_empty() || run.scope == *scope.key())
    };
    for run in ledger::audit(connection).await?.into_iter().filter(is_meant) {
        connection.begin_alone().await?;
        ledger::complete(connection).await?;
        let at_work = match in_database {
            AtWork::Somebody if connection.engine().has_one_writer() => AtWork::Somebody,
            AtWork::Somebody if connection.is_worked_on(run.run).await? => AtWork::Somebody,
            _ => AtWork::Nobody,
        };
        let now = match (wish, at_work) {
            // Nobody is there to see it.
            (Wish::Stop, AtWork::Nobody) => {
                let asked = ledger::transition(connection, run.run, Transition::AskToStop, by).await?;
                ledger::finish(connection, run.run, Transition::Stop, by).await?.or(asked)
            }
            (Wish::Pause, AtWork::Nobody) => None,
            _ => ledger::transition(connection, run.run, wish.transition(), by).await?,
        };
        connection.commit().await?;
        asked.push(Asked { run, now, at_work });
    }
    Ok(asked)
}

/// Whether a process works on the database: it has the lock, then.
async fn at_work(target: &Target) -> Result<AtWork, Error> {
    match Lock::take(&target.address, Sharing::Alone, Duration::ZERO, &|_| {}).await {
        Ok(_) => Ok(AtWork::Nobody),
        Err(db::Error::Locked { .. }) => Ok(AtWork::Somebody),
        Err(error) => Err(error.into()),
    }
}
