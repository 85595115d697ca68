//! Reads the rows of tables whose digests differ and reports which rows and values differ. [`explain`] is the entry
//! point. It streams both sides in key order, so that memory use does not depend on the size of the tables.

use super::changes::{Change, Changes};
use super::difference::{ContentDifference, Example};
use super::families::{families, partitions};
use super::pairs::{Common, both, common, merge};
use super::unkeyed::without_changed;
use rehearsal_db::TableShape;
use rehearsal_db::{Connection, Error, Value};
use std::collections::BTreeSet;

/// Maximum number of example rows per difference.
const MAX_EXAMPLES: usize = 3;

/// Replaces differences of rows and values by exact ones: the number of missing and new rows and of changed values
/// per column, with examples. A difference that no row shows stays unchanged. Ignores the columns in `apart`, given
/// as `(table, column)`.
///
/// # Errors
/// Fails if a query fails.
pub async fn explain(
    before: &mut Connection,
    after: &mut Connection,
    apart: &[(String, String)],
    differences: Vec<ContentDifference>,
) -> Result<Vec<ContentDifference>, Error> {
    let settings = (before.pin().await?, after.pin().await?);
    let shapes = (before.tables().await?, after.tables().await?);
    let families = families(
        (shapes.0.iter().map(|shape| &shape.name), &partitions(&shapes.0)),
        (shapes.1.iter().map(|shape| &shape.name), &partitions(&shapes.1)),
    );
    let mut explained = Vec::new();
    let mut looked_at = BTreeSet::new();
    for difference in differences {
        let table = difference.subject().0.to_owned();
        let find = |shapes: &[TableShape]| shapes.iter().find(|shape| shape.name == table).cloned();
        let family = families.iter().find(|family| family.name == table);
        let whole = family.and_then(|family| Some((family.shape(&shapes.0)?, family.shape(&shapes.1)?))).unzip();
        let (old, new) = (whole.0.or_else(|| find(&shapes.0)), whole.1.or_else(|| find(&shapes.1)));
        match (difference, old, new) {
            (ContentDifference::TableGone { rows, .. }, Some(old), _) if rows > 0 => {
                let examples = examples(before, &old, None, apart).await?;
                explained.push(ContentDifference::TableGone { table, rows, examples });
            }
            // A generated column follows from other columns, so its values are not lost.
            (ContentDifference::ColumnGone { column, .. }, Some(old), _) if old.generated.contains(&column) => {}
            (ContentDifference::ColumnGone { column, .. }, Some(old), _) => {
                let rows = Some(values(before, &old, &column).await?);
                let examples = examples(before, &old, Some(&column), apart).await?;
                explained.push(ContentDifference::ColumnGone { table, column, rows, examples });
            }
            (
                difference @ (ContentDifference::Rows { .. } | ContentDifference::Values { .. }),
                Some(old),
                Some(new),
            ) => {
                // One comparison covers all columns of a table.
                if looked_at.insert(table) {
                    let key = key((&mut *before, &old), (&mut *after, &new), apart).await?;
                    let mut common = common(before.engine(), &old, &new, &key, apart);
                    let mut seen = match common.columns.as_slice() {
                        [] => Seen::default(),
                        _ => look(before, after, &common).await?,
                    };
                    if common.is_whole_row()
                        && let Some(changed) = without_changed(before, after, &common, (seen.gone, seen.new)).await?
                    {
                        seen = look(before, after, &changed).await?;
                        common = changed;
                    }
                    let seen = seen.differences(&common);
                    // Digests bind values to keys: with another key, they differ even if all rows are equal.
                    let is_unseen = seen.is_empty() && old.key == new.key && family.is_none();
                    explained.extend(if is_unseen { vec![difference] } else { seen });
                }
            }
            (difference, ..) => explained.push(difference),
        }
    }
    after.unpin(settings.1).await?;
    before.unpin(settings.0).await?;
    Ok(explained)
}

/// Returns the number of rows with a value in a column if all those values are equal, so that the column cannot be
/// distinguished from another one. `None` if they differ or the table does not exist.
///
/// # Errors
/// Fails if a query fails.
pub async fn constant(connection: &mut Connection, table: &str, column: &str) -> Result<Option<u64>, Error> {
    let Some(shape) = connection.tables().await?.into_iter().find(|shape| shape.name == table) else { return Ok(None) };
    let engine = connection.engine();
    let (name, rows) = (engine.quote(column), engine.rows_of(&shape));
    let text = engine.as_text(&name);
    let sql =
        format!("SELECT count(*) FROM (SELECT DISTINCT {text} FROM {rows} WHERE {name} IS NOT NULL LIMIT 2) AS few");
    let few = connection.query(&sql, &[], 1).await?.scalar().and_then(Value::as_int);
    Ok(if few == Some(2) { None } else { Some(values(connection, &shape, column).await?) })
}

/// Counts the rows with a value in a column.
async fn values(connection: &mut Connection, table: &TableShape, column: &str) -> Result<u64, Error> {
    let engine = connection.engine();
    let sql = format!("SELECT count({}) FROM {}", engine.quote(column), engine.rows_of(table));
    let count = connection.query(&sql, &[], 1).await?;
    Ok(count.scalar().and_then(Value::as_int).and_then(|n| u64::try_from(n).ok()).unwrap_or_default())
}

/// Returns example rows of a missing table, or example values of a missing column.
async fn examples(
    connection: &mut Connection,
    table: &TableShape,
    column: Option<&str>,
    apart: &[(String, String)],
) -> Result<Vec<Example>, Error> {
    let engine = connection.engine();
    let common = common(engine, table, table, &table.key, apart);
    if common.columns.is_empty() {
        return Ok(Vec::new());
    }
    let mut columns: Vec<String> = common.columns[..common.key].iter().map(|name| engine.quote(name)).collect();
    let order = columns.iter().map(|column| engine.by_bytes(column)).collect::<Vec<_>>().join(", ");
    columns.extend(column.map(|column| engine.quote(column)));
    let filter = column.map(|column| format!(" WHERE {} IS NOT NULL", engine.quote(column))).unwrap_or_default();
    let from = engine.rows_of(table);
    let sql = format!("SELECT {} FROM {from}{filter} ORDER BY {order} LIMIT {MAX_EXAMPLES}", columns.join(", "));
    let rows = connection.query(&sql, &[], MAX_EXAMPLES).await?.rows;
    let shown = |row: &Vec<Value>| {
        let before = column.and_then(|_| row.last()).map(ToString::to_string);
        Example { row: common.name_row(row), before: before.or(Some(String::new())), after: None }
    };
    Ok(rows.iter().map(shown).collect())
}

/// The differences between the rows of a table on both sides.
#[derive(Default)]
struct Seen {
    before: u64,
    after: u64,
    gone: u64,
    new: u64,
    changed: u64,
    examples: Vec<Example>,
    /// For each common column: its changes, and examples of them.
    columns: Vec<(Changes, Vec<(Change, Example)>)>,
}

impl Seen {
    fn differences(self, common: &Common) -> Vec<ContentDifference> {
        let table = &common.table;
        let mut found = Vec::new();
        if self.gone + self.new > 0 {
            let (before, after, gone, new, changed) = (self.before, self.after, self.gone, self.new, self.changed);
            found.push(ContentDifference::Rows {
                table: table.clone(),
                before,
                after,
                gone,
                new,
                changed,
                examples: self.examples,
            });
        }
        let changed = common.columns.iter().zip(self.columns).filter(|(_, (changes, _))| !changes.is_empty());
        for (column, (changes, examples)) in changed {
            let (table, column) = (table.clone(), column.clone());
            let is_shown = |(change, _): &(Change, Example)| *change != Change::Retyped;
            let examples = examples.into_iter().filter(is_shown).map(|(_, example)| example).collect();
            found.push(ContentDifference::Values { table, column, changes: Some(changes), examples });
        }
        found
    }
}

async fn look(before: &mut Connection, after: &mut Connection, common: &Common) -> Result<Seen, Error> {
    let mut seen = Seen { columns: vec![(Changes::default(), Vec::new()); common.columns.len()], ..Seen::default() };
    merge(before, after, common, &mut |old, new| {
        seen.before += u64::from(old.is_some());
        seen.after += u64::from(new.is_some());
        let example = match (old, new) {
            (Some(old), Some(new)) => {
                let mut is_changed = false;
                for (at, (changes, examples)) in seen.columns.iter_mut().enumerate() {
                    let Some(change) = Change::of(&old[at], &new[at], common.types[at]) else { continue };
                    changes.add(change);
                    is_changed |= change.is_loss();
                    // A lost value matters more than one that kept its meaning, so it replaces such an example.
                    let (before, after) = distinguishable(&old[at], &new[at]);
                    let example = Example { row: common.name_row(old), before: Some(before), after: Some(after) };
                    if examples.len() < MAX_EXAMPLES {
                        examples.push((change, example));
                    } else if let Some(place) = examples.iter_mut().rev().find(|(shown, _)| *shown > change) {
                        *place = (change, example);
                    }
                }
                seen.changed += u64::from(is_changed);
                return;
            }
            (Some(old), None) => {
                seen.gone += 1;
                Example { row: common.name_row(old), before: Some(common.missing_row(old)), after: None }
            }
            (None, Some(new)) => {
                seen.new += 1;
                Example { row: common.name_row(new), before: None, after: Some(String::new()) }
            }
            (None, None) => return,
        };
        // A missing row matters more than a new one, so it replaces such an example.
        if seen.examples.len() < MAX_EXAMPLES {
            seen.examples.push(example);
        } else if example.after.is_none()
            && let Some(place) = seen.examples.iter_mut().rev().find(|shown| shown.before.is_none())
        {
            *place = example;
        }
    })
    .await?;
    seen.columns.iter_mut().for_each(|(changes, _)| changes.settle());
    Ok(seen)
}

/// Formats two values; adds their storage classes if the values differ only in these.
fn distinguishable(old: &Value, new: &Value) -> (String, String) {
    let (before, after) = (old.to_string(), new.to_string());
    if before != after || old.class() == new.class() {
        return (before, after);
    }
    (format!("{before} ({})", old.class()), format!("{after} ({})", new.class()))
}

/// Returns the columns that identify a row: the key of both sides, or the key of one side if it is unique on both,
/// because rows are preserved when the key of a table changes. Empty if only the whole row identifies it.
async fn key(
    (before, old): (&mut Connection, &TableShape),
    (after, new): (&mut Connection, &TableShape),
    apart: &[(String, String)],
) -> Result<Vec<String>, Error> {
    if old.key == new.key {
        return Ok(old.key.clone());
    }
    let both = both(old, new, apart);
    for key in [&old.key, &new.key].into_iter().filter(|key| !key.is_empty()) {
        if key.iter().all(|column| both.contains(column))
            && tells_apart(before, old, key).await?
            && tells_apart(after, new, key).await?
        {
            return Ok(key.clone());
        }
    }
    Ok(Vec::new())
}

/// Returns true if these columns are unique.
async fn tells_apart(connection: &mut Connection, table: &TableShape, key: &[String]) -> Result<bool, Error> {
    let engine = connection.engine();
    let columns = key.iter().map(|column| engine.by_bytes(&engine.quote(column))).collect::<Vec<_>>().join(", ");
    let rows = engine.rows_of(table);
    let sql =
        format!("SELECT n FROM (SELECT count(*) AS n FROM {rows} GROUP BY {columns}) AS counted WHERE n > 1 LIMIT 1");
    Ok(connection.query(&sql, &[], 1).await?.rows.is_empty())
}
