//! Losses that a migration outside a workspace intends ([`is_intended`]).

use crate::compare::{Changes, ContentDifference};
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::workspace::Origin;

/// True if a file states a loss openly, by dropping or updating something. This applies only to histories outside a workspace:
/// they do not use `-- loses:`, and an applied file cannot be changed to declare a loss. Side effects (deleted rows,
/// truncated values) are not intended.
pub fn is_intended(run: &ProofRun<'_>, migration: &Migration, difference: &ContentDifference) -> bool {
    let database = run.rehearsal.database;
    if database.origin == Origin::Workspace {
        return false;
    }
    match difference {
        ContentDifference::TableGone { .. } | ContentDifference::ColumnGone { .. } => true,
        ContentDifference::Values { column, changes, .. } => {
            changes.as_ref().is_none_or(Changes::are_of_meaning) && database.engine.computes(&migration.up.sql, column)
        }
        _ => false,
    }
}

/// Removes the losses that a file intends, and notes them.
pub fn without_intended(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    mut lost: Vec<ContentDifference>,
) -> Vec<ContentDifference> {
    let intended: Vec<ContentDifference> =
        lost.extract_if(.., |difference| is_intended(run, migration, difference)).collect();
    let names = |is_update: bool| {
        let those = intended
            .iter()
            .filter(|difference| matches!(difference, ContentDifference::Values { .. }) == is_update)
            .map(name);
        those.collect::<Vec<_>>().join(", ")
    };
    let (updated, dropped) = (names(true), names(false));
    if !updated.is_empty() {
        run.note(format!("{} changes the values of {updated}", migration.label()));
    }
    if !dropped.is_empty() {
        let their = if dropped.contains("\", \"") { "their" } else { "its" };
        run.note(format!("{} drops {dropped} and {their} data", migration.label()));
    }
    lost
}

/// Returns the table or column of a difference.
fn name(difference: &ContentDifference) -> String {
    match difference.subject() {
        (table, Some(column)) => format!("\"{table}\".\"{column}\""),
        (table, None) => format!("\"{table}\""),
    }
}
