//! Undeclared data loss: [`report_losses`] reports the rows and values that a migration deletes or overwrites
//! without a `-- loses:` directive, with help on how to declare or avoid the loss.

use super::snapshot::{content_lines, is_declared};
use crate::Error;
use crate::compare::{Change, ContentDifference};
use crate::migration::{Migration, Script};
use crate::proofs::ProofRun;
use crate::proofs::kit::checkpoint::EarlierCopy;
use crate::proofs::kit::removal;
use crate::report::{Code, Finding, Place};
use rehearsal_db::lex::{Kind, Statement, statements, tokens};
use rehearsal_db::{Connection, Engine};

/// Reports the losses among the differences that the migration does not declare, in one finding. `earlier` returns a copy of the
/// state before the migration.
pub async fn report_losses(
    run: &mut ProofRun<'_>,
    code: &'static Code,
    migration: &Migration,
    content: &[ContentDifference],
    earlier: impl AsyncFnOnce(&ProofRun<'_>) -> Result<EarlierCopy, Error>,
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
    let only_values = undeclared.iter().all(|difference| matches!(difference, ContentDifference::Values { .. }));
    let what = if only_values { "changes values" } else { "deletes data" };
    let message = format!("{} {what} without declaring it", file.display());
    let help = help(connection, &undeclared, &migration.up.sql).await?;
    let mut finding = Finding::new(code, message).in_file(file).of_migration(migration.version);
    let mut removals = Vec::new();
    let mut details = content_lines(undeclared.iter().copied());
    let are_gone = |loss: &&&ContentDifference| matches!(loss, ContentDifference::Rows { gone, .. } if *gone > 0);
    let tables: Vec<&str> = undeclared.iter().filter(are_gone).map(|loss| loss.subject().0).collect();
    if !tables.is_empty() {
        let copy = earlier(run).await?;
        removals = removal::removals(migration, &tables, copy).await?;
    }
    let engine = connection.engine();
    let start = removals.first().map(|removal| removal.start).or_else(|| cause(engine, &migration.up.sql, &undeclared));
    if let Some(start) = start {
        finding = finding.at(first_word(engine, &migration.up, start));
    }
    details.extend(removals.into_iter().map(|removal| removal.sentence));
    run.find(finding.with_details(details).with_help(help)).await;
    Ok(())
}

/// Returns the start of the first statement that drops or changes what was lost, by name.
fn cause(engine: Engine, sql: &str, losses: &[&ContentDifference]) -> Option<usize> {
    let changes = |statement: &&Statement<'_>| {
        let first = tokens(statement.text, engine).into_iter().find(|token| token.kind != Kind::Comment);
        let verbs = ["DROP", "ALTER", "UPDATE", "DELETE", "TRUNCATE", "MERGE", "WITH"];
        first.is_some_and(|first| verbs.iter().any(|verb| first.is(verb)))
    };
    let names = |statement: &&Statement<'_>| {
        losses.iter().any(|loss| {
            let (table, column) = loss.subject();
            let names_column = column.is_none_or(|column| engine.mentions(statement.text, &[column]));
            engine.names_table(statement.text, table) && names_column
        })
    };
    let statements = statements(sql, engine);
    statements.iter().filter(changes).find(names).map(|statement| statement.start)
}

/// Returns the place of the first word of a statement.
fn first_word(engine: Engine, script: &Script, start: usize) -> Place {
    let word = script.sql.get(start..).and_then(|rest| tokens(rest, engine).first().map(|token| token.text.len()));
    Place::of(&script.path.display().to_string(), &script.sql, start, word.unwrap_or(1))
}

async fn help(connection: &mut Connection, losses: &[&ContentDifference], sql: &str) -> Result<String, Error> {
    // Deleted rows and columns set to NULL can be the effect of a foreign key to a table that was dropped.
    let is_of_a_reference = |loss: &&&ContentDifference| match loss {
        ContentDifference::Rows { gone, .. } => *gone > 0,
        ContentDifference::Values { changes, .. } => {
            changes.as_ref().is_some_and(|changes| changes.of(Change::Nulled) > 0)
        }
        _ => false,
    };
    let suffered: Vec<&str> = losses.iter().filter(is_of_a_reference).map(|loss| loss.subject().0).collect();
    if let Some(why) = connection.explain_deleted_rows(sql, &suffered).await? {
        return Ok(why);
    }
    let engine = connection.engine();
    let are_gone = losses.iter().any(|loss| matches!(loss, ContentDifference::Rows { gone, .. } if *gone > 0));
    let passed_over = if are_gone && engine.mentions(sql, &["INSERT", "OR", "IGNORE"]) {
        "`INSERT OR IGNORE` leaves out every row that violates any constraint, not only duplicates: write a plain INSERT, and \
             change the rows that do not fit; "
    } else if are_gone && engine.mentions(sql, &["INSERT", "DO", "NOTHING"]) {
        "`ON CONFLICT DO NOTHING` leaves out every row with the key of another one: write a plain INSERT, and merge such rows; "
    } else if engine.mentions(sql, &["INSERT", "OR", "REPLACE"]) {
        "`INSERT OR REPLACE` deletes the row that has the key already, with all its values: write INSERT … ON CONFLICT … DO UPDATE; "
    } else {
        ""
    };
    let declare = |loss: &&ContentDifference| {
        let (table, column) = loss.subject();
        let column = column.map(|column| format!(".\"{column}\"")).unwrap_or_default();
        format!("-- loses: \"{table}\"{column}, REASON")
    };
    let mut lines: Vec<String> = losses.iter().map(declare).collect();
    lines.dedup();
    Ok(format!("{passed_over}if the loss is intended, declare it at the top of the file:\n{}", lines.join("\n")))
}
