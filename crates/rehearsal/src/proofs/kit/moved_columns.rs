//! Columns that go under another name behind a migration: nothing of them is lost. That sums are equal says so, but where a
//! column holds one value in all rows, or where both names are there before and after: then the file has to say that it renames it. Two
//! columns that changed places otherwise were mistaken for one another, as by `INSERT INTO … SELECT *` into other columns.

use crate::Error;
use crate::compare::{self, Content, ContentDifference};
use crate::migration::Migration;
use crate::proofs::ProofRun;
use rehearsal_db::Connection;

/// The differences without the columns whose values are all under another name, which another column may have had before.
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

/// Columns that went while another came with the same value in all rows: that the values are the same says nothing then, and the
/// file does not say that it renames them.
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
