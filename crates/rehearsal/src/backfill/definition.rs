//! The API for authors of backfills: the trait [`Backfill`] and the types that its methods take and return.

use super::findings::{Findings, Reject};
use super::pass::Effect;
use crate::ledger::{Json, UndoNotes};
use rehearsal_db::{Driver, UnitOrder};
use sqlx::{Database, FromRow};
use std::collections::BTreeMap;

/// Describes a backfill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Its name on the command line.
    pub name: &'static str,
    /// The name of its database.
    pub database: &'static str,
    /// The noun for one unit (`pet`).
    pub unit: &'static str,
    /// The first migration version at which it can run: the one that adds the columns or tables that it fills.
    pub from: i64,
    /// The version from which it can no longer run: the one that drops the data that it reads. `None` if there is
    /// none yet.
    pub until: Option<i64>,
    /// The columns of its units that can limit a run (`--scope id=…`).
    pub scopes: &'static [&'static str],
    /// Whether it has an undo.
    pub undo: Undo,
}

impl About {
    /// Describes a backfill without `until`, scopes and undo. Add those with
    /// `About { undo: Undo::Written, ..About::new(…) }`.
    #[must_use]
    pub const fn new(name: &'static str, database: &'static str, unit: &'static str, from: i64) -> Self {
        Self { name, database, unit, from, until: None, scopes: &[], undo: Undo::Absent }
    }
}

/// Whether a backfill has an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// [`Backfill::undo`] is implemented.
    Written,
    /// The backfill cannot be undone, or its undo is not implemented.
    Absent,
}

/// A table and the privileges needed on it.
pub type Privilege = (&'static str, &'static [&'static str]);

/// A data change.
///
/// The library reads units in [their order](Self::order), transforms each one, and calls [`Self::write`] with the
/// outputs of a batch. The rows of a batch are committed together with the ledger's cursor and counts.
///
/// ```
/// use rehearsal::backfill::{About, Backfill, Findings, Reject, Written};
/// use sqlx::sqlite::{Sqlite, SqliteConnection};
///
/// struct Slugs;
///
/// #[derive(rehearsal::FromRow)]
/// struct Book {
///     cursor: i64,
///     title: String,
/// }
///
/// impl Backfill for Slugs {
///     type Db = Sqlite;
///     type Unit = Book;
///     type Output = (i64, String);
///
///     fn about(&self) -> About {
///         About::new("slugs", "bookshop", "book", 20_250_301_090_000)
///     }
///
///     fn units(&self) -> &'static str {
///         r#"SELECT books.id AS "cursor", books.slug IS NULL AS "pending", books.title FROM books"#
///     }
///
///     fn id(&self, book: &Book) -> String {
///         book.cursor.to_string()
///     }
///
///     fn transform(&self, book: &Book, _: &mut Findings) -> Result<(i64, String), Reject> {
///         Ok((book.cursor, book.title.to_lowercase().replace(' ', "-")))
///     }
///
///     async fn write(&self, connection: &mut SqliteConnection, slugs: &[(i64, String)]) -> Result<Written, sqlx::Error> {
///         let mut rows = 0;
///         for (id, slug) in slugs {
///             let update = "UPDATE books SET slug = $1 WHERE id = $2 AND slug IS NULL";
///             rows += sqlx::query(update).bind(slug).bind(id).execute(&mut *connection).await?.rows_affected();
///         }
///         Ok(rows.into())
///     }
/// }
///
/// let book = Book { cursor: 7, title: "The Hobbit".to_owned() };
/// let slug = Slugs.transform(&book, &mut Findings::default()).map_err(|reject| reject.why);
/// assert_eq!(slug, Ok((7, "the-hobbit".to_owned())));
/// ```
pub trait Backfill: Send + Sync + 'static {
    /// The sqlx database type: `sqlx::Sqlite`.
    type Db: Driver;
    /// One unit: a row of [`Self::units`].
    type Unit: for<'r> FromRow<'r, <Self::Db as Database>::Row> + Send + Sync + Unpin + 'static;
    /// The transformed unit.
    type Output: Send + Sync + 'static;

    /// Name, database, window.
    fn about(&self) -> About;

    /// All units, as one SELECT without ORDER BY or parameters. The column `"cursor"` is the key by which units are
    /// ordered (on SQLite the rowid); `"pending"` is true if the unit has to be processed. The library adds paging
    /// and scopes.
    fn units(&self) -> &'static str;

    /// The order in which units are read. [`UnitOrder::Place`] is for PostgreSQL: with it, a batch updates one block of
    /// its table after the other, which makes a backfill of a table with random keys about twice as fast (measured by
    /// `cargo bench --bench llama_logs`). [`Self::units`] then has a column `"place"`, besides `"cursor"`. If another
    /// session updates a pending row, its place changes. Before the run ends, it searches for such rows up to three times;
    /// the next run processes the rest.
    fn order(&self) -> UnitOrder {
        UnitOrder::Key
    }

    /// The id of a unit, for findings and reports.
    fn id(&self, unit: &Self::Unit) -> String;

    /// Transforms a unit with the app's own function. Must be pure: the same unit always gives the same
    /// result, on any machine.
    ///
    /// # Errors
    /// A [`Reject`] if the unit cannot be transformed. It stops an execution before its batch is written.
    fn transform(&self, unit: &Self::Unit, findings: &mut Findings) -> Result<Self::Output, Reject>;

    /// The log line of a unit; its id by default.
    fn describe(&self, unit: &Self::Unit, _output: &Self::Output) -> String {
        self.id(unit)
    }

    /// How many rows [`Self::write`] writes for an output if no other session wrote them first.
    fn rows(&self, _output: &Self::Output) -> u64 {
        1
    }

    /// The tables that a pass reads and writes, with the privileges needed on each (`SELECT`, `INSERT`). They are
    /// checked before anything is written.
    fn privileges(&self, _effect: Effect) -> &'static [Privilege] {
        &[]
    }

    /// A SELECT of `key` (NULL for values without a key) and `n`, the number of old values with that key, in pending
    /// units and in rows that belong to no unit. A rehearsal compares it with the [`Findings::reconciliation`] of
    /// [`Self::transform`].
    fn source_counts(&self) -> Option<&'static str> {
        None
    }

    /// A SELECT of `key` and `detail`: old rows that belong to no unit. A run over all units records each of them as
    /// skipped under its key.
    fn orphans(&self) -> Option<&'static str> {
        None
    }

    /// Whether an error of [`Self::write`] means that another session changed the units after they were read. The
    /// batch is then read again.
    fn is_overtaken(&self, _error: &sqlx::Error) -> bool {
        false
    }

    /// Writes a batch with as few statements as possible. A guard in each statement leaves rows unchanged that another
    /// session filled concurrently. Returns the number of rows written (`rows.into()`) and the data that undo needs
    /// ([`Written::notes`]).
    fn write(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        outputs: &[Self::Output],
    ) -> impl Future<Output = Result<Written, sqlx::Error>> + Send;

    /// Reverts [`Self::write`] for these units with one statement per table. `notes` contains the notes that `write`
    /// returned for them. Required if [`About::undo`] is [`Undo::Written`].
    fn undo(
        &self,
        _connection: &mut <Self::Db as Database>::Connection,
        _units: &[Self::Unit],
        _notes: &UndoNotes,
    ) -> impl Future<Output = Result<Undone, sqlx::Error>> + Send {
        async { Err(sqlx::Error::Protocol("`about` declares an undo, but `undo` is not implemented".to_owned())) }
    }
}

/// The result of [`Backfill::write`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows written.
    pub rows: u64,
    /// The data that undo needs and the database does not contain otherwise, such as a replaced value, by the id of
    /// the changed unit. The ledger stores it in the transaction of the batch and passes it to [`Backfill::undo`].
    /// `None` removes the note of an earlier change of the unit. Units that did not change or never have a note need
    /// no entry.
    pub notes: BTreeMap<String, Option<Json>>,
}

impl From<u64> for Written {
    /// Rows written, without notes.
    fn from(rows: u64) -> Self {
        Self { rows, notes: BTreeMap::new() }
    }
}

/// The result of [`Backfill::undo`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    /// Rows changed.
    pub rows: u64,
    /// Written rows that were left unchanged, because other rows refer to them.
    pub unchanged: u64,
}

impl From<u64> for Undone {
    /// Rows changed, with none left unchanged.
    fn from(rows: u64) -> Self {
        Self { rows, unchanged: 0 }
    }
}
