//! *Populated*: a fixture takes the migrations behind its version one by one, and whatever a migration deletes, empties or
//! changes without declaring it is named; then the backfills fill it and the checks pass.

use super::renamed;
use super::seen::unseen;
use super::state::{Moment, content_lines, is_declared};
use super::{Course, What};
use crate::Error;
use crate::check::{self, Check, Kind, Preserved};
use crate::compare::{Change, ContentDifference};
use crate::migration::Migration;
use crate::sandbox::Scratch;
use rehearsal_db::Connection;

pub(super) async fn prove(course: &mut Course<'_>) -> Result<(), Error> {
    let scratch = course.start("populated").await?;
    let mut connection = scratch.open().await?;
    let preserved = remember_before(course, &mut connection).await?;
    let (mut done, mut here) = (Vec::new(), None);
    for migration in course.subject.history.after(course.start_version()) {
        course.run_due(&scratch, Some(migration), &mut done).await?;
        // What is there after one migration is what is there before the next.
        let before = match here.take().filter(|moment: &Moment| moment.is_of(course)) {
            Some(moment) => moment,
            None => Moment::of(course, &mut connection).await?,
        };
        here = Some(apply_watched(course, migration, &before, &scratch, &mut connection).await?);
        course.load_later(migration.version, &mut connection).await?;
    }
    for backfill in course.due(None, &done) {
        let outcome = course.backfill(backfill, &scratch, crate::backfill::Effect::Execute).await?;
        course.notes.push(format!("{} wrote {} rows", outcome.about.name, outcome.counts.writes));
    }
    course.check(&scratch).await?;
    for (check, before) in preserved {
        course.step(format!("compare what {} says is preserved", check.path.display()));
        let Some(after) = check.queries(connection.engine()).get(1).copied() else { continue };
        let lines = before.compare(&check::remember(&mut connection, check, after).await?);
        if !lines.is_empty() {
            let expected = format!("{}: the rows before are the rows after", check.name);
            let hint =
                "look at what the migrations and backfills behind the fixture's version do to these rows".to_owned();
            course.problem(What::Differences { expected, lines, hint }).await;
        }
    }
    for table in connection.foreign_tables().await? {
        course
            .notes
            .push(format!("the rows of the foreign table \"{table}\" are another server's, and were not looked at"));
    }
    let end = Moment::of(course, &mut connection).await?;
    let version = course.subject.history.newest().unwrap_or_default();
    let blind = unseen(course, version, end.content());
    course.end = Some((end, blind));
    connection.close().await?;
    Ok(())
}

/// The rows of the checks of what is preserved, as they are at the fixture's version; of those whose window opens later.
pub(super) async fn remember_before<'c>(
    course: &mut Course<'c>,
    connection: &mut Connection,
) -> Result<Vec<(&'c Check, Preserved)>, Error> {
    let mut remembered = Vec::new();
    let (checks, version) = (course.subject.checks, course.start_version());
    let opens_later = |check: &&Check| check.kind == Kind::Preserved && check.from.is_none_or(|from| from > version);
    for check in checks.iter().filter(opens_later) {
        course.step(format!("remember what {} says is preserved", check.path.display()));
        if let Some(before) = check.queries(connection.engine()).first() {
            remembered.push((check, check::remember(connection, check, before).await?));
        }
    }
    Ok(remembered)
}

async fn apply_watched(
    course: &mut Course<'_>,
    migration: &Migration,
    before: &Moment,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<Moment, Error> {
    course.up(migration, scratch, connection).await?;
    let after = Moment::of(course, connection).await?;
    let compared = before.differences(&after, course, connection).await?;
    let contents = (before.content(), after.content());
    let mut found = renamed::without_moved(course, migration, contents, compared.content, connection).await?;
    for loss in &migration.loses {
        if !found.iter().any(|difference| is_declared(difference, std::slice::from_ref(loss))) {
            let column = loss.column.as_ref().map(|column| format!(".\"{column}\"")).unwrap_or_default();
            course.notes.push(format!(
                "{} declares to lose \"{}\"{column}, and lost nothing of it",
                migration.label(),
                loss.table
            ));
        }
    }
    found.extend(renamed::by_chance(course, migration, contents, connection).await?);
    tell_losses(course, migration, &found, connection).await?;
    Ok(after)
}

/// Records a problem where something is lost that the migration does not declare.
pub(super) async fn tell_losses(
    course: &mut Course<'_>,
    migration: &Migration,
    content: &[ContentDifference],
    connection: &mut Connection,
) -> Result<(), Error> {
    let undeclared: Vec<_> = content
        .iter()
        .filter(|difference| difference.is_loss() && !is_declared(difference, &migration.loses))
        .collect();
    if !undeclared.is_empty() {
        let what = What::Differences {
            expected: format!("{} loses nothing that it does not declare", migration.up.path.display()),
            hint: hint(connection, &undeclared, &migration.up.sql).await?,
            lines: content_lines(undeclared.into_iter()),
        };
        course.problem(what).await;
    }
    Ok(())
}

async fn hint(connection: &mut Connection, losses: &[&ContentDifference], sql: &str) -> Result<String, Error> {
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
