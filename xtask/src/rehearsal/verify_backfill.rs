//! The proof of one backfill, for `backfill --verify`: run, run again from the first unit, checks, undo.

use super::rerun::{again, same};
use super::state::Moment;
use super::{Course, What};
use crate::Error;
use crate::backfill::{AnyBackfill, Effect, Undo};
use crate::engine::Connection;
use crate::sandbox::Scratch;

pub(super) async fn prove(course: &mut Course<'_>, backfill: &dyn AnyBackfill) -> Result<(), Error> {
    let about = backfill.about();
    let scratch = course.start("verify").await?;
    let mut connection = scratch.open().await?;
    let last = about.until.unwrap_or(i64::MAX);
    // This one is kept for the proof.
    let mut done = vec![about.name];
    for migration in
        course.subject.history.after(course.start_version()).iter().take_while(|migration| migration.version < last)
    {
        course.run_due(&scratch, Some(migration), &mut done).await?;
        course.up(migration, &scratch, &mut connection).await?;
    }
    // Those that run before it, so that it finds what it will find.
    let names = course.subject.backfills.iter().map(|backfill| backfill.about().name);
    let later: Vec<&str> = names.skip_while(|name| *name != about.name).filter(|name| !done.contains(name)).collect();
    done.extend(&later);
    course.run_due(&scratch, None, &mut done).await?;
    let before = Moment::of(course, &mut connection).await?;

    let predicted = course.backfill(backfill, &scratch, Effect::Predict).await?;
    let outcome = course.backfill(backfill, &scratch, Effect::Execute).await?;
    if (predicted.counts.units, predicted.counts.writes, &predicted.counts.tallies, &predicted.counts.findings)
        != (outcome.counts.units, outcome.counts.writes, &outcome.counts.tallies, &outcome.counts.findings)
    {
        let sentence = format!(
            "predicted {} units and {} rows, and did {} and {}; `rows` should say what `write` writes",
            predicted.counts.units, predicted.counts.writes, outcome.counts.units, outcome.counts.writes
        );
        course.problem(What::Backfill { backfill: about.name, sentence }).await;
    }
    course.notes.push(format!("wrote {} rows for {} {}s", outcome.counts.writes, outcome.counts.units, about.unit));
    again(course, backfill, &scratch, &mut connection).await?;
    undo(course, backfill, &before, &scratch, &mut connection).await?;
    // The checks look at the whole: everything is filled when they do.
    course.backfill(backfill, &scratch, Effect::Execute).await?;
    done.retain(|name| !later.contains(name));
    course.run_due(&scratch, None, &mut done).await?;
    course.check(&scratch).await?;
    connection.close().await?;
    Ok(())
}

/// Undoes a finished backfill: the database is as it was before.
pub(super) async fn undo(
    course: &mut Course<'_>,
    backfill: &dyn AnyBackfill,
    before: &Moment,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    if about.undo == Undo::Absent {
        course.notes.push(format!("{} has no undo", about.name));
        return Ok(());
    }
    let outcome = course.backfill(backfill, scratch, Effect::Undo).await?;
    let hint = format!("complete `undo` in xtask/src/backfills/{}.rs", about.name);
    let expected = format!("undoing {} brings back what was there before", about.name);
    if same(course, before, connection, &expected, &hint).await? && outcome.counts.units > 0 {
        course.notes.push(format!("undo took back {} rows, and the content is as before", outcome.counts.writes));
    }
    Ok(())
}
