//! Running a backfill a second time ([`again`]) and undoing it ([`undo`]), for the proofs that do so with each
//! backfill.

use super::snapshot::Snapshot;
use super::unchanged::unchanged;
use crate::Error;
use crate::backfill::{AnyBackfill, Effect, Undo};
use crate::plural::counted;
use crate::proofs::ProofRun;
use crate::report::{Code, Finding, Reproduce};
use crate::sandbox::Scratch;
use crate::source;
use rehearsal_db::Connection;

/// Runs a finished backfill again from its first unit. Reports a finding if it writes a row or changes a value.
/// Returns a note of the units that were read, or `None` if there were none.
pub async fn again(
    run: &mut ProofRun<'_>,
    code: &'static Code,
    backfill: &dyn AnyBackfill,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<Option<String>, Error> {
    let about = backfill.about();
    let before = Snapshot::of(run, connection).await?;
    let outcome = run.backfill(backfill, scratch, Effect::Again).await?;
    let finding = |message: String| {
        let help = format!("let `write` in {} change only rows that are not filled yet", source::backfill(about.name));
        Finding::new(code, message).with_help(help).again_with(Reproduce::Backfill(about.name))
    };
    if outcome.counts.writes > 0 {
        let rows = counted(outcome.counts.writes, "row");
        run.find(finding(format!("a second run of {} wrote {rows}", about.name))).await;
    }
    let changed = finding(format!("a second run of {} changes the database", about.name));
    unchanged(run, &before, connection, changed).await?;
    let units = outcome.counts.units;
    Ok((units > 0).then(|| format!("a second run wrote nothing ({} read)", counted(units, about.unit))))
}

/// Undoes a backfill that has executed `executed` units. Reports a finding if the database differs from `before`.
/// If more units are undone than were executed, the fixture contained finished units: then the backfill is executed
/// and undone again, and the database must be as it was after the first undo.
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
        let rows = counted(outcome.counts.writes, "row");
        run.note(format!("undoing backfill {} restored the data ({rows} changed back)", about.name));
    }
    Ok(())
}
