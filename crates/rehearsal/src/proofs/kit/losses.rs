//! Data loss: what a migration deletes, empties or changes without declaring it, and how to declare it or write it otherwise.

use super::snapshot::{content_lines, is_declared};
use crate::Error;
use crate::compare::{Change, ContentDifference};
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::report::{Code, Finding};
use rehearsal_db::Connection;

/// Reports what a migration deletes, empties or changes without declaring it.
pub async fn report_losses(
    run: &mut ProofRun<'_>,
    code: &'static Code,
    migration: &Migration,
    content: &[ContentDifference],
    connection: &mut Connection,
) -> Result<(), Error> {
    let undeclared: Vec<_> = content
        .iter()
        .filter(|difference| difference.is_loss() && !is_declared(difference, &migration.loses))
        .collect();
    if undeclared.is_empty() {
        return Ok(());
    }
    let file = &migration.up.path;
    let message = format!("{} deletes data without declaring it", file.display());
    let help = help(connection, &undeclared, &migration.up.sql).await?;
    let finding = Finding::new(code, message).in_file(file).of_migration(migration.version);
    run.find(finding.with_details(content_lines(undeclared.into_iter())).with_help(help)).await;
    Ok(())
}

async fn help(connection: &mut Connection, losses: &[&ContentDifference], sql: &str) -> Result<String, Error> {
    // Rows that went and columns that were nulled are what a table does to those that refer to it.
    let is_of_a_reference = |loss: &&&ContentDifference| match loss {
        ContentDifference::Rows { gone, .. } => *gone > 0,
        ContentDifference::Values { changes, .. } => {
            changes.as_ref().is_some_and(|changes| changes.of(Change::Nulled) > 0)
        }
        _ => false,
    };
    let suffered: Vec<&str> = losses.iter().filter(is_of_a_reference).map(|loss| loss.subject().0).collect();
    if let Some(why) = connection.why_rows_went(sql, &suffered).await? {
        return Ok(why);
    }
    let declare = |loss: &&ContentDifference| {
        let (table, column) = loss.subject();
        let column = column.map(|column| format!(".\"{column}\"")).unwrap_or_default();
        format!("-- loses: \"{table}\"{column}, and the reason")
    };
    let mut lines: Vec<String> = losses.iter().map(declare).collect();
    lines.dedup();
    Ok(format!("if it is meant, say so at the top of the file:\n{}", lines.join("\n")))
}
