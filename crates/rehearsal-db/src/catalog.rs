//! What the catalog of a database tells of the user's tables and other objects, in one form for all engines.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Tables with one of these prefixes are this tool's own: those of the ledger, and those of the ledger under its first name,
/// which databases may still hold.
const OWN_PREFIXES: [&str; 2] = ["_rehearsal_", "_xtask_"];

/// The table in which sqlx keeps what was applied.
pub const SQLX_TABLE: &str = "_sqlx_migrations";

/// True for a table that holds bookkeeping, not the user's data, in whatever schema it is.
#[must_use]
pub fn is_bookkeeping(table: &str) -> bool {
    let table = table.rsplit('.').next().unwrap_or(table);
    table == SQLX_TABLE || OWN_PREFIXES.iter().any(|prefix| table.starts_with(prefix))
}

/// A table of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableShape {
    /// Its name.
    pub name: String,
    /// Its columns, in order, generated ones included.
    pub columns: Vec<String>,
    /// The columns of its primary key; empty where there is none.
    pub key: Vec<String>,
    /// The type of each column, as the engine calls it.
    pub types: BTreeMap<String, String>,
    /// The columns that follow from others of their row.
    pub generated: BTreeSet<String>,
    /// Which rows are its own.
    pub extent: Extent,
}

/// Which rows are read where a table is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// Its own, and not those of tables that inherit from it, which are tables themselves.
    Own,
    /// Those of its partitions, of these names, which are not told one by one.
    Partitions(Vec<String>),
    /// Those of several tables: it is none itself.
    Together(Vec<TableShape>),
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnShape {
    /// Its name.
    pub name: String,
    /// Whether the engine computes it from others.
    pub is_generated: bool,
    /// What its values are.
    pub kind: Kind,
}

/// What the values of a column are, as far as another value can be made of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole or decimal numbers.
    Number,
    /// Texts.
    Text,
    /// UUIDs.
    Uuid,
    /// Numbers and texts, side by side.
    Any,
    /// Something else.
    Other,
}

/// Where a sequence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// The number that it will give next, should there be room for it.
    pub next: i128,
    /// Whether its numbers fall.
    pub is_falling: bool,
    /// The table that it belongs to.
    pub table: Option<String>,
}

/// A column that refers to another one by a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The table and the column that refer.
    pub from: (String, String),
    /// The table and the column that they refer to.
    pub to: (String, String),
}

/// The user's schema as a map of objects to their definitions, so that two ways to write the same thing are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// What a person calls the object (`column "Pet"."name"`), and what it is.
    pub objects: BTreeMap<String, Object>,
    /// The columns of each table, in order.
    pub columns: BTreeMap<String, Vec<String>>,
}

/// An object of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its definition, in one form for all ways to write it: what is compared.
    pub definition: String,
    /// The statement that makes it, as a person reads it.
    pub shown: String,
    /// The table that it comes and goes with; none for a table or a view itself.
    pub part_of: Option<String>,
}

impl Schema {
    /// The columns of tables, in order.
    pub fn columns_of(tables: &[TableShape]) -> BTreeMap<String, Vec<String>> {
        tables.iter().map(|table| (table.name.clone(), table.columns.clone())).collect()
    }

    /// What a table is called among the objects.
    #[must_use]
    pub fn table_label(table: &str) -> String {
        format!("table \"{table}\"")
    }
}

/// The last few things that were made from what an engine told, so that they are made once: a rehearsal comes by the same
/// states again and again.
#[derive(Debug)]
pub struct Seen<K, V>(VecDeque<(K, Arc<V>)>);

/// How many are kept: the state before a migration, the one after it, and what is in between.
const SEEN: usize = 4;

impl<K, V> Default for Seen<K, V> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<K: PartialEq, V> Seen<K, V> {
    /// The value that was last made from `told`.
    pub fn get(&self, told: &K) -> Option<Arc<V>> {
        self.0.iter().find(|(known, _)| known == told).map(|(_, made)| Arc::clone(made))
    }

    /// Remembers the value that was made from `told`, and returns it.
    pub fn put(&mut self, told: K, made: V) -> Arc<V> {
        let made = Arc::new(made);
        self.0.truncate(SEEN - 1);
        self.0.push_front((told, Arc::clone(&made)));
        made
    }
}
