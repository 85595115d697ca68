//! Renamed columns: a column whose values are all under another name after a migration is not lost. Equal checksums
//! show a rename, with two exceptions, for which the file has to contain the rename: a column with a single value in
//! all rows, and a pair of columns that both exist before and after. Without a rename, such a pair has swapped its
//! values by mistake, as with `INSERT INTO … SELECT *` and another order of columns.

use crate::Error;
use crate::compare::{self, Content, ContentDifference};
use crate::migration::Migration;
use crate::proofs::ProofRun;
use rehearsal_db::Connection;

/// Removes the columns whose values are all under another name now, even if another column had that name before.
pub async fn without_moved(
    run: &ProofRun<'_>,
    migration: &Migration,
    (before, after): (&Content, &Content),
    mut found: Vec<ContentDifference>,
    connection: &mut Connection,
) -> Result<Vec<ContentDifference>, Error> {
    for (table, column, other) in before.moved(after) {
        let subject = (table.as_str(), Some(column.as_str()));
        if !found.iter().any(|difference| difference.subject() == subject) {
            continue;
        }
        let has = |content: &Content, column: &str| {
            content.tables.get(&table).is_some_and(|digest| digest.columns.contains_key(column))
        };
        let in_each_others_place = has(before, &other) && has(after, &column);
        if run.rehearsal.database.engine.renames(&migration.up.sql, &column, &other)
            || !in_each_others_place && compare::constant(connection, &table, &other).await?.is_none()
        {
            found.retain(|difference| difference.subject() != subject);
        }
    }
    Ok(found)
}

/// Returns dropped columns for which a new column has the same single value in all rows, and which the file does
/// not rename. Equal checksums prove nothing there.
pub async fn by_chance(
    run: &ProofRun<'_>,
    migration: &Migration,
    (before, after): (&Content, &Content),
    connection: &mut Connection,
) -> Result<Vec<ContentDifference>, Error> {
    let mut found = Vec::new();
    for (table, column, other) in before.renamed(after) {
        if run.rehearsal.database.engine.renames(&migration.up.sql, &column, &other) {
            continue;
        }
        if let Some(rows) = compare::constant(connection, &table, &other).await? {
            let rows = Some(rows);
            found.push(ContentDifference::ColumnGone { table, column, rows, examples: Vec::new() });
        }
    }
    Ok(found)
}
