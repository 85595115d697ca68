//! The dry run of an undo: counts the units that it would undo, and writes nothing. `run` is the entry point.

use super::definition::Backfill;
use super::error::Error;
use super::outcome::{Ending, Traversal};
use super::pass::{Effect, Pass};
use super::preflight::{check_scope, check_window};
use super::query::count;
use crate::event::{Event, Events};
use crate::ledger::Counts;
use rehearsal_db::Target;

pub(super) async fn run<B: Backfill>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    events: Events<'_>,
) -> Result<Traversal, Error> {
    let mut reader = target.open_to_read().await?;
    let counted = async {
        // The undo itself would need these privileges.
        check_window(backfill, target, Effect::Undo, &mut reader).await?;
        check_scope(backfill, pass, &mut reader).await?;
        count(backfill, &mut reader, &pass.scope, pass.effect.which()).await
    };
    let counted = counted.await;
    let units = reader.close_with(counted).await?;
    let counts = Counts { units, ..Counts::default() };
    let backfill = backfill.about().name;
    events(Event::BackfillStarted { backfill, units, resumed: None, counts: counts.clone() });
    let already_done = (units == 0).then_some(0);
    Ok(Traversal { counts, resumed: None, ending: Ending::Finished, left: 0, already_done })
}
