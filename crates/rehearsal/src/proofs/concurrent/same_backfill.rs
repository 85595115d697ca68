//! Several runs of one backfill at the same time, on different and on the same units: in the end the database is what one run
//! alone makes of it, and no transient error ends a run.

use crate::Error;
use crate::backfill::{self, AnyBackfill, Effect, Pass, Scope};
use crate::event::Event;
use crate::proofs::ProofRun;
use crate::proofs::kit::snapshot::Snapshot;
use crate::proofs::kit::unchanged::equal;
use crate::report::{Finding, Reproduce};
use crate::source;
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs the backfill three times at once on a copy of the database as it was `before`; `after` is what one run makes of it.
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
    run.step(format!("run backfill {} three times at once", about.name));
    let scratch = run.at(before.steps()).await?;
    let scopes = backfill.scopes(scratch.target(), 2).await?;
    let [one, other] = scopes.as_slice() else { return Ok(()) };
    let retries = AtomicU64::new(0);
    // Two that have nothing to do with each other, beside one that has to do with both.
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
    // How far each came is chance; that none of them failed is not.
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
        format!("three runs of {} at once do not make what one run makes", about.name),
    )
    .with_help(format!("let `write` in {} leave unchanged what another run has written", source::backfill(about.name)))
    .again_with(Reproduce::Backfill(about.name));
    if equal(run, &compared, finding).await {
        let did = format!("{} {}s", units.join(", "), about.unit);
        let again = match retries.into_inner() {
            0 => String::new(),
            1 => " with one retry".to_owned(),
            n => format!(" with {n} retries"),
        };
        run.note(format!("three runs begun at the same time did {did}{again}, and made what one makes"));
    }
    Ok(())
}
