//! The status of a database: its migrations and backfills in one timeline, as `migrate --status` shows them.
//! [`status`] is the entry point; it only reads.

use crate::Error;
use crate::backfill::{About, RunStatus, last_run, run_status};
use crate::ledger::{self, RangeProgress, RunRecord};
use crate::migration::{self, Applied, Fault, State};
use crate::registry::Loaded;
use rehearsal_db::{self as db, Target};

/// The timeline of a database, and its differences from the migration files.
#[derive(Debug)]
pub struct Status {
    /// The rows, by version; a backfill comes after the migration that it starts from.
    pub rows: Vec<StatusRow>,
    /// Faults of the history, such as a file that was edited after it had been applied.
    pub faults: Vec<Fault>,
}

/// One line of a status.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusRow {
    /// The version of the migration; for a backfill, the version from which on it can run.
    pub version: i64,
    /// The name of the migration or the backfill.
    pub name: String,
    /// Its state.
    pub standpoint: Standpoint,
}

/// The state of a migration or a backfill.
#[derive(Debug, Clone, PartialEq)]
pub enum Standpoint {
    /// A migration.
    Migration {
        /// Applied or pending.
        state: State,
        /// True if there is a down file.
        reversible: bool,
        /// The backfills that must be finished before it.
        requires: Vec<String>,
    },
    /// A backfill.
    Backfill {
        /// Its description.
        about: About,
        /// The work that is left.
        status: RunStatus,
        /// Its last run. `None` if it never ran.
        run: Option<Box<RunRecord>>,
    },
}

/// Returns the status of the target. Creates no database and writes nothing.
///
/// # Errors
/// Fails if a query fails.
pub async fn status(loaded: &Loaded<'_>, target: &Target) -> Result<Status, Error> {
    let (applied, runs) = records(target).await?;
    let versions: Vec<i64> = applied.iter().map(|done| done.version).collect();
    let mut rows = Vec::new();
    for migration in &loaded.history.migrations {
        let state = match applied.iter().find(|done| done.version == migration.version) {
            Some(done) => State::Applied(done.when.clone()),
            None => State::Pending,
        };
        let (reversible, requires) = (migration.down.is_some(), migration.requires.clone());
        let standpoint = Standpoint::Migration { state, reversible, requires };
        rows.push(StatusRow { version: migration.version, name: migration.name.clone(), standpoint });
        for backfill in loaded.backfills.iter().filter(|backfill| backfill.about().from == migration.version) {
            let about = backfill.about();
            let status = run_status(*backfill, &versions, target).await?;
            let run = last_run(about.name, &runs).cloned().map(Box::new);
            let standpoint = Standpoint::Backfill { about, status, run };
            rows.push(StatusRow { version: about.from, name: about.name.to_owned(), standpoint });
        }
    }
    Ok(Status { rows, faults: migration::compare(&loaded.history, &applied) })
}

/// Returns the run of a backfill that started last, with the progress of its ranges. `None` if the ledger has none.
///
/// # Errors
/// Fails if a query fails.
pub async fn newest_run(target: &Target, backfill: &str) -> Result<Option<(RunRecord, Vec<RangeProgress>)>, Error> {
    let mut connection = target.open_to_read().await?;
    let read = ledger::newest_run(&mut connection, backfill).await;
    Ok(connection.close_with(read).await?)
}

/// Returns the applied migrations and the runs in the ledger. Both are empty if the database does not exist yet and its
/// address would create it.
///
/// # Errors
/// Fails if a query fails.
pub async fn records(target: &Target) -> Result<(Vec<Applied>, Vec<RunRecord>), Error> {
    let mut connection = match target.open_to_read().await {
        Ok(connection) => connection,
        Err(db::Error::NoDatabase { .. }) if target.address.creates() => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(error.into()),
    };
    let looked = async {
        let applied = migration::applied(&mut connection).await?;
        let runs = ledger::run_records(&mut connection).await?;
        Ok::<_, Error>((applied, runs))
    };
    let looked = looked.await;
    connection.close_with(looked).await
}
