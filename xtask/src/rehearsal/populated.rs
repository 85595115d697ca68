//! *Populated*: a fixture takes the migrations behind its version one by one, and whatever a migration deletes, empties or
//! changes without declaring it is named; then the backfills fill it and the checks pass.

use super::state::{Moment, content_lines, is_declared};
use super::{Course, What};
use crate::Error;
use crate::engine::Connection;
use crate::engine::lex::tokens;
use crate::fingerprint::ContentDifference;
use crate::migration::Migration;
use crate::sandbox::Scratch;

pub(super) async fn prove(course: &mut Course<'_>) -> Result<(), Error> {
    let scratch = course.start("populated").await?;
    let mut connection = scratch.open().await?;
    let mut done = Vec::new();
    for migration in course.subject.history.after(course.start_version()) {
        course.run_due(&scratch, Some(migration), &mut done).await?;
        apply_watched(course, migration, &scratch, &mut connection).await?;
    }
    for backfill in course.due(None, &done) {
        let outcome = course.backfill(backfill, &scratch, crate::backfill::Effect::Execute).await?;
        course.notes.push(format!("{} wrote {} rows", outcome.about.name, outcome.counts.writes));
    }
    course.check(&scratch).await?;
    connection.close().await?;
    Ok(())
}

async fn apply_watched(
    course: &mut Course<'_>,
    migration: &Migration,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<(), Error> {
    let before = Moment::of(course, scratch, connection).await?;
    course.up(migration, connection).await?;
    let compared = before.compare(course, connection).await?;
    let undeclared: Vec<_> = compared
        .content
        .iter()
        .filter(|difference| difference.is_loss() && !is_declared(difference, &migration.loses))
        .collect();
    if !undeclared.is_empty() {
        let what = What::Differences {
            expected: format!("{} loses nothing that it does not declare", migration.up.path.display()),
            hint: hint(&undeclared, &migration.up.sql),
            lines: content_lines(undeclared.into_iter()),
        };
        course.problem(what);
    }
    Ok(())
}

fn hint(losses: &[&ContentDifference], sql: &str) -> String {
    let words: Vec<String> = tokens(sql).iter().map(|token| token.normal()).collect();
    let drops = words.windows(2).any(|pair| pair == ["DROP", "TABLE"]);
    let cascades =
        losses.iter().any(|loss| matches!(loss, ContentDifference::Rows { after, before, .. } if after < before));
    if drops && cascades && words.iter().any(|word| word == "FOREIGN_KEYS") {
        return "sqlx runs the file in a transaction, where `PRAGMA foreign_keys = OFF` does nothing, so DROP TABLE deleted the rows \
                that refer to the table. Make `-- no-transaction` the first line, and write PRAGMA foreign_keys = OFF; BEGIN; … \
                COMMIT; PRAGMA foreign_keys = ON; yourself"
            .to_owned();
    }
    let (table, column) = losses[0].subject();
    let subject = column.map_or_else(|| format!("\"{table}\""), |column| format!("\"{table}\".\"{column}\""));
    format!("if it is meant, say so at the top of the file: `-- loses: {subject}, and the reason`")
}
