//! A backfill that is done once more, and one that is undone: what several proofs do with each backfill.

use super::snapshot::Snapshot;
use super::unchanged::unchanged;
use crate::Error;
use crate::backfill::{AnyBackfill, Effect, Undo};
use crate::proofs::ProofRun;
use crate::report::{Code, Finding, Reproduce};
use crate::sandbox::Scratch;
use crate::source;
use rehearsal_db::Connection;

/// Runs a finished backfill again from its first unit: no write, and not a value changed.
pub async fn again(
    run: &mut ProofRun<'_>,
    code: &'static Code,
    backfill: &dyn AnyBackfill,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    let before = Snapshot::of(run, connection).await?;
    let outcome = run.backfill(backfill, scratch, Effect::Again).await?;
    let finding = |message: String| {
        let help = format!("let `write` in {} leave unchanged what is filled", source::backfill(about.name));
        Finding::new(code, message).with_help(help).again_with(Reproduce::Backfill(about.name))
    };
    if outcome.counts.writes > 0 {
        run.find(finding(format!("{} wrote {} rows when it was run again", about.name, outcome.counts.writes))).await;
    }
    let changed = finding(format!("running {} again changes the database", about.name));
    unchanged(run, &before, connection, changed).await?;
    if outcome.counts.units > 0 {
        run.note(format!("{} read {} {}s again and wrote nothing", about.name, outcome.counts.units, about.unit));
    }
    Ok(())
}

/// Undoes a backfill that has executed so many units: the database is as it was before. Where more units are taken back, the
/// fixture had some that were finished before; then it is executed and undone once more, and is as it was after the first.
pub async fn undo(
    run: &mut ProofRun<'_>,
    code: &'static Code,
    backfill: &dyn AnyBackfill,
    (before, executed): (&Snapshot, u64),
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    if about.undo == Undo::Absent {
        run.note(format!("{} has no undo", about.name));
        return Ok(());
    }
    let mut outcome = run.backfill(backfill, scratch, Effect::Undo).await?;
    let undone = Snapshot::of(run, connection).await?;
    let before = if outcome.counts.units > executed {
        run.backfill(backfill, scratch, Effect::Execute).await?;
        outcome = run.backfill(backfill, scratch, Effect::Undo).await?;
        &undone
    } else {
        before
    };
    let finding = Finding::new(code, format!("undoing {} does not restore the data", about.name))
        .with_help(format!("complete `undo` in {}", source::backfill(about.name)))
        .again_with(Reproduce::Backfill(about.name));
    if unchanged(run, before, connection, finding).await? && outcome.counts.units > 0 {
        run.note(format!("undo took back {} rows, and the content is as before", outcome.counts.writes));
    }
    Ok(())
}
