//! The entrance: one pass of a backfill over its units, for commands, rehearsals and processes that are there to be killed.

use super::error::Error;
use super::outcome::{Outcome, Traversal};
use super::pass::Pass;
use super::registry::AnyBackfill;
use crate::event::{Event, Events};
use crate::ledger::FindingsChecksum;
use rehearsal_db::Target;
use std::time::Instant;

/// Makes one pass of `backfill` over its units in `target`. What can't be run is refused before anything is written.
///
/// # Errors
/// See [`Error`]; the batch in hand is rolled back, and those before it stay.
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
