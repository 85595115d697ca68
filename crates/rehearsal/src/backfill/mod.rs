//! Data changes written in Rust. An author writes a [`Backfill`]; everything else (the loop, paging, transactions, the
//! ledger, progress, reports) is the engine's.

mod batch_size;
mod control;
mod error;
mod findings;
mod one_shot;
mod parent_child;
mod pass;
mod read;
mod required;
mod resumable;
mod retry_events;
mod run;
mod run_status;
mod spool;
#[cfg(test)]
mod tests;
mod throttle;
mod work;
mod worker;
mod worker_pool;

pub use control::{ControlOutcome, ControlRequest, RunActivity, request_control};
pub use error::Error;
pub use findings::{Findings, Reject};
use parent_child::Registered;
pub use parent_child::{ParentChild, ParentChildBackfill};
pub(crate) use pass::Units;
pub use pass::{DEFAULT_AIM, DEFAULT_BATCH, Effect, Ending, Fault, Lines, Outcome, Pass, Scope, Stop};
pub use required::ready_for;
pub use run::run;
pub use run_status::{RunStatus, last_run, run_status};

use crate::event::Events;
use futures_util::future::BoxFuture;
use rehearsal_db::{Driver, Engine, Target};
use sqlx::{Database, FromRow};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// What a backfill says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Its name, as it is typed.
    pub name: &'static str,
    /// The database that it works on.
    pub database: &'static str,
    /// What one unit is called (`pet`).
    pub unit: &'static str,
    /// The first migration version at which it can run: the one that adds what it fills.
    pub from: i64,
    /// The version at which it can run no more: the one that drops what it reads. None while there is none.
    pub until: Option<i64>,
    /// The columns of its units by which a run may be narrowed (`--scope id=…`).
    pub scopes: &'static [&'static str],
    /// Whether it can take back what it did.
    pub undo: Undo,
}

/// Whether a backfill can take back what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// [`Backfill::undo`] is written.
    Written,
    /// It can't, or nobody wrote it.
    Absent,
}

/// A table, and the privileges that are needed on it.
pub type Privilege = (&'static str, &'static [&'static str]);

/// A data change.
///
/// The engine reads units in key order, transforms each, and has the outputs of a batch written in one transaction
/// together with the ledger's cursor and counts.
pub trait Backfill: Send + Sync + 'static {
    /// The sqlx database type: `sqlx::Sqlite`.
    type Db: Driver;
    /// One unit, as the columns of [`Self::units`] give it.
    type Unit: for<'r> FromRow<'r, <Self::Db as Database>::Row> + Send + Sync + Unpin + 'static;
    /// What a unit becomes.
    type Output: Send + Sync + 'static;

    /// Name, database, window.
    fn about(&self) -> About;

    /// All units, as one SELECT without ORDER BY or parameters. The column `"cursor"` is the place of a unit in the
    /// order of reading (on SQLite the rowid), `"pending"` tells whether the unit is still to be done. The engine adds
    /// paging and scopes.
    fn units(&self) -> &'static str;

    /// The unit's id, for findings and reports.
    fn id(&self, unit: &Self::Unit) -> String;

    /// What the unit becomes: pure, the same for the same unit at any time and on any machine, and the app's own function.
    ///
    /// # Errors
    /// A [`Reject`] where the unit can't be transformed; that stops an execution before its batch is written.
    fn transform(&self, unit: &Self::Unit, findings: &mut Findings) -> Result<Self::Output, Reject>;

    /// A line of log about a unit.
    fn describe(&self, unit: &Self::Unit, output: &Self::Output) -> String;

    /// How many rows [`Self::write`] writes for an output, when nobody else was there first.
    fn rows(&self, _output: &Self::Output) -> u64 {
        1
    }

    /// The tables that a pass reads and writes, each with the privileges that this takes (`SELECT`, `INSERT`): found out
    /// before anything is written.
    fn privileges(&self, _effect: Effect) -> &'static [Privilege] {
        &[]
    }

    /// A SELECT of `key` (NULL for values without one) and `n`: how many values of each key there are in the old form, of
    /// the pending units and of none, counted by the database. A rehearsal holds it against what [`Self::transform`]
    /// entered in [`Findings::reconciliation`].
    fn source_counts(&self) -> Option<&'static str> {
        None
    }

    /// A SELECT of `key` and `detail`: the rows of the old form that belong to no unit. A run over all units records
    /// each as skipped, under that key.
    fn orphans(&self) -> Option<&'static str> {
        None
    }

    /// Whether an error of [`Self::write`] means that somebody changed what the outputs were made of, so that read anew they
    /// would be others.
    fn is_overtaken(&self, _error: &sqlx::Error) -> bool {
        false
    }

    /// Writes a batch, set-wise: one statement a table, guarded so that a row that somebody else filled meanwhile is left
    /// alone. Returns how many rows it wrote.
    fn write(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        outputs: &[Self::Output],
    ) -> impl Future<Output = Result<u64, sqlx::Error>> + Send;

    /// Takes back what [`Self::write`] did for these units, set-wise. Needed where [`About::undo`] says that it is written.
    fn undo(
        &self,
        _connection: &mut <Self::Db as Database>::Connection,
        _units: &[Self::Unit],
    ) -> impl Future<Output = Result<Undone, sqlx::Error>> + Send {
        async { Err(sqlx::Error::Protocol("`undo` is declared as written, and is not".to_owned())) }
    }
}

/// What an undo did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    /// How many rows it changed.
    pub rows: u64,
    /// How many of the rows that were written it had to leave, for something refers to them.
    pub unchanged: u64,
}

impl From<u64> for Undone {
    /// So many rows, and none was left.
    fn from(rows: u64) -> Self {
        Self { rows, unchanged: 0 }
    }
}

/// How many old values of each key there are, as the database counts them; under none are those without a key.
pub type Counted = BTreeMap<Option<String>, u64>;

/// A [`Backfill`] of any database and unit type, as a registry keeps it.
pub trait AnyBackfill: Send + Sync {
    /// Name, database, window.
    fn about(&self) -> About;
    /// The engine that its statements are written for.
    fn engine(&self) -> Engine;
    /// Its relation of units ([`Backfill::units`]).
    fn relation(&self) -> &'static str;
    /// True where the database can count the old values ([`Backfill::source_counts`]).
    fn has_source_counts(&self) -> bool;
    /// How many old values of each key the pending units have, where the database can count them.
    fn count_source<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Option<Counted>, Error>>;
    /// Scopes of single pending units, of as many as asked for where there are so many; none where it accepts no scope.
    fn scopes<'a>(&'a self, target: &'a Target, units: u32) -> BoxFuture<'a, Result<Vec<Scope>, Error>>;
    /// Refuses what can't be run against the target.
    fn check<'a>(&'a self, target: &'a Target, pass: &'a Pass) -> BoxFuture<'a, Result<(), Error>>;
    /// How many units are still to be done.
    fn pending<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<u64, Error>>;
    /// Makes one pass over its units.
    fn run<'a>(
        &'a self,
        target: &'a Target,
        pass: &'a Pass,
        events: Events<'a>,
    ) -> BoxFuture<'a, Result<Outcome, Error>>;
}

impl<R: Registered> AnyBackfill for R {
    fn about(&self) -> About {
        Backfill::about(self.backfill())
    }

    fn engine(&self) -> Engine {
        <R::Backfill as Backfill>::Db::ENGINE
    }

    fn relation(&self) -> &'static str {
        self.backfill().units()
    }

    fn has_source_counts(&self) -> bool {
        self.backfill().source_counts().is_some()
    }

    fn count_source<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Option<Counted>, Error>> {
        Box::pin(run::count_source(self.backfill(), target))
    }

    fn scopes<'a>(&'a self, target: &'a Target, units: u32) -> BoxFuture<'a, Result<Vec<Scope>, Error>> {
        Box::pin(run::scopes(self.backfill(), target, units))
    }

    fn check<'a>(&'a self, target: &'a Target, pass: &'a Pass) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(run::check(self.backfill(), target, pass))
    }

    fn pending<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(run::pending(self.backfill(), target))
    }

    fn run<'a>(
        &'a self,
        target: &'a Target,
        pass: &'a Pass,
        events: Events<'a>,
    ) -> BoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(run::run_from::<_, R::ChildSource>(self.backfill(), target, pass, events))
    }
}
