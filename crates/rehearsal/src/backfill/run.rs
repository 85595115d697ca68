//! The entry point of backfills: [`run`] makes one pass over the units. Commands, rehearsals and the processes that
//! the crash proof kills all call it.

use super::error::Error;
use super::outcome::{Outcome, Traversal};
use super::pass::Pass;
use super::registry::AnyBackfill;
use crate::event::{Event, Events};
use crate::ledger::FindingsChecksum;
use rehearsal_db::Target;
use std::time::Instant;

/// Makes one pass of `backfill` over its units in `target`. A pass that cannot run is refused before anything is
/// written.
///
/// # Errors
/// See [`Error`]. The current batch is rolled back; earlier batches stay committed.
pub async fn run(
    backfill: &dyn AnyBackfill,
    target: &Target,
    pass: &Pass,
    events: Events<'_>,
) -> Result<Outcome, Error> {
    let start = Instant::now();
    let checksum = FindingsChecksum::default();
    let listen = |event: Event| {
        if let Event::FindingReported(finding) = &event {
            checksum.add(finding);
        }
        events(event);
    };
    let Traversal { counts, resumed, ending, left, already_done } = backfill.traverse(target, pass, &listen).await?;
    let (about, effect, took) = (backfill.about(), pass.effect, start.elapsed());
    Ok(Outcome { about, effect, counts, resumed, ending, left, already_done, findings: checksum.sum(), took })
}
