//! Looks at the rows of two databases where their digests differ: which rows, what was there, what is there now. Both
//! sides are read side by side in key order, so that memory does not grow with the tables.

use super::difference::{ContentDifference, Example};
use crate::engine::TableShape;
use crate::engine::{Connection, Error, Value};
use futures_util::TryStreamExt;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// How many rows are shown of each difference.
const MAX_EXAMPLES: usize = 3;

/// Replaces what `differences` say of rows and values by what the rows themselves tell: how many are gone, new and changed
/// in each column, with examples. `volatile` columns, as `(table, column)`, are not looked at.
///
/// # Errors
/// What an engine said.
pub async fn explain(
    before: &mut Connection,
    after: &mut Connection,
    volatile: &[(String, String)],
    differences: Vec<ContentDifference>,
) -> Result<Vec<ContentDifference>, Error> {
    let settings = (before.pin().await?, after.pin().await?);
    let explained = explain_pinned(before, after, volatile, differences).await?;
    before.unpin(settings.0).await?;
    after.unpin(settings.1).await?;
    Ok(explained)
}

async fn explain_pinned(
    before: &mut Connection,
    after: &mut Connection,
    volatile: &[(String, String)],
    differences: Vec<ContentDifference>,
) -> Result<Vec<ContentDifference>, Error> {
    let shapes = (before.tables().await?, after.tables().await?);
    let mut explained = Vec::new();
    let mut looked_at = BTreeSet::new();
    for difference in differences {
        let (ContentDifference::Rows { table, .. } | ContentDifference::Values { table, .. }) = &difference else {
            explained.push(difference);
            continue;
        };
        let table = table.clone();
        let find = |shapes: &[TableShape]| shapes.iter().find(|shape| shape.name == table).cloned();
        let (Some(old), Some(new)) = (find(&shapes.0), find(&shapes.1)) else {
            explained.push(difference);
            continue;
        };
        // One comparison tells of all columns of a table.
        if looked_at.insert(table.clone()) {
            let common = common(&old, &new, volatile);
            let seen = look(before, after, &common).await?;
            explained.extend(seen.differences(&common));
        }
    }
    Ok(explained)
}

/// What the rows of a table told.
#[derive(Default)]
struct Seen {
    before: u64,
    after: u64,
    gone: u64,
    new: u64,
    examples: Vec<Example>,
    /// For each common column: in how many rows it changed, and some of them.
    columns: Vec<(u64, Vec<Example>)>,
}

impl Seen {
    fn differences(self, common: &Common) -> Vec<ContentDifference> {
        let table = &common.table;
        let mut found = Vec::new();
        if self.gone + self.new > 0 {
            let (before, after, gone, new) = (self.before, self.after, self.gone, self.new);
            found.push(ContentDifference::Rows {
                table: table.clone(),
                before,
                after,
                gone,
                new,
                examples: self.examples,
            });
        }
        for (column, (rows, examples)) in common.columns.iter().zip(self.columns).filter(|(_, (rows, _))| *rows > 0) {
            let (table, column) = (table.clone(), column.clone());
            found.push(ContentDifference::Values { table, column, rows: Some(rows), examples });
        }
        found
    }
}

async fn look(before: &mut Connection, after: &mut Connection, common: &Common) -> Result<Seen, Error> {
    let mut seen = Seen { columns: vec![(0, Vec::new()); common.columns.len()], ..Seen::default() };
    merge(before, after, common, &mut |old, new| {
        seen.before += u64::from(old.is_some());
        seen.after += u64::from(new.is_some());
        let example = match (old, new) {
            (Some(old), Some(new)) => {
                for (at, (rows, examples)) in seen.columns.iter_mut().enumerate().filter(|(at, _)| old[*at] != new[*at])
                {
                    *rows += 1;
                    if examples.len() < MAX_EXAMPLES {
                        let (before, after) = (Some(old[at].to_string()), Some(new[at].to_string()));
                        examples.push(Example { row: common.name_row(old), before, after });
                    }
                }
                return;
            }
            (Some(old), None) => {
                seen.gone += 1;
                Example { row: common.name_row(old), before: Some(String::new()), after: None }
            }
            (None, Some(new)) => {
                seen.new += 1;
                Example { row: common.name_row(new), before: None, after: Some(String::new()) }
            }
            (None, None) => return,
        };
        // What is gone matters more than what is new: it takes the place of an example of the latter.
        if seen.examples.len() < MAX_EXAMPLES {
            seen.examples.push(example);
        } else if example.after.is_none()
            && let Some(place) = seen.examples.iter_mut().rev().find(|shown| shown.before.is_none())
        {
            *place = example;
        }
    })
    .await?;
    Ok(seen)
}

/// The columns that both sides have, key columns first, and how many of them are the key.
struct Common {
    table: String,
    columns: Vec<String>,
    key: usize,
}

impl Common {
    fn name_row(&self, row: &[Value]) -> String {
        let name = |(column, value): (&String, &Value)| format!("{column} = {value}");
        self.columns.iter().zip(row).take(self.key).map(name).collect::<Vec<_>>().join(", ")
    }
}

fn common(old: &TableShape, new: &TableShape, volatile: &[(String, String)]) -> Common {
    let is_volatile = |column: &String| volatile.iter().any(|(table, name)| *table == old.name && name == column);
    let in_both = |column: &&String| new.columns.contains(*column) && !is_volatile(column);
    let both: Vec<String> = old.columns.iter().filter(in_both).cloned().collect();
    let keyed = !old.key.is_empty() && old.key == new.key && old.key.iter().all(|column| both.contains(column));
    if !keyed {
        return Common { table: old.name.clone(), key: both.len(), columns: both };
    }
    let rest = both.into_iter().filter(|column| !old.key.contains(column));
    let columns = old.key.iter().cloned().chain(rest).collect();
    Common { table: old.name.clone(), key: old.key.len(), columns }
}

/// Calls `take` with each pair of rows of the same key, and with each row that has no partner.
async fn merge<F: FnMut(Option<&[Value]>, Option<&[Value]>) + Send>(
    before: &mut Connection,
    after: &mut Connection,
    common: &Common,
    take: &mut F,
) -> Result<(), Error> {
    let engine = before.engine();
    // Keys come in the form in which they are ordered.
    let column = |(at, name): (usize, &String)| {
        let quoted = engine.quote(name);
        if at < common.key { engine.as_text(&quoted) } else { quoted }
    };
    let columns = common.columns.iter().enumerate().map(column).collect::<Vec<_>>().join(", ");
    let keys = common.columns[..common.key].iter().map(|column| engine.by_bytes(&engine.quote(column)));
    let order = keys.collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {columns} FROM {} ORDER BY {order}", engine.quote_table(&common.table));
    let mut lefts = before.stream(&sql, &[]);
    let mut rights = after.stream(&sql, &[]);
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

/// The order that the engine sorted by: NULL, numbers, text by its bytes, bytes.
fn compare_keys(a: &[Value], b: &[Value]) -> Ordering {
    let class = |value: &Value| match value {
        Value::Null => 0,
        Value::Int(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    };
    #[expect(clippy::cast_precision_loss, reason = "an integer beyond 2^53 beside a real compares as SQLite shows it")]
    let compare = |a: &Value, b: &Value| match (a, b) {
        (Value::Int(a), Value::Real(b)) => (*a as f64).total_cmp(b),
        (Value::Real(a), Value::Int(b)) => a.total_cmp(&(*b as f64)),
        (a, b) => class(a).cmp(&class(b)).then_with(|| a.partial_cmp(b).unwrap_or(Ordering::Equal)),
    };
    a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
