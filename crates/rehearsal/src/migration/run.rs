//! Migrates a real database: [`run`] takes the lock, plans and applies; [`outlook`] shows the plan without changing
//! anything. [`advance`] takes a single step, also for rehearsals and for the processes that a rehearsal kills.

use super::apply::step;
use super::error::Error;
use super::file::Migration;
use super::history::History;
use super::plan::{Goal, Step, plan};
use super::prerequisite::{Prerequisite, ready_for};
use super::status::{Applied, applied, compare};
use crate::event::{Direction, Event, Events};
use crate::layout::Tool;
use rehearsal_db::{self as db, Connection, Lock, Sharing, Target};
use std::time::Duration;

/// Locks the target and migrates it to the goal; stops at the first failed step. Returns the number of steps.
///
/// # Errors
/// Fails if the history has faults, the goal cannot be reached, a prerequisite is unfinished, or a step fails.
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
        // The process that held the lock may have applied some steps, so the plan is made under the lock.
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

/// Takes one step and records it. An up step first checks that its prerequisites are finished.
///
/// # Errors
/// [`Error::RequiresBackfill`] if a prerequisite is unfinished, [`Error::Sql`] if a statement fails; otherwise any
/// error of the connection.
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

/// Takes the exclusive lock of the target, waiting for other processes up to the target's limit.
///
/// # Errors
/// [`db::Error::Locked`] if another process still holds the lock, [`db::Error::NoDatabase`] if the database does not
/// exist.
pub(crate) async fn lock(target: &Target, events: Events<'_>) -> Result<Lock, db::Error> {
    let database = target.address.url();
    let waiting = |holder| events(Event::Waiting { database: database.clone(), holder });
    Lock::take(&target.address, Sharing::Alone, target.wait, &waiting).await
}

/// The applied migrations of a target and the steps that [`run`] would take.
#[derive(Debug)]
pub struct Outlook {
    /// The applied migrations, by version.
    pub applied: Vec<Applied>,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Outlook {
    /// Returns the first prerequisite that may keep a step from being applied, as far as this can be known before the
    /// earlier steps are taken. `None` if all are finished.
    ///
    /// # Errors
    /// Fails if a query fails.
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

/// An unfinished prerequisite of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// A backfill that cannot run yet, so the number of its units is unknown.
    Perhaps {
        /// The backfill.
        name: &'static str,
    },
    /// A backfill with units left to process.
    Surely {
        /// The backfill.
        name: &'static str,
        /// Number of units.
        units: u64,
        /// The name of one unit, in the singular.
        unit: &'static str,
    },
}

/// Plans a run without changing anything: creates no database and writes nothing.
///
/// # Errors
/// As [`run`] before its first step.
pub async fn outlook(target: &Target, goal: Goal, history: &History) -> Result<Outlook, Error> {
    let applied = look(target).await?;
    let steps = faultless_plan(history, &applied, goal)?;
    Ok(Outlook { applied, steps })
}

/// Returns the applied migrations; none if the database does not exist yet and the address would create it.
async fn look(target: &Target) -> Result<Vec<Applied>, Error> {
    let mut connection = match target.open_to_read().await {
        Ok(connection) => connection,
        Err(db::Error::NoDatabase { .. }) if target.address.creates() => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let applied = applied_by_sqlx(&mut connection).await;
    connection.close_with(applied).await
}

/// Returns the applied migrations.
///
/// # Errors
/// Fails if none is applied and another tool has recorded its own: every migration would run again.
async fn applied_by_sqlx(connection: &mut Connection) -> Result<Vec<Applied>, Error> {
    let applied = applied(connection).await?;
    if applied.is_empty() {
        for (table, tools) in Tool::tables() {
            if connection.has_table(table).await? {
                let tools = tools.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
                return Err(Error::OfAnotherTool { database: connection.address(), table, tools });
            }
        }
    }
    Ok(applied)
}

fn faultless_plan(history: &History, applied: &[Applied], goal: Goal) -> Result<Vec<Step>, Error> {
    let faults = compare(history, applied);
    if faults.is_empty() { plan(history, applied, goal) } else { Err(Error::Faults { faults }) }
}
