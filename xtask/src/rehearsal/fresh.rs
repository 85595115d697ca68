//! *Fresh*: an empty database takes all migrations, passes the checks, and leaves the backfills nothing to do.

use super::{Course, What};
use crate::Error;
use crate::backfill::Effect;
use crate::engine::Connection;

pub(super) async fn prove(course: &mut Course<'_>) -> Result<(), Error> {
    let scratch = course.start("fresh").await?;
    let mut connection = scratch.open().await?;
    for migration in &course.subject.history.migrations {
        if !migration.requires.is_empty() {
            let mut done = Vec::new();
            course.run_due(&scratch, Some(migration), &mut done).await?;
        }
        course.up(migration, &scratch, &mut connection).await?;
    }
    volatile_columns_exist(course, &mut connection).await?;
    course.check(&scratch).await?;
    for backfill in course.due(None, &[]) {
        let about = backfill.about();
        if about.until.is_some_and(|until| course.subject.history.get(until).is_some()) {
            continue;
        }
        let outcome = course.backfill(backfill, &scratch, Effect::Predict).await?;
        if outcome.counts.units > 0 {
            let sentence = format!(
                "finds {} {}s to do in a database that only migrations have seen",
                outcome.counts.units, about.unit
            );
            course.problem(What::Backfill { backfill: about.name, sentence }).await;
        }
    }
    connection.close().await?;
    Ok(())
}

/// A column that is declared volatile and is nowhere would leave one in the fingerprints that should be left out.
async fn volatile_columns_exist(course: &mut Course<'_>, connection: &mut Connection) -> Result<(), Error> {
    course.step("look for the columns that database.toml declares volatile");
    let tables = connection.tables().await?;
    let exists = |(table, column): &&(String, String)| {
        tables.iter().any(|shape| shape.name == *table && shape.columns.contains(column))
    };
    let missing = course.subject.database.volatile.iter().filter(|volatile| !exists(volatile));
    let lines: Vec<String> = missing.map(|(table, column)| format!("there is no \"{table}\".\"{column}\"")).collect();
    if !lines.is_empty() {
        let expected = "every volatile column exists once all migrations are applied".to_owned();
        let hint = format!("correct `volatile` in {}/database.toml", course.subject.database.folder.display());
        course.problem(What::Differences { expected, lines, hint }).await;
    }
    Ok(())
}
