//! Several runs of one backfill at the same time, on different and on the same units: what is there in the end is what one run
//! alone makes, and nothing that gets into another's way ends a run.

use crate::Error;
use crate::backfill::{self, AnyBackfill, Effect, Pass, Scope};
use crate::event::Event;
use crate::proofs::ProofRun;
use crate::proofs::idempotent::same;
use crate::proofs::kit::snapshot::Snapshot;
use crate::sandbox::Scratch;
use crate::source;
use rehearsal_db::Connection;
use std::sync::atomic::{AtomicU64, Ordering};

/// Begins with nothing done; `after` is what one run makes of it.
pub(in crate::proofs) async fn prove(
    run: &mut ProofRun<'_>,
    backfill: &dyn AnyBackfill,
    after: &Snapshot,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    if backfill.engine().has_one_writer() {
        return Ok(());
    }
    let scopes = backfill.scopes(scratch.target(), 2).await?;
    let [one, other] = scopes.as_slice() else { return Ok(()) };
    run.step(format!("run backfill {} twice at the same time", about.name));
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
    let expected = format!("three runs of {} at the same time make what one makes", about.name);
    let hint = format!("make `write` in {} leave alone what another one has written", source::backfill(about.name));
    if same(run, after, connection, &expected, &hint).await? {
        let did = format!("{} {}s", units.join(", "), about.unit);
        let again = match retries.into_inner() {
            0 => String::new(),
            1 => " with one retry".to_owned(),
            n => format!(" with {n} retries"),
        };
        run.notes.push(format!("three runs begun at the same time did {did}{again}, and made what one makes"));
    }
    Ok(())
}
