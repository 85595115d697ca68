//! Where a database stands: its migrations and backfills in one timeline.

use crate::Error;
use crate::backfill::{About, RunStatus, last_run, run_status};
use crate::ledger::{self, RunRecord};
use crate::migration::{self, Applied, Fault, State};
use crate::registry::Loaded;
use rehearsal_db::{self as db, Target};

/// The timeline, and what is wrong between it and the files.
#[derive(Debug)]
pub struct Status {
    /// Its rows, in order.
    pub rows: Vec<StatusRow>,
    /// What the files and the database disagree on.
    pub faults: Vec<Fault>,
}

/// One line of a status.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusRow {
    /// The version of a migration; of a backfill, that of the migration after which it can run.
    pub version: i64,
    /// The name.
    pub name: String,
    /// Where it stands.
    pub standpoint: Standpoint,
}

/// Where a migration or a backfill stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Standpoint {
    /// A migration.
    Migration {
        /// Whether it is applied.
        state: State,
        /// Whether it can be reverted.
        reversible: bool,
        /// The backfills that it waits for.
        requires: Vec<String>,
    },
    /// A backfill.
    Backfill {
        /// What it says of itself.
        about: About,
        /// What is left to do.
        status: RunStatus,
        /// Its last run.
        run: Option<Box<RunRecord>>,
    },
}

/// Where the target stands. Makes no database and writes nothing.
///
/// # Errors
/// What the database says.
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

/// What is applied to a database and the runs of its ledger; nothing of one that is not there yet and would be made.
///
/// # Errors
/// What the database says.
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
