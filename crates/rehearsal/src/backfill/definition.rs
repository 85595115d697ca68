//! What the author of a backfill writes: the trait [`Backfill`] and what its methods take and return.

use super::findings::{Findings, Reject};
use super::pass::Effect;
use crate::ledger::{Json, UndoNotes};
use rehearsal_db::Driver;
use sqlx::{Database, FromRow};
use std::collections::BTreeMap;

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

impl About {
    /// A backfill without an end of its window, without scopes and without an undo: `About { undo: Undo::Written, ..About::new(…) }`
    /// says what it has beyond that.
    #[must_use]
    pub const fn new(name: &'static str, database: &'static str, unit: &'static str, from: i64) -> Self {
        Self { name, database, unit, from, until: None, scopes: &[], undo: Undo::Absent }
    }
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

    /// A line of log about a unit: its id, where nothing else is said.
    fn describe(&self, unit: &Self::Unit, _output: &Self::Output) -> String {
        self.id(unit)
    }

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

    /// Writes a batch, set-wise: one statement a table, guarded so that a row that another session filled meanwhile stays
    /// unchanged. Returns how many rows it wrote (`rows.into()`), and what an undo will need to know ([`Written::notes`]).
    fn write(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        outputs: &[Self::Output],
    ) -> impl Future<Output = Result<Written, sqlx::Error>> + Send;

    /// Takes back what [`Self::write`] did for these units, set-wise, with the notes that it left of them. Needed where
    /// [`About::undo`] says that it is written.
    fn undo(
        &self,
        _connection: &mut <Self::Db as Database>::Connection,
        _units: &[Self::Unit],
        _notes: &UndoNotes,
    ) -> impl Future<Output = Result<Undone, sqlx::Error>> + Send {
        async { Err(sqlx::Error::Protocol("`undo` is declared as written, and is not".to_owned())) }
    }
}

/// What a write did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// How many rows it wrote.
    pub rows: u64,
    /// By the id of a unit that was changed: what an undo needs to know and finds nowhere else, such as a value that was
    /// replaced. The ledger keeps it in the transaction of the batch and gives it to [`Backfill::undo`]. `None` removes the note
    /// of an earlier change of the unit. Nothing is needed for a unit that was not changed, or that never has a note.
    pub notes: BTreeMap<String, Option<Json>>,
}

impl From<u64> for Written {
    /// So many rows, of which an undo needs to know nothing.
    fn from(rows: u64) -> Self {
        Self { rows, notes: BTreeMap::new() }
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
