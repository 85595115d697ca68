//! Migrating: the one function by which a database comes to a version, for the command, for fixtures, for rehearsals and for
//! the processes that a rehearsal kills.

use super::apply::step;
use super::error::Error;
use super::file::Migration;
use super::history::History;
use super::plan::{Goal, Step, plan};
use super::prerequisite::{Prerequisite, ready_for};
use super::status::{Applied, applied, compare};
use crate::event::{Direction, Event, Events};
use rehearsal_db::{self as db, Connection, Lock, Sharing, Target};
use std::time::Duration;

/// Takes the target's lock and brings it to the goal; stops at the first step that fails. Returns how many steps it took.
///
/// # Errors
/// The faults of the history, a goal that can't be reached, a prerequisite that is not done, and whatever a step says.
pub async fn run<P: Prerequisite>(
    target: &Target,
    goal: Goal,
    history: &History,
    prerequisites: &[P],
    events: Events<'_>,
) -> Result<usize, crate::Error> {
    let _lock = lock(target, events).await?;
    let mut connection = target.open().await?;
    let work = async {
        // The process that held the lock may have done some of it.
        let steps = faultless_plan(history, &applied(&mut connection).await?, goal)?;
        if !steps.is_empty() {
            events(Event::Migrating { steps: steps.len() });
        }
        for step in &steps {
            advance(&mut connection, target, step, prerequisites, events).await?;
        }
        Ok(steps.len())
    };
    let worked = work.await;
    connection.close_with(worked).await
}

/// Takes one step, if what it requires is done, and records it.
///
/// # Errors
/// [`Error::RequiresBackfill`], [`Error::Sql`], and what the engine said.
pub async fn advance<P: Prerequisite>(
    connection: &mut Connection,
    target: &Target,
    Step { migration, direction }: &Step,
    prerequisites: &[P],
    events: Events<'_>,
) -> Result<Duration, crate::Error> {
    if *direction == Direction::Up {
        ready_for(migration, prerequisites, target).await?;
    }
    let took = step(connection, migration, *direction).await?;
    events(Event::Migrated { migration: migration.label(), direction: *direction, took });
    Ok(took)
}

/// Waits until no other process changes the target.
///
/// # Errors
/// [`db::Error::Locked`], [`db::Error::NoDatabase`].
pub(crate) async fn lock(target: &Target, events: Events<'_>) -> Result<Lock, db::Error> {
    let database = target.address.url();
    let waiting = |holder| events(Event::Waiting { database: database.clone(), holder });
    Lock::take(&target.address, Sharing::Alone, target.wait, &waiting).await
}

/// What is applied to a target, and the steps that [`run`] would take. Makes no database and writes nothing.
#[derive(Debug)]
pub struct Outlook {
    /// What is applied.
    pub applied: Vec<Applied>,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Outlook {
    /// What a step would wait for, as far as that can be known before the steps ahead of it are taken.
    ///
    /// # Errors
    /// What the database says.
    pub async fn waits_for<P: Prerequisite>(
        &self,
        migration: &Migration,
        prerequisites: &[P],
        target: &Target,
    ) -> Result<Option<Wait>, crate::Error> {
        for prerequisite in prerequisites.iter().filter(|one| one.is_for(migration)) {
            let name = prerequisite.name();
            if !self.applied.iter().any(|done| done.version == prerequisite.from()) {
                return Ok(Some(Wait::Perhaps { name }));
            }
            let units = prerequisite.pending(target).await?;
            if units > 0 {
                return Ok(Some(Wait::Surely { name, units, unit: prerequisite.unit() }));
            }
        }
        Ok(None)
    }
}

/// What a migration would wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// For a backfill that can't run yet, if it turns out to have anything to do.
    Perhaps {
        /// The backfill.
        name: &'static str,
    },
    /// For a backfill that has something to do.
    Surely {
        /// The backfill.
        name: &'static str,
        /// How many units.
        units: u64,
        /// What one of them is called.
        unit: &'static str,
    },
}

/// Looks at a target before anything is done: a goal that can't be reached leaves nothing behind.
///
/// # Errors
/// As [`run`] before its first step.
pub async fn outlook(target: &Target, goal: Goal, history: &History) -> Result<Outlook, Error> {
    let applied = look(target).await?;
    let steps = faultless_plan(history, &applied, goal)?;
    Ok(Outlook { applied, steps })
}

/// What is applied to the target; nothing to one that is not there yet and would be made.
async fn look(target: &Target) -> Result<Vec<Applied>, Error> {
    let mut connection = match target.open_to_read().await {
        Ok(connection) => connection,
        Err(db::Error::NoDatabase { .. }) if target.address.creates() => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let applied = applied(&mut connection).await;
    connection.close_with(applied).await
}

fn faultless_plan(history: &History, applied: &[Applied], goal: Goal) -> Result<Vec<Step>, Error> {
    let faults = compare(history, applied);
    if faults.is_empty() { plan(history, applied, goal) } else { Err(Error::Faults { faults }) }
}
