//! Three concurrent runs of one backfill, on different and on the same units, must produce the result of a single
//! run, and no transient error may end a run. *Concurrent* proves that for each backfill of a database
//! ([`compare`]), and `backfill --verify` for one ([`prove`]).

use crate::Error;
use crate::backfill::{self, AnyBackfill, Effect, Pass, Scope};
use crate::event::Event;
use crate::proofs::ProofRun;
use crate::proofs::kit::snapshot::Snapshot;
use crate::proofs::kit::timeline::Step;
use crate::proofs::kit::unchanged::equal;
use crate::report::{Finding, ProofStatus, Reproduce};
use crate::source;
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs each backfill that is due at the end of the history three times concurrently.
pub(super) async fn compare(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let several = run.due(None, &[]).into_iter().any(|backfill| !backfill.engine().has_one_writer());
    if !several {
        return Ok(());
    }
    if run.data.earlier("deterministic") == Some(ProofStatus::Failed) {
        run.not_covered("concurrent runs were not compared with a single run, because the result is not deterministic");
        return Ok(());
    }
    run.steps.clear();
    let scratch = run.start("at_once").await?;
    let mut connection = scratch.open().await?;
    let mut done = Vec::new();
    for migration in run.rehearsal.history.after(run.start_version()) {
        run.run_due(&scratch, Some(migration), &mut done).await?;
        run.up(migration, &scratch, &mut connection).await?;
        run.load_later(migration.version, &mut connection).await?;
    }
    for backfill in run.due(None, &done) {
        let before = Snapshot::of(run, &mut connection).await?;
        let step = Step::Backfill(backfill.about().name, Effect::Execute);
        let steps = [before.steps(), &[step]].concat();
        // *populated* has already run the last backfill alone.
        let known = run.data.end().map(|end| &end.snapshot).filter(|snapshot| snapshot.steps() == steps);
        if let Some(after) = known {
            prove(run, backfill, &before, after).await?;
            continue;
        }
        run.backfill(backfill, &scratch, Effect::Execute).await?;
        let after = Snapshot::of(run, &mut connection).await?;
        prove(run, backfill, &before, &after).await?;
    }
    connection.close().await?;
    Ok(())
}

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
    let compared = after.without_nondeterministic(after.sums(&now), before, run).await?;
    let compared = after.explain(compared, &now, run, &mut connection).await?;
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
