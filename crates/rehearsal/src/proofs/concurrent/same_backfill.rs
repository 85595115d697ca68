//! Three concurrent runs of one backfill, on different and on the same units, must produce the result of a single
//! run, and no transient error may end a run. *Concurrent* and `backfill --verify` both call [`prove`].

use crate::Error;
use crate::backfill::{self, AnyBackfill, Effect, Pass, Scope};
use crate::event::Event;
use crate::proofs::ProofRun;
use crate::proofs::kit::snapshot::Snapshot;
use crate::proofs::kit::unchanged::equal;
use crate::report::{Finding, Reproduce};
use crate::source;
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs the backfill three times concurrently on a copy of the database `before` it ran, and compares the result
/// with `after`, the result of a single run. Does nothing on an engine with one writer.
pub(in crate::proofs) async fn prove(
    run: &mut ProofRun<'_>,
    backfill: &dyn AnyBackfill,
    before: &Snapshot,
    after: &Snapshot,
) -> Result<(), Error> {
    let about = backfill.about();
    if backfill.engine().has_one_writer() {
        return Ok(());
    }
    run.step(format!("run backfill {} three times concurrently", about.name));
    let scratch = run.at(before.steps()).await?;
    let scopes = backfill.scopes(scratch.target(), 2).await?;
    let [one, other] = scopes.as_slice() else { return Ok(()) };
    let retries = AtomicU64::new(0);
    // Two runs with disjoint scopes, and one run of all units that overlaps with both.
    let passes = [one.clone(), other.clone(), Scope::default()].map(|scope| Pass {
        scope,
        batch: run.batch,
        ..Pass::new(Effect::Execute)
    });
    let count = |event: Event| {
        if matches!(event, Event::Retrying { .. }) {
            retries.fetch_add(1, Ordering::Relaxed);
        }
    };
    let [first, second, all] = &passes;
    let (first, second, all) = tokio::join!(
        backfill::run(backfill, scratch.target(), first, &count),
        backfill::run(backfill, scratch.target(), second, &count),
        backfill::run(backfill, scratch.target(), all, &count)
    );
    // How many units each run processed is chance, but none of them may fail.
    let mut units = Vec::new();
    for ran in [first, second, all] {
        units.push(ran?.counts.units.to_string());
    }
    let mut connection = scratch.open().await?;
    let now = Snapshot::of(run, &mut connection).await?;
    let compared = after.differences(&now, run, &mut connection).await?;
    let compared = after.without_nondeterministic(compared, run).await?;
    connection.close().await?;
    let finding = Finding::new(
        &super::RUNS_INTERFERE,
        format!("three concurrent runs of {} do not produce the result of a single run", about.name),
    )
    .with_help(format!("make `write` in {} skip rows that another run has written", source::backfill(about.name)))
    .again_with(Reproduce::Backfill(about.name));
    if equal(run, &compared, finding).await {
        let did = format!("{} {}s", units.join(", "), about.unit);
        let again = match retries.into_inner() {
            0 => String::new(),
            1 => "; 1 retry".to_owned(),
            n => format!("; {n} retries"),
        };
        run.note(format!("three concurrent runs ({did}{again}) produced the result of a single run"));
    }
    Ok(())
}
