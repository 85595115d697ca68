//! The catalog of a database in one form for all engines: tables, columns, sequences, foreign keys and the whole
//! [`Schema`]. The engines fill these types; comparisons and proofs read them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Prefixes of the tables that this library creates: its ledger, and the ledger under its former name, which older
/// databases may still have.
const OWN_PREFIXES: [&str; 2] = ["_rehearsal_", "_xtask_"];

/// The table in which sqlx records the applied migrations.
pub const SQLX_TABLE: &str = "_sqlx_migrations";

/// True for a bookkeeping table, which contains no user data, in any schema.
#[must_use]
pub fn is_bookkeeping(table: &str) -> bool {
    let table = table.rsplit('.').next().unwrap_or(table);
    table == SQLX_TABLE || OWN_PREFIXES.iter().any(|prefix| table.starts_with(prefix))
}

/// A user table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableShape {
    /// Its name, with the schema on PostgreSQL unless that is `public`.
    pub name: String,
    /// Its columns in order, including generated ones.
    pub columns: Vec<String>,
    /// The columns of its primary key; empty if there is none.
    pub key: Vec<String>,
    /// The type of each column, as the database reports it.
    pub types: BTreeMap<String, String>,
    /// The generated columns, which follow from other columns of the row.
    pub generated: BTreeSet<String>,
    /// Which rows belong to it.
    pub extent: Extent,
}

/// Which rows a query on the table reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// Only its own: tables that inherit from it are listed separately.
    Own,
    /// The rows of all partitions, which have these names and are not listed separately.
    Partitions(Vec<String>),
    /// The rows of several tables; this one has none.
    Together(Vec<TableShape>),
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnShape {
    /// Its name.
    pub name: String,
    /// Whether the engine computes it from other columns.
    pub is_generated: bool,
    /// The kind of its values.
    pub kind: Kind,
}

/// The kind of a column's values: how another, distinct value can be derived from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Integers or decimals.
    Number,
    /// Text.
    Text,
    /// UUIDs.
    Uuid,
    /// Numbers and text in the same column.
    Any,
    /// Something else.
    Other,
}

/// The state of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// The next number, even if it is beyond the limit of the sequence.
    pub next: i128,
    /// Whether the sequence is descending.
    pub is_falling: bool,
    /// The table whose column owns it.
    pub table: Option<String>,
}

/// A counter that numbers the rows of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// The table.
    pub table: String,
    /// The numbered column.
    pub column: String,
    /// The name of the counter in messages: `sequence toy_id_seq`.
    pub name: String,
    /// The next number.
    pub next: i128,
    /// The greatest number in the column; `None` if it has none.
    pub greatest: Option<i128>,
    /// Whether a number may be given again after its row was deleted.
    pub reuse: Reuse,
    /// The statement that puts the counter behind the greatest number.
    pub catch_up: String,
    /// The last number of the counter and the statement that raises it, if the column could have greater numbers.
    pub narrow: Option<(i128, String)>,
}

/// Whether a counter may give a number twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// Nothing prevents it.
    Allowed,
    /// The counter promises not to.
    Never,
}

/// Rows that violate a constraint which the engine has not checked, and which it refuses to update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The constraint.
    pub constraint: String,
    /// Its table.
    pub table: String,
    /// The number of rows.
    pub rows: i64,
    /// The number of all rows of the table.
    pub of: i64,
}

/// Something that the engine derives from rows and stores, and that differs from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// What it is, with its name: `materialized view "totals"`.
    pub object: String,
    /// Its name.
    pub name: String,
    /// How it differs.
    pub why: String,
    /// The statement that derives it again.
    pub refresh: String,
}

/// What a role may do with the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowAccess {
    /// Read them.
    See,
    /// Update or delete them.
    Change,
}

/// How many rows of a table a role sees or can change that has the privilege to do so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRows {
    /// The role.
    pub role: String,
    /// What the rows are counted for.
    pub access: RowAccess,
    /// The table.
    pub table: String,
    /// The number of rows; `None` if it has no access to the table.
    pub sees: Option<i64>,
    /// The number of all rows.
    pub of: i64,
    /// Whether row-level security gives the role no row, because no policy is for it.
    pub has_no_policy: bool,
}

/// A column that refers to another one by a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The referencing table and column.
    pub from: (String, String),
    /// The referenced table and column.
    pub to: (String, String),
    /// What happens to the referencing rows when their row is deleted.
    pub on_delete: OnDelete,
}

/// What a foreign key does when a referenced row is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// The referencing rows are deleted, too.
    Cascade,
    /// They stay, or the deletion fails.
    Other,
}

/// The user's schema as a map from objects to definitions. Different spellings of one definition are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// Each object by its label (`column "Pet"."name"`).
    pub objects: BTreeMap<String, Object>,
    /// The columns of each table, in order.
    pub columns: BTreeMap<String, Vec<String>>,
}

/// An object of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its definition in normal form, for comparison.
    pub definition: String,
    /// The statement that creates it, for messages.
    pub shown: String,
    /// The table that it is dropped with; `None` for a table or a view.
    pub part_of: Option<String>,
}

impl Schema {
    /// The columns of each table, in order.
    pub fn columns_of(tables: &[TableShape]) -> BTreeMap<String, Vec<String>> {
        tables.iter().map(|table| (table.name.clone(), table.columns.clone())).collect()
    }

    /// The label of a table among the objects.
    #[must_use]
    pub fn table_label(table: &str) -> String {
        format!("table \"{table}\"")
    }
}

/// A cache of the values that were last derived from catalog answers. A rehearsal returns to the same states again and
/// again.
#[derive(Debug)]
pub struct Seen<K, V>(VecDeque<(K, Arc<V>)>);

/// The capacity: the state before a migration, the state after it, and two in between.
const SEEN: usize = 4;

impl<K, V> Default for Seen<K, V> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<K: PartialEq, V> Seen<K, V> {
    /// Returns the value that was derived from `answer`, if it is cached.
    pub fn get(&self, answer: &K) -> Option<Arc<V>> {
        self.0.iter().find(|(known, _)| known == answer).map(|(_, made)| Arc::clone(made))
    }

    /// Caches the value that was derived from `answer`, and returns it.
    pub fn put(&mut self, answer: K, made: V) -> Arc<V> {
        let made = Arc::new(made);
        self.0.truncate(SEEN - 1);
        self.0.push_front((answer, Arc::clone(&made)));
        made
    }
}
