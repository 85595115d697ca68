//! A pass without stored progress: a dry run, or a pass that writes existing values again. After a transient error
//! it starts again at the first unit, but reports every event only once. `run` is the entry point.

use super::batch_size::BatchSizer;
use super::child_rows::ChildSource;
use super::definition::Backfill;
use super::error::Error;
use super::outcome::{Ending, Traversal};
use super::pass::{Effect, Pass};
use super::preflight::{check_scope, check_window};
use super::query::{count, last_key};
use super::retry_events::RetryEvents;
use super::work::{Halt, Orphans, Overtaken, Work};
use super::worker_pool::WorkerPool;
use crate::event::{Event, Events, ResumePoint};
use crate::ledger::{self, Begun, Counts, Order, Range};
use rehearsal_db::{Connection, Retries, Target, Which};

pub(super) async fn run<B: Backfill, S: ChildSource<B>>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    events: Events<'_>,
) -> Result<Traversal, Error> {
    let retry_events = RetryEvents::default();
    let mut retries = Retries::new(target.wait);
    let mut tried_again = 0;
    let Done { mut counts, ending, already_done } = loop {
        retry_events.begin();
        let tell = |event| retry_events.tell(event, events);
        let error = match attempt::<B, S>(backfill, target, pass, &tell).await {
            Err(error) if retry_events.is_under_way() && !pass.stop.is_requested() => error,
            done => break done?,
        };
        let Some(pause) = error.waited().and_then(|waited| retries.next(waited)) else {
            return Err(error.after_all(&retries));
        };
        tried_again += 1;
        events(Event::Retrying { why: error.to_string(), pause });
        tokio::time::sleep(pause).await;
    };
    counts.retries += tried_again;
    Ok(Traversal { counts, resumed: retry_events.resumed(), ending, left: 0, already_done })
}

/// The result of a complete attempt.
struct Done {
    counts: Counts,
    ending: Ending,
    already_done: Option<u64>,
}

async fn attempt<B: Backfill, S: ChildSource<B>>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    events: Events<'_>,
) -> Result<Done, Error> {
    let mut reader = target.open_to_read().await?;
    let read = async {
        check_window(backfill, target, pass.effect, &mut reader).await?;
        check_scope(backfill, pass, &mut reader).await?;
        if pass.effect == Effect::Predict {
            return drive::<B, S>(backfill, pass, &mut reader, None, events).await;
        }
        let mut writer = target.open().await?;
        let wrote = match writer.prepare_batches().await {
            Ok(()) => drive::<B, S>(backfill, pass, &mut reader, Some(&mut writer), events).await,
            Err(error) => Err(error.into()),
        };
        writer.close_with(wrote).await
    };
    let read = read.await;
    reader.close_with(read).await
}

async fn drive<B: Backfill, S: ChildSource<B>>(
    backfill: &B,
    pass: &Pass,
    reader: &mut Connection,
    writer: Option<&mut Connection>,
    events: Events<'_>,
) -> Result<Done, Error> {
    let scope = pass.scope.key();
    let order = Order { backfill: backfill.about().name, work: ledger::Work::Execute, scope: &scope };
    // A dry run predicts an execution, which would resume the unfinished run.
    let unfinished = match pass.effect {
        Effect::Predict => ledger::unfinished(reader, &order).await?,
        _ => None,
    };
    let counts = unfinished.as_ref().map(|begun| begun.counts.clone()).unwrap_or_default();
    let resumed =
        unfinished.as_ref().filter(|begun| begun.counts.units > 0).and_then(|Begun { after, counts, .. }| {
            Some(ResumePoint { after: after.as_ref()?.to_string(), units: counts.units })
        });
    let units = count(backfill, reader, &pass.scope, pass.effect.which()).await?;
    events(Event::BackfillStarted { backfill: backfill.about().name, units, resumed, counts: counts.clone() });
    let orphans = match pass.effect {
        Effect::Predict if pass.scope.0.is_empty() && counts.findings.is_empty() => Orphans::Record,
        _ => Orphans::Leave,
    };
    if let Some(begun) = &unfinished {
        ledger::replay(reader, begun.run, &|finding| events(Event::FindingReported(finding))).await?;
    }
    let until = last_key(backfill, pass, reader).await?;
    reader.prepare_pages().await?;
    let pool = WorkerPool::new(backfill, pass, counts, None, events);
    let sizer = BatchSizer::of(pass);
    let work = Work::new(&pool, &sizer, Overtaken::Take);
    // The open ranges of the unfinished run do not matter: every unit to process is pending.
    let mut range = Range { until, ..Range::default() };
    let ending = match work.stretch::<S>(reader, writer, &mut range, orphans).await? {
        Halt::Finished => Ending::Finished,
        Halt::Stopped | Halt::StateChanged(_) | Halt::Lost => Ending::Stopped,
    };
    let already_done = match units {
        0 => Some(count(backfill, reader, &pass.scope, Which::Finished).await?),
        _ => None,
    };
    Ok(Done { counts: pool.counts(), ending, already_done })
}
