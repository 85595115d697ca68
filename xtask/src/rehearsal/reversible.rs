//! *Reversible*: each migration behind the fixture's version goes up, down and up again, and is held against the state
//! before and after it; each backfill is undone; then all the way down, which leaves nothing, and all the way up.

use super::at_once;
use super::rerun::judge;
use super::state::Moment;
use super::verify_backfill::undo;
use super::{Course, What};
use crate::Error;
use crate::backfill::{Effect, Undo};
use crate::engine::Connection;
use crate::fingerprint::{self, compare_schemas};
use crate::migration::Migration;
use crate::sandbox::Scratch;
use std::path::Path;

pub(super) async fn prove(course: &mut Course<'_>) -> Result<(), Error> {
    let mut scratch = course.start("reversible").await?;
    let mut connection = scratch.open().await?;
    let mut done = Vec::new();
    course.notes.extend(one_way(course.subject.history.after(course.start_version())));
    for migration in course.subject.history.after(course.start_version()) {
        course.run_due(&scratch, Some(migration), &mut done).await?;
        let Some(down) = &migration.down else {
            course.up(migration, &scratch, &mut connection).await?;
            course.load_later(migration.version, &mut connection).await?;
            continue;
        };
        if let Some(fresh) = there_and_back(course, migration, &down.path, &scratch, &mut connection).await? {
            // What the failed way back left behind must not be blamed on the next migration.
            connection.close().await?;
            scratch = course.work_on(fresh);
            connection = scratch.open().await?;
            course.up(migration, &scratch, &mut connection).await?;
        }
        course.load_later(migration.version, &mut connection).await?;
    }
    for backfill in course.due(None, &done) {
        let before = Moment::of(course, &mut connection).await?;
        let executed = course.backfill(backfill, &scratch, Effect::Execute).await?;
        let after = Moment::of(course, &mut connection).await?;
        undo(course, backfill, &before, executed.counts.units, &scratch, &mut connection).await?;
        if backfill.about().undo == Undo::Written {
            at_once::prove(course, backfill, &after, &scratch, &mut connection).await?;
        }
        // The way down is walked with the data that a real database would have.
        course.backfill(backfill, &scratch, Effect::Execute).await?;
    }
    // A way back that is broken in one place would only show that again.
    if course.problems.is_empty() {
        all_the_way(course, &scratch, &mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}

/// Which migrations have no way back: a few by name, many by their number.
fn one_way(migrations: &[Migration]) -> Vec<String> {
    let one_way: Vec<String> =
        migrations.iter().filter(|migration| migration.down.is_none()).map(Migration::label).collect();
    match one_way.len() {
        n if n > 3 && n == migrations.len() => vec![format!("none of the {n} migrations has a down file")],
        n if n > 3 => {
            vec![format!("{n} of {} migrations have no down file, {} the first of them", migrations.len(), one_way[0])]
        }
        _ => one_way.iter().map(|label| format!("{label} has no down file")).collect(),
    }
}

/// Up, down, up again. Returns a copy of the state before where the way back was not clean.
async fn there_and_back(
    course: &mut Course<'_>,
    migration: &Migration,
    down: &Path,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<Option<Scratch>, Error> {
    let before = Moment::of(course, connection).await?;
    course.up(migration, scratch, connection).await?;
    let after = Moment::of(course, connection).await?;
    if let Err(error) = course.down(migration, connection).await {
        course.problem(What::Error(Box::new(error))).await;
        return Ok(Some(before.restore(course).await?));
    }
    let expected = format!("reverting {} brings back what was there before it", migration.label());
    let hint = format!("complete {}", down.display());
    let compared = before.compare(course, connection).await?.without(&migration.loses, &mut course.notes);
    if !judge(course, &compared, &expected, &hint).await {
        // Where the way back lost or left something, what comes after it would only show that again.
        return Ok(Some(before.restore(course).await?));
    }
    if let Err(error) = course.up_again(migration, connection).await {
        course.problem(What::Error(Box::new(error))).await;
        return Ok(Some(before.restore(course).await?));
    }
    let expected = format!("applying {} again gives the same as the first time", migration.label());
    let hint = format!("let {} take back all that {} does", down.display(), migration.up.path.display());
    let compared = after.compare(course, connection).await?.without(&migration.loses, &mut course.notes);
    let compared = after.without_passing(compared, course).await?;
    judge(course, &compared, &expected, &hint).await;
    Ok(None)
}

async fn all_the_way(course: &mut Course<'_>, scratch: &Scratch, connection: &mut Connection) -> Result<(), Error> {
    let migrations = &course.subject.history.migrations;
    if migrations.iter().any(|migration| migration.down.is_none()) {
        return Ok(());
    }
    let top = fingerprint::schema(connection).await?;
    for migration in migrations.iter().rev() {
        if let Err(error) = course.down(migration, connection).await {
            course.problem(What::Error(Box::new(error))).await;
            return Ok(());
        }
    }
    course.step("look at what is left when everything is reverted");
    let left = compare_schemas(&course.ground().await?, &fingerprint::schema(connection).await?);
    if !left.is_empty() {
        let what = What::Differences {
            expected: "with everything reverted, nothing is left".to_owned(),
            lines: left.iter().map(ToString::to_string).collect(),
            hint: "drop it in the down file of the migration that creates it".to_owned(),
        };
        course.problem(what).await;
        return Ok(());
    }
    let mut done = Vec::new();
    for migration in migrations {
        course.run_due(scratch, Some(migration), &mut done).await?;
        if let Err(error) = course.up(migration, scratch, connection).await {
            course.problem(What::Error(Box::new(error))).await;
            return Ok(());
        }
    }
    let again = compare_schemas(&top, &fingerprint::schema(connection).await?);
    if !again.is_empty() {
        let what = What::Differences {
            expected: "all the way down and up again gives the same schema".to_owned(),
            lines: again.iter().map(ToString::to_string).collect(),
            hint: "look at the down files: one of them does not take back all that its up file does".to_owned(),
        };
        course.problem(what).await;
    }
    Ok(())
}
