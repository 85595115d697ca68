//! Losses that a migration outside a workspace intends ([`without_intended`]).

use crate::compare::{Changes, ContentDifference};
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::workspace::Origin;

/// Removes the losses that a file states openly, by dropping or updating something, and notes them. This applies
/// only to histories outside a workspace: they do not use `-- loses:`, and an applied file cannot be changed to
/// declare a loss. Side effects (deleted rows, truncated values) remain findings.
pub fn without_intended(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    mut lost: Vec<ContentDifference>,
) -> Vec<ContentDifference> {
    if run.rehearsal.database.origin == Origin::Workspace {
        return lost;
    }
    let (engine, sql) = (run.rehearsal.database.engine, migration.up.sql.as_str());
    let is_dropped = |difference: &mut ContentDifference| {
        matches!(difference, ContentDifference::TableGone { .. } | ContentDifference::ColumnGone { .. })
    };
    let is_updated = |difference: &mut ContentDifference| match difference {
        ContentDifference::Values { column, changes, .. } => {
            changes.as_ref().is_some_and(Changes::are_of_meaning) && engine.computes(sql, column)
        }
        _ => false,
    };
    let updated: Vec<String> = lost.extract_if(.., is_updated).map(|difference| name(&difference)).collect();
    if !updated.is_empty() {
        run.note(format!("{} changes the values of {}", migration.label(), updated.join(", ")));
    }
    let dropped: Vec<String> = lost.extract_if(.., is_dropped).map(|difference| name(&difference)).collect();
    if !dropped.is_empty() {
        run.note(format!("{} drops {} and its data", migration.label(), dropped.join(", ")));
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

