//! Losses that are none ([`without_restored`]): what the down migration brings back exactly was moved, not lost.

use crate::Error;
use crate::compare::{self, ContentDifference};
use crate::event::Direction;
use crate::migration::{self, Migration};
use crate::proofs::ProofRun;
use crate::proofs::kit::snapshot::{Snapshot, is_declared};

/// Removes the undeclared losses of a migration that its down file restores, on a copy of the state after it.
///
/// # Errors
/// Fails if the database fails. A down file that fails restores nothing.
pub async fn without_restored(
    run: &ProofRun<'_>,
    migration: &Migration,
    (before, after): (&Snapshot, &Snapshot),
    found: Vec<ContentDifference>,
) -> Result<Vec<ContentDifference>, Error> {
    let counts = |difference: &ContentDifference| difference.is_loss() && !is_declared(difference, &migration.loses);
    if migration.down.is_none() || !found.iter().any(counts) {
        return Ok(found);
    }
    let copy = run.at(after.steps()).await?;
    let mut connection = copy.open().await?;
    let reverted = migration::step(&mut connection, migration, Direction::Down).await.is_ok();
    if !reverted {
        connection.close().await?;
        return Ok(found);
    }
    let content = compare::content(&mut connection, &run.rehearsal.database.volatile).await?;
    let differs = before.content().compare(&content);
    let mut kept = Vec::new();
    for difference in found {
        let (table, column) = difference.subject();
        let is_other = differs.iter().any(|other| {
            let (known, of) = other.subject();
            known == table && (of.is_none() || column.is_none() || of == column)
        });
        // The default of a new column can be the single value of the old one by chance.
        let is_by_chance = match column {
            Some(column) if !is_other => compare::constant(&mut connection, table, column).await?.is_some(),
            _ => false,
        };
        if !counts(&difference) || is_other || is_by_chance {
            kept.push(difference);
        }
    }
    connection.close().await?;
    Ok(kept)
}
