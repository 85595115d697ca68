//! The proof of one backfill, for `backfill --verify`: run, run again from the first unit, checks, undo.

use crate::Error;
use crate::backfill::{AnyBackfill, Effect, Undo};
use crate::ledger::Counts;
use crate::proofs::concurrent::same_backfill;
use crate::proofs::idempotent::{again, same};
use crate::proofs::kit::snapshot::Snapshot;
use crate::proofs::{ProofRun, What};
use crate::sandbox::Scratch;
use crate::source;
use rehearsal_db::Connection;

pub(super) async fn prove(run: &mut ProofRun<'_>, backfill: &dyn AnyBackfill) -> Result<(), Error> {
    let about = backfill.about();
    let scratch = run.start("verify").await?;
    let mut connection = scratch.open().await?;
    let last = about.until.unwrap_or(i64::MAX);
    // This one is kept for the proof.
    let mut done = vec![about.name];
    for migration in
        run.rehearsal.history.after(run.start_version()).iter().take_while(|migration| migration.version < last)
    {
        run.run_due(&scratch, Some(migration), &mut done).await?;
        run.up(migration, &scratch, &mut connection).await?;
    }
    // Those that run before it, so that it finds what it will find.
    let names = run.rehearsal.backfills.iter().map(|backfill| backfill.about().name);
    let later: Vec<&str> = names.skip_while(|name| *name != about.name).filter(|name| !done.contains(name)).collect();
    done.extend(&later);
    run.run_due(&scratch, None, &mut done).await?;
    let before = Snapshot::of(run, &mut connection).await?;

    let (predicted, would_find) = run.pass(backfill, &scratch, Effect::Predict).await?;
    let (outcome, found) = run.pass(backfill, &scratch, Effect::Execute).await?;
    let (foreseen, counts) = (&predicted.counts, &outcome.counts);
    if (foreseen.units, foreseen.writes) != (counts.units, counts.writes) {
        let sentence = format!(
            "predicted {} units and {} rows, and did {} and {}; `rows` should say what `write` writes",
            foreseen.units, foreseen.writes, counts.units, counts.writes
        );
        run.problem(What::Backfill { backfill: about.name, sentence }).await;
    }
    let rest = |counts: &Counts| (counts.tallies.clone(), counts.findings.clone(), counts.reconciliation.clone());
    if rest(foreseen) != rest(counts) || would_find != found {
        let sentence =
            "a dry run finds and counts other things than an execution; `transform` should depend on its unit only";
        run.problem(What::Backfill { backfill: about.name, sentence: sentence.to_owned() }).await;
    }
    run.notes.push(format!("wrote {} rows for {} {}s", counts.writes, counts.units, about.unit));
    if !counts.findings.is_empty() {
        let kinds: Vec<String> = counts.findings.iter().map(|(kind, n)| format!("{kind} {}", n)).collect();
        run.notes.push(format!("found the same as a dry run: {}", kinds.join(", ")));
    }
    if !counts.reconciliation.is_empty() {
        let held = if backfill.has_source_counts() { ", as many as the database has" } else { "" };
        run.notes.push(format!("accounted for each old value{held}: {}", counts.reconciliation.total()));
    }
    again(run, backfill, &scratch, &mut connection).await?;
    let after = Snapshot::of(run, &mut connection).await?;
    undo(run, backfill, &before, outcome.counts.units, &scratch, &mut connection).await?;
    if about.undo == Undo::Written {
        same_backfill::prove(run, backfill, &after, &scratch, &mut connection).await?;
    }
    // The checks look at the whole: everything is filled when they do.
    run.backfill(backfill, &scratch, Effect::Execute).await?;
    done.retain(|name| !later.contains(name));
    run.run_due(&scratch, None, &mut done).await?;
    run.check(&scratch).await?;
    connection.close().await?;
    Ok(())
}

/// Undoes a backfill that has executed so many units: the database is as it was before. Where more units are taken back, the
/// fixture had some that were finished before; then it is executed and undone once more, and is as it was after the first.
pub(super) async fn undo(
    run: &mut ProofRun<'_>,
    backfill: &dyn AnyBackfill,
    before: &Snapshot,
    executed: u64,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    if about.undo == Undo::Absent {
        run.notes.push(format!("{} has no undo", about.name));
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
    let hint = format!("complete `undo` in {}", source::backfill(about.name));
    let expected = format!("undoing {} brings back what was there before", about.name);
    if same(run, before, connection, &expected, &hint).await? && outcome.counts.units > 0 {
        run.notes.push(format!("undo took back {} rows, and the content is as before", outcome.counts.writes));
    }
    Ok(())
}
