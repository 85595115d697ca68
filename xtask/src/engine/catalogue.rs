//! What the catalogue of a database tells of the user's tables and other objects, in one form for all engines.

use std::collections::BTreeMap;

/// Tables of this prefix are this tool's own.
const OWN_PREFIX: &str = "_xtask_";

/// The table in which sqlx keeps what was applied.
pub const SQLX_TABLE: &str = "_sqlx_migrations";

/// True for a table that holds bookkeeping, not the user's data, in whatever schema it is.
#[must_use]
pub fn is_bookkeeping(table: &str) -> bool {
    let table = table.rsplit('.').next().unwrap_or(table);
    table == SQLX_TABLE || table.starts_with(OWN_PREFIX)
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
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnShape {
    /// Its name.
    pub(crate) name: String,
    /// Whether the engine computes it from others.
    pub(crate) is_generated: bool,
    /// What its values are.
    pub(crate) kind: Kind,
}

/// What the values of a column are, as far as another value can be made of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
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
    /// Its definition, in one form for all ways to write it.
    pub definition: String,
    /// The table that it comes and goes with; none for a table or a view itself.
    pub part_of: Option<String>,
}

impl Schema {
    /// What a table is called among the objects.
    #[must_use]
    pub fn table_label(table: &str) -> String {
        format!("table \"{table}\"")
    }
}
