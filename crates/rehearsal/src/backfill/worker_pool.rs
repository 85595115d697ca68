//! The state that the workers of a pass share: [`WorkerPool`] holds the lock on the database, adds up the counts of the
//! workers, reports their events, and tells them to stop.

use super::definition::{About, Backfill};
use super::pass::{Effect, Pass};
use super::pressure::PressureWatch;
use crate::event::{Event, Events};
use crate::ledger::Counts;
use rehearsal_db::{self as db, Lock, Sharing, Target};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Returns how a pass shares the lock on the database. An undo takes it alone, because it would revert rows that
/// concurrent executions write. All other passes share it. A pass without a ledger takes no lock.
pub(super) fn sharing(effect: Effect) -> Sharing {
    match effect {
        Effect::Undo => Sharing::Alone,
        Effect::Execute | Effect::Again | Effect::Predict | Effect::PredictUndo => Sharing::Together,
    }
}

/// What the workers of a pass share. It contains no worker: each one is a call of [`work`](super::worker::work) that
/// borrows the pool, and a pass without a ledger works in `one_shot.rs`.
pub(super) struct WorkerPool<'a, B> {
    pub(super) backfill: &'a B,
    pub(super) about: About,
    pub(super) pass: &'a Pass,
    pub(super) pressure: PressureWatch,
    /// Whether the pass took the lock, because other processes may work on the database.
    pub(super) has_company: bool,
    /// The lock on the database; `None` for a pass without a ledger, and if no other process can use the database.
    lock: tokio::sync::Mutex<Option<Lock>>,
    counts: Mutex<Counts>,
    /// Number of lines about units so far, including those beyond the limit, which are not reported.
    lines: AtomicU64,
    /// Whether a worker failed, so that the others stop.
    has_failed: AtomicBool,
    /// Number of workers that are paused or throttled.
    waiting: AtomicU64,
    events: Events<'a>,
}

impl<'a, B: Backfill> WorkerPool<'a, B> {
    /// Creates a pool whose counts start at `counts`.
    pub(super) fn new(backfill: &'a B, pass: &'a Pass, counts: Counts, lock: Option<Lock>, events: Events<'a>) -> Self {
        Self {
            backfill,
            about: backfill.about(),
            pass,
            pressure: PressureWatch::default(),
            has_company: lock.is_some(),
            lock: tokio::sync::Mutex::new(lock),
            counts: Mutex::new(counts),
            lines: AtomicU64::new(0),
            has_failed: AtomicBool::new(false),
            waiting: AtomicU64::new(0),
            events,
        }
    }

    /// The counts so far.
    pub(super) fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of units processed so far.
    pub(super) fn units(&self) -> u64 {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).units
    }

    /// Records the counts of a batch that was committed, or would have been in a dry run, and reports the sum.
    pub(super) fn add(&self, batch: &Counts) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.add(batch);
        // Reported under the lock, so that listeners see the counts only grow.
        (self.events)(Event::Batch { counts: counts.clone() });
    }

    /// Records and reports that a worker retries. The worker itself sleeps for `pause`.
    pub(super) fn retry(&self, why: String, pause: Duration) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).retries += 1;
        (self.events)(Event::Retrying { why, pause });
    }

    /// Reports an event.
    pub(super) fn tell(&self, event: Event) {
        (self.events)(event);
    }

    /// Records that a worker starts to wait, and reports the reason if no other worker waits. The worker itself sleeps
    /// until the pause or the load is over. Only the commit of a batch renews a lease: if the lease of its range ends
    /// during the wait, another worker may take the range over.
    pub(super) fn wait(&self, why: Event) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            (self.events)(why);
        }
    }

    /// Records that a worker stops waiting, and reports that the run resumes if no other worker waits.
    pub(super) fn go_on(&self) {
        if self.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
            (self.events)(Event::Resumed);
        }
    }

    /// Reports a line about a unit, up to the limit of the pass.
    pub(super) fn tell_line(&self, line: String) {
        if self.pass.lines.wants(self.lines.fetch_add(1, Ordering::Relaxed)) {
            (self.events)(Event::Unit { line });
        }
    }

    /// Marks the run as worked on by this process, for other processes.
    pub(super) async fn begin(&self, run: i64) -> Result<(), db::Error> {
        match self.lock.lock().await.as_mut() {
            Some(lock) => lock.work_on(run).await,
            None => Ok(()),
        }
    }

    /// Removes the mark of [`Self::begin`].
    pub(super) async fn leave(&self, run: i64) {
        if let Some(lock) = self.lock.lock().await.as_mut() {
            lock.leave(run).await;
        }
    }

    /// Takes the lock on the database again if it was lost: on a server, it ends with its session.
    pub(super) async fn keep_lock(&self, target: &Target, run: i64) -> Result<(), db::Error> {
        let mut lock = self.lock.lock().await;
        let is_held = match lock.as_mut() {
            Some(held) => held.is_held().await,
            // Lost, and the last attempt to take it failed; or not needed.
            None => !self.has_company,
        };
        if !is_held {
            // Dropped first, which closes its connection: the server may not have ended the old session yet, and this
            // process would wait for a lock that it holds itself.
            *lock = None;
            let waiting = |holder| self.tell(Event::Waiting { database: target.address.url(), holder });
            let sharing = sharing(self.pass.effect);
            let mut taken = Lock::take(&target.address, sharing, target.wait, &waiting).await?;
            taken.work_on(run).await?;
            *lock = Some(taken);
        }
        Ok(())
    }

    /// Records that a worker failed, so that all workers stop after their current batch.
    pub(super) fn fail(&self) {
        self.has_failed.store(true, Ordering::Relaxed);
    }

    /// True if no further batch may start: the user requested a stop, or a worker failed.
    pub(super) fn is_to_stop(&self) -> bool {
        self.pass.stop.is_requested() || self.has_failed.load(Ordering::Relaxed)
    }
}
