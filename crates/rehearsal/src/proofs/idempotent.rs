//! *Rerun*: once everything is applied and filled, migrating again does nothing, and each backfill, run again from its
//! first unit whatever the ledger says, writes nothing.

use crate::Error;
use crate::backfill::{AnyBackfill, Effect};
use crate::migration::{self, Goal};
use crate::proofs::kit::snapshot::{Compared, Snapshot};
use crate::proofs::{ProofRun, What};
use crate::sandbox::Scratch;
use crate::source;
use rehearsal_db::Connection;

pub(super) async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let scratch = run.start("rerun").await?;
    let mut connection = scratch.open().await?;
    run.walk(&scratch, &mut connection).await?;

    run.step("migrate again");
    let before = Snapshot::of(run, &mut connection).await?;
    let applied = migration::applied(&mut connection).await?;
    let steps = migration::plan(run.rehearsal.history, &applied, Goal::Newest)?;
    migration::apply_all(&mut connection, &steps, &crate::event::silent).await?;
    let hint = "a migration that is applied should not be run again: look at what is recorded in _sqlx_migrations";
    same(run, &before, &mut connection, "migrating again changes nothing", hint).await?;

    for backfill in run.due(None, &[]) {
        if backfill.about().until.is_none_or(|until| run.rehearsal.history.get(until).is_none()) {
            again(run, backfill, &scratch, &mut connection).await?;
        }
    }
    connection.close().await?;
    Ok(())
}

/// Runs a finished backfill again from its first unit: no write, and not a value changed.
pub(super) async fn again(
    run: &mut ProofRun<'_>,
    backfill: &dyn AnyBackfill,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    let before = Snapshot::of(run, connection).await?;
    let outcome = run.backfill(backfill, scratch, Effect::Again).await?;
    if outcome.counts.writes > 0 {
        let sentence = format!(
            "wrote {} rows when it was run again; its `write` should leave alone what is filled",
            outcome.counts.writes
        );
        run.problem(What::Backfill { backfill: about.name, sentence }).await;
    }
    let expected = format!("running {} again changes nothing", about.name);
    let hint = format!("make `write` in {} leave alone what is filled", source::backfill(about.name));
    same(run, &before, connection, &expected, &hint).await?;
    if outcome.counts.units > 0 {
        run.notes.push(format!("{} read {} {}s again and wrote nothing", about.name, outcome.counts.units, about.unit));
    }
    Ok(())
}

/// Records a problem where the database is not as it was before.
pub(super) async fn same(
    run: &mut ProofRun<'_>,
    before: &Snapshot,
    connection: &mut Connection,
    expected: &str,
    hint: &str,
) -> Result<bool, Error> {
    let compared = before.compare(run, connection).await?;
    Ok(judge(run, &compared, expected, hint).await)
}

/// Records a problem where there is a difference that counts. Returns whether there is none.
pub(super) async fn judge(run: &mut ProofRun<'_>, compared: &Compared, expected: &str, hint: &str) -> bool {
    run.notes.extend(compared.notes());
    let lines = compared.lines();
    let same = lines.is_empty();
    if !same {
        run.problem(What::Differences { expected: expected.to_owned(), lines, hint: hint.to_owned() }).await;
    }
    same
}
