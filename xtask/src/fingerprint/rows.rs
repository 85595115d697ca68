//! Looks at the rows of two databases where their digests differ: which rows, what was there, what is there now. Both
//! sides are read side by side in key order, so that memory does not grow with the tables.

use super::difference::{ContentDifference, Example};
use crate::engine::TableShape;
use crate::engine::{Connection, Error, Value};
use futures_util::TryStreamExt;
use std::cmp::Ordering;

/// How many rows are shown of each difference.
pub const MAX_EXAMPLES: usize = 3;

/// Adds counts and examples to `differences` by comparing the rows of `before` and `after`.
///
/// # Errors
/// What an engine said.
pub async fn explain(
    before: &mut Connection,
    after: &mut Connection,
    differences: &mut [ContentDifference],
) -> Result<(), Error> {
    let shapes = (before.tables().await?, after.tables().await?);
    for difference in differences {
        let (ContentDifference::Rows { table, .. } | ContentDifference::Values { table, .. }) = &*difference else {
            continue;
        };
        let find = |shapes: &[TableShape]| shapes.iter().find(|shape| shape.name == *table).cloned();
        let (Some(old), Some(new)) = (find(&shapes.0), find(&shapes.1)) else { continue };
        let common = common(&old, &new);
        match difference {
            ContentDifference::Values { column, rows, examples, .. } => {
                let Some(at) = common.columns.iter().position(|name| name == column) else { continue };
                let mut count = 0;
                merge(before, after, &common, &mut |pair| {
                    if let (Some(old), Some(new)) = pair
                        && old[at] != new[at]
                    {
                        count += 1;
                        if examples.len() < MAX_EXAMPLES {
                            examples.push(Example {
                                row: common.name_row(old),
                                before: Some(old[at].to_string()),
                                after: Some(new[at].to_string()),
                            });
                        }
                    }
                })
                .await?;
                *rows = Some(count);
            }
            ContentDifference::Rows { examples, .. } => {
                merge(before, after, &common, &mut |pair| {
                    let example = match pair {
                        (Some(old), None) => {
                            Example { row: common.name_row(old), before: Some(String::new()), after: None }
                        }
                        (None, Some(new)) => {
                            Example { row: common.name_row(new), before: None, after: Some(String::new()) }
                        }
                        _ => return,
                    };
                    if examples.len() < MAX_EXAMPLES {
                        examples.push(example);
                    }
                })
                .await?;
            }
            _ => {}
        }
    }
    Ok(())
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

fn common(old: &TableShape, new: &TableShape) -> Common {
    let both: Vec<String> = old.columns.iter().filter(|column| new.columns.contains(column)).cloned().collect();
    let keyed = !old.key.is_empty() && old.key == new.key;
    if !keyed {
        return Common { table: old.name.clone(), key: both.len(), columns: both };
    }
    let rest = both.into_iter().filter(|column| !old.key.contains(column));
    Common { table: old.name.clone(), key: old.key.len(), columns: old.key.iter().cloned().chain(rest).collect() }
}

type Pair<'a> = (Option<&'a [Value]>, Option<&'a [Value]>);

/// Calls `take` with each pair of rows of the same key, and with each row that has no partner.
async fn merge(
    before: &mut Connection,
    after: &mut Connection,
    common: &Common,
    take: &mut (dyn FnMut(Pair<'_>) + Send),
) -> Result<(), Error> {
    let engine = before.engine();
    let columns = common.columns.iter().map(|column| engine.quote(column)).collect::<Vec<_>>().join(", ");
    let order = (1..=common.key).map(|i| format!("{i} COLLATE BINARY")).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {columns} FROM {} ORDER BY {order}", engine.quote(&common.table));
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
        take((old_row, new_row));
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
