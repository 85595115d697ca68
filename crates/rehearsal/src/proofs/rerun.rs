//! *Rerun*: once everything is applied and filled, migrating again does nothing, and each backfill, run again from its
//! first unit whatever the ledger says, writes nothing.

use super::state::{Compared, Moment};
use super::{Course, What};
use crate::Error;
use crate::backfill::{AnyBackfill, Effect};
use crate::migration::{self, Goal};
use crate::sandbox::Scratch;
use rehearsal_db::Connection;

pub(super) async fn prove(course: &mut Course<'_>) -> Result<(), Error> {
    let scratch = course.start("rerun").await?;
    let mut connection = scratch.open().await?;
    course.walk(&scratch, &mut connection).await?;

    course.step("migrate again");
    let before = Moment::of(course, &mut connection).await?;
    let applied = migration::applied(&mut connection).await?;
    let steps = migration::plan(course.subject.history, &applied, Goal::Newest)?;
    migration::apply_all(&mut connection, &steps, &crate::event::silent).await?;
    let hint = "a migration that is applied should not be run again: look at what is recorded in _sqlx_migrations";
    same(course, &before, &mut connection, "migrating again changes nothing", hint).await?;

    for backfill in course.due(None, &[]) {
        if backfill.about().until.is_none_or(|until| course.subject.history.get(until).is_none()) {
            again(course, backfill, &scratch, &mut connection).await?;
        }
    }
    connection.close().await?;
    Ok(())
}

/// Runs a finished backfill again from its first unit: no write, and not a value changed.
pub(super) async fn again(
    course: &mut Course<'_>,
    backfill: &dyn AnyBackfill,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    let before = Moment::of(course, connection).await?;
    let outcome = course.backfill(backfill, scratch, Effect::Again).await?;
    if outcome.counts.writes > 0 {
        let sentence = format!(
            "wrote {} rows when it was run again; its `write` should leave alone what is filled",
            outcome.counts.writes
        );
        course.problem(What::Backfill { backfill: about.name, sentence }).await;
    }
    let expected = format!("running {} again changes nothing", about.name);
    let hint = format!("make `write` in xtask/src/backfills/{}.rs leave alone what is filled", about.name);
    same(course, &before, connection, &expected, &hint).await?;
    if outcome.counts.units > 0 {
        course
            .notes
            .push(format!("{} read {} {}s again and wrote nothing", about.name, outcome.counts.units, about.unit));
    }
    Ok(())
}

/// Records a problem where the database is not as it was before.
pub(super) async fn same(
    course: &mut Course<'_>,
    before: &Moment,
    connection: &mut Connection,
    expected: &str,
    hint: &str,
) -> Result<bool, Error> {
    let compared = before.compare(course, connection).await?;
    Ok(judge(course, &compared, expected, hint).await)
}

/// Records a problem where there is a difference that counts. Returns whether there is none.
pub(super) async fn judge(course: &mut Course<'_>, compared: &Compared, expected: &str, hint: &str) -> bool {
    course.notes.extend(compared.notes());
    let lines = compared.lines();
    let same = lines.is_empty();
    if !same {
        course.problem(What::Differences { expected: expected.to_owned(), lines, hint: hint.to_owned() }).await;
    }
    same
}
