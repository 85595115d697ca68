//! A worker. [`work`] leases a range, processes it batch by batch, and continues with the next until none is free.
//! After a transient error (a lock, a deadlock, a lost connection) it starts again after its last batch, on new
//! connections.

use super::batch_size::BatchSizer;
use super::child_rows::ChildSource;
use super::definition::Backfill;
use super::error::Error;
use super::pass::Effect;
use super::throttle;
use super::work::{Halt, Orphans, Overtaken, Work};
use super::worker_pool::WorkerPool;
use crate::event::Event;
use crate::ledger::{self, Range, RunState, Transition};
use rehearsal_db::{self as db, Connection, Retries, Target};
use std::sync::Mutex;
use std::time::Duration;
use uuid::Uuid;

/// How often a batch is read again because another session filled some of its rows.
const IN_VAIN: u32 = 3;
/// Interval at which the state of a paused run is read.
const POLL: Duration = Duration::from_millis(200);

/// Why a worker has nothing more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Idle {
    /// No range is free.
    NoneFree,
    /// A stop was requested, or another worker failed.
    Stopped,
}

/// The state that a worker keeps between attempts.
struct RetryState {
    /// Retries since the last batch, which no batch has recorded yet.
    in_vain: u32,
    /// Retries among them because another session filled some rows of the batch.
    overtaken: u32,
    /// Whether the current attempt has committed a batch or finished a range.
    made_progress: bool,
    sizer: Mutex<BatchSizer>,
}

impl RetryState {
    /// Resets the counters after a batch is committed or a range is finished.
    fn record_progress(&mut self) {
        (self.in_vain, self.overtaken, self.made_progress) = (0, 0, true);
    }
}

/// Works until no range is free or the worker is to stop.
pub(super) async fn work<B: Backfill, S: ChildSource<B>>(
    pool: &WorkerPool<'_, B>,
    target: &Target,
    run: i64,
) -> Result<Idle, Error> {
    let mut retry = RetryState { in_vain: 0, overtaken: 0, made_progress: false, sizer: BatchSizer::of(pool.pass) };
    let mut retries = Retries::new(target.wait);
    loop {
        let error = match attempt::<B, S>(pool, target, run, &mut retry).await {
            Err(error) if !pool.is_to_stop() => error,
            done => return done.inspect_err(|_| pool.fail()),
        };
        // Progress renews the time for retries.
        if std::mem::take(&mut retry.made_progress) {
            retries = Retries::new(target.wait);
        }
        let Some(pause) = error.waited().and_then(|waited| retries.next(waited)) else {
            pool.fail();
            return Err(error.after_all(&retries));
        };
        retry.in_vain += 1;
        retry.overtaken += u32::from(matches!(error, Error::Engine(db::Error::Conflict { .. })));
        pool.retry(error.to_string(), pause);
        tokio::time::sleep(pause).await;
    }
}

/// Works on one pair of connections.
async fn attempt<B: Backfill, S: ChildSource<B>>(
    pool: &WorkerPool<'_, B>,
    target: &Target,
    run: i64,
    retry: &mut RetryState,
) -> Result<Idle, Error> {
    pool.keep_lock(target, run).await?;
    let mut reader = target.open_to_read().await?;
    let read = async {
        reader.prepare_pages().await?;
        let mut writer = target.open().await?;
        let wrote = write::<B, S>(pool, run, retry, &mut reader, &mut writer).await;
        writer.close_with(wrote).await
    };
    let done = read.await;
    reader.close_with(done).await
}

async fn write<B: Backfill, S: ChildSource<B>>(
    pool: &WorkerPool<'_, B>,
    run: i64,
    retry: &mut RetryState,
    reader: &mut Connection,
    writer: &mut Connection,
) -> Result<Idle, Error> {
    writer.prepare_batches().await?;
    // Positive and practically unique.
    let number = i64::try_from(Uuid::new_v4().as_u128() >> 65).unwrap_or_default();
    writer.register_worker(number).await?;
    pool.pressure.writes(writer.session_number().await?);
    loop {
        if pool.is_to_stop() {
            return Ok(Idle::Stopped);
        }
        throttle::give_way(pool).await;
        let Some(mut range) = ledger::claim(writer, run, number).await? else { return Ok(Idle::NoneFree) };
        // Stored with the counts of the next batch.
        range.counts.retries += u64::from(retry.in_vain);
        let before = range.counts.units;
        let overtaken = if retry.overtaken < IN_VAIN { Overtaken::Again } else { Overtaken::Take };
        let work = Work::new(pool, &retry.sizer, overtaken);
        let orphans = orphans(pool, &range);
        let halt = work.stretch::<S>(reader, Some(&mut *writer), &mut range, orphans).await;
        if range.counts.units > before {
            retry.record_progress();
        }
        match halt? {
            Halt::Finished => {
                finish(writer, &range).await?;
                retry.record_progress();
            }
            Halt::Lost => {}
            Halt::Stopped => return Ok(Idle::Stopped),
            Halt::StateChanged(state) => {
                if pause(pool, writer, run, state).await? == Idle::Stopped {
                    return Ok(Idle::Stopped);
                }
            }
        }
    }
}

/// Orphans are recorded with the first batch of the run. An earlier process that committed it has recorded them.
fn orphans<B: Backfill>(pool: &WorkerPool<'_, B>, range: &Range) -> Orphans {
    let is_first = range.lease.is_some_and(|lease| lease.number == 1);
    let is_new = range.cursor.is_none() && range.counts.findings.is_empty();
    match pool.pass.effect {
        Effect::Execute if is_first && is_new && pool.pass.scope.0.is_empty() => Orphans::Record,
        _ => Orphans::Leave,
    }
}

async fn finish(writer: &mut Connection, range: &Range) -> Result<(), Error> {
    writer.begin().await?;
    match ledger::end(writer, range).await {
        Ok(()) => Ok(writer.commit().await?),
        Err(error) => {
            writer.rollback().await;
            Err(error.into())
        }
    }
}

/// Acts on a requested pause or stop: waits until the run is resumed, or stops.
async fn pause<B: Backfill>(
    pool: &WorkerPool<'_, B>,
    writer: &mut Connection,
    run: i64,
    mut state: RunState,
) -> Result<Idle, Error> {
    let mut is_reported = false;
    loop {
        match state {
            RunState::Running => {
                if is_reported {
                    pool.go_on();
                }
                return Ok(Idle::NoneFree);
            }
            RunState::Pausing | RunState::Paused => {
                if state == RunState::Pausing {
                    writer.begin().await?;
                    let paused = ledger::transition(writer, run, Transition::Pause, &pool.pass.by).await;
                    match paused {
                        Ok(_) => writer.commit().await?,
                        Err(error) => {
                            writer.rollback().await;
                            return Err(error.into());
                        }
                    }
                }
                if !is_reported {
                    pool.wait(Event::Paused { backfill: pool.about.name });
                    is_reported = true;
                }
            }
            _ => return Ok(Idle::Stopped),
        }
        if pool.is_to_stop() {
            return Ok(Idle::Stopped);
        }
        tokio::time::sleep(POLL).await;
        state = ledger::state(writer, run).await?;
    }
}
