//! Pairs the rows of a table on both sides by the columns that identify a row ([`merge`]), in the order of these columns, so that
//! memory use does not depend on the number of rows.

use super::form::Types;
use futures_util::TryStreamExt;
use rehearsal_db::TableShape;
use rehearsal_db::{Connection, Engine, Error, Value};
use std::cmp::Ordering;

/// The most values of a missing row that are shown.
const SHOWN: usize = 5;

/// The columns of a table that both sides have, those of the key first.
#[derive(Clone)]
pub(super) struct Common {
    pub(super) table: String,
    /// The FROM clauses of both sides.
    from: (String, String),
    pub(super) columns: Vec<String>,
    pub(super) types: Vec<Types>,
    /// Number of columns that identify a row on the other side.
    pub(super) key: usize,
    /// Number of columns by which the rows are ordered: those of the key, or all if only a part of a row identifies it.
    ordered: usize,
}

impl Common {
    /// True if only the whole row identifies a row.
    pub(super) fn is_whole_row(&self) -> bool {
        self.key == self.columns.len()
    }

    /// These columns, of which the one at `at` does not identify a row.
    pub(super) fn without(&self, at: usize) -> Self {
        let (mut columns, mut types) = (self.columns.clone(), self.types.clone());
        let (column, kind) = (columns.remove(at), types.remove(at));
        columns.push(column);
        types.push(kind);
        let (table, from) = (self.table.clone(), self.from.clone());
        Self { table, from, ordered: columns.len(), columns, types, key: self.key - 1 }
    }

    /// Only the column at `at`.
    pub(super) fn only(&self, at: usize) -> Self {
        let (table, from) = (self.table.clone(), self.from.clone());
        Self { table, from, columns: vec![self.columns[at].clone()], types: vec![self.types[at]], key: 1, ordered: 1 }
    }

    /// Describes a missing row by the values that are not in its key; empty if there are none.
    pub(super) fn missing_row(&self, row: &[Value]) -> String {
        let name = |(column, value): (&String, &Value)| format!("{column} = {value}");
        let rest = self.columns.iter().zip(row).skip(self.key);
        match rest.take(SHOWN).map(name).collect::<Vec<_>>().join(", ") {
            rest if rest.is_empty() => rest,
            rest => format!("missing ({rest})"),
        }
    }

    pub(super) fn name_row(&self, row: &[Value]) -> String {
        let name = |(column, value): (&String, &Value)| format!("{column} = {value}");
        self.columns.iter().zip(row).take(self.key).map(name).collect::<Vec<_>>().join(", ")
    }
}

/// Returns the columns that both sides have, without those in `apart`.
pub(super) fn both(old: &TableShape, new: &TableShape, apart: &[(String, String)]) -> Vec<String> {
    let is_apart = |column: &String| apart.iter().any(|(table, name)| *table == old.name && name == column);
    let in_both = |column: &&String| new.columns.contains(*column) && !is_apart(column);
    old.columns.iter().filter(in_both).cloned().collect()
}

pub(super) fn common(
    engine: Engine,
    old: &TableShape,
    new: &TableShape,
    key: &[String],
    apart: &[(String, String)],
) -> Common {
    let both = both(old, new, apart);
    let key = if key.iter().all(|column| both.contains(column)) { key } else { &[] };
    let columns: Vec<String> = key.iter().chain(both.iter().filter(|column| !key.contains(column))).cloned().collect();
    let key = if key.is_empty() { columns.len() } else { key.len() };
    let kind = |shape: &TableShape, column: &String| shape.types.get(column).cloned().unwrap_or_default();
    let types = columns.iter().map(|column| Types::of(&kind(old, column), &kind(new, column))).collect();
    let from = (engine.rows_of(old), engine.rows_of(new));
    Common { table: old.name.clone(), from, columns, types, key, ordered: key }
}

/// Calls `take` with each pair of rows with the same key, and with each row that exists on one side only.
pub(super) async fn merge<F: FnMut(Option<&[Value]>, Option<&[Value]>) + Send>(
    before: &mut Connection,
    after: &mut Connection,
    common: &Common,
    take: &mut F,
) -> Result<(), Error> {
    let engine = before.engine();
    // Keys are selected in the form by which they are ordered.
    let column = |(at, name): (usize, &String)| {
        let quoted = engine.quote(name);
        if at < common.key { engine.as_text(&quoted) } else { quoted }
    };
    let columns = common.columns.iter().enumerate().map(column).collect::<Vec<_>>().join(", ");
    let keys = common.columns[..common.ordered].iter().map(|column| engine.by_bytes(&engine.quote(column)));
    let order = keys.map(|key| format!("{key} NULLS FIRST")).collect::<Vec<_>>().join(", ");
    let rows = |from: &String| format!("SELECT {columns} FROM {from} ORDER BY {order}");
    let mut lefts = before.stream(&rows(&common.from.0), &[]);
    let mut rights = after.stream(&rows(&common.from.1), &[]);
    let (mut old, mut new) = (lefts.try_next().await?, rights.try_next().await?);
    loop {
        let order = match (&old, &new) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => compare_keys(&old.values[..common.key], &new.values[..common.key]),
        };
        let old_row = old.as_ref().filter(|_| order.is_le()).map(|row| row.values.as_slice());
        let new_row = new.as_ref().filter(|_| order.is_ge()).map(|row| row.values.as_slice());
        take(old_row, new_row);
        if order.is_le() {
            old = lefts.try_next().await?;
        }
        if order.is_ge() {
            new = rights.try_next().await?;
        }
    }
}

/// Compares keys in the order that the engine sorts by: NULL, numbers, text by its bytes, blobs.
fn compare_keys(a: &[Value], b: &[Value]) -> Ordering {
    let class = |value: &Value| match value {
        Value::Null => 0,
        Value::Int(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    };
    #[expect(clippy::cast_precision_loss, reason = "an integer beyond 2^53 and a real compare as SQLite shows it")]
    let compare = |a: &Value, b: &Value| match (a, b) {
        (Value::Int(a), Value::Real(b)) => (*a as f64).total_cmp(b),
        (Value::Real(a), Value::Int(b)) => a.total_cmp(&(*b as f64)),
        (a, b) => class(a).cmp(&class(b)).then_with(|| a.partial_cmp(b).unwrap_or(Ordering::Equal)),
    };
    a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
