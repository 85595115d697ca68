//! What the workers of a pass share: what they have counted together, how much they have told, and whether one of them failed.

use super::definition::{About, Backfill};
use super::pass::{Effect, Pass};
use super::pressure::PressureWatch;
use crate::event::{Event, Events};
use crate::ledger::Counts;
use rehearsal_db::{self as db, Lock, Sharing, Target};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Executions of a backfill work side by side; an undo would take back what they have just done.
pub(super) fn sharing(effect: Effect) -> Sharing {
    match effect {
        Effect::Undo => Sharing::Alone,
        Effect::Execute | Effect::Again | Effect::Predict => Sharing::Together,
    }
}

/// The workers of a pass.
pub(super) struct WorkerPool<'a, B> {
    pub(super) backfill: &'a B,
    pub(super) about: About,
    pub(super) pass: &'a Pass,
    pub(super) pressure: PressureWatch,
    /// Whether others may be at work on the database.
    pub(super) has_company: bool,
    /// The right to work on the database, where others may want it.
    lock: tokio::sync::Mutex<Option<Lock>>,
    counts: Mutex<Counts>,
    lines: AtomicU64,
    has_failed: AtomicBool,
    /// How many workers wait for something to be over.
    waiting: AtomicU64,
    events: Events<'a>,
}

impl<'a, B: Backfill> WorkerPool<'a, B> {
    /// One that goes on from what was counted before.
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

    /// What was counted so far.
    pub(super) fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many units are done.
    pub(super) fn units(&self) -> u64 {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).units
    }

    /// Adds the counts of a batch that was committed, and tells of it.
    pub(super) fn add(&self, batch: &Counts) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.add(batch);
        // Under the lock: whoever listens sees them grow.
        (self.events)(Event::Batch { counts: counts.clone() });
    }

    /// Something is in the way: it is tried again.
    pub(super) fn retry(&self, why: String, pause: Duration) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).retries += 1;
        (self.events)(Event::Retrying { why, pause });
    }

    pub(super) fn tell(&self, event: Event) {
        (self.events)(event);
    }

    /// A worker begins to wait: the first one tells why.
    pub(super) fn wait(&self, why: Event) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            (self.events)(why);
        }
    }

    /// A worker has waited long enough: the last one tells that it goes on.
    pub(super) fn go_on(&self) {
        if self.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
            (self.events)(Event::Resumed);
        }
    }

    /// Tells a line about a unit, where lines are still wanted.
    pub(super) fn tell_line(&self, line: String) {
        if self.pass.lines.wants(self.lines.fetch_add(1, Ordering::Relaxed)) {
            (self.events)(Event::Unit { line });
        }
    }

    /// Whoever asks is to know that this process works on the run.
    pub(super) async fn begin(&self, run: i64) -> Result<(), db::Error> {
        match self.lock.lock().await.as_mut() {
            Some(lock) => lock.work_on(run).await,
            None => Ok(()),
        }
    }

    /// Nobody of this process works on the run any more.
    pub(super) async fn leave(&self, run: i64) {
        if let Some(lock) = self.lock.lock().await.as_mut() {
            lock.leave(run).await;
        }
    }

    /// Makes sure that the right to work on the database was not lost with a connection, or takes it again.
    pub(super) async fn keep_lock(&self, target: &Target, run: i64) -> Result<(), db::Error> {
        let mut lock = self.lock.lock().await;
        let Some(held) = lock.as_mut() else { return Ok(()) };
        if !held.is_held().await {
            // Whoever holds what is gone holds nothing.
            *lock = None;
            let waiting = |holder| self.tell(Event::Waiting { database: target.address.url(), holder });
            let sharing = sharing(self.pass.effect);
            let mut taken = Lock::take(&target.address, sharing, target.wait, &waiting).await?;
            taken.work_on(run).await?;
            *lock = Some(taken);
        }
        Ok(())
    }

    /// One of the workers can't go on: the others stop after the batch in hand.
    pub(super) fn fail(&self) {
        self.has_failed.store(true, Ordering::Relaxed);
    }

    /// True where no further batch is to be begun.
    pub(super) fn is_to_stop(&self) -> bool {
        self.pass.stop.is_requested() || self.has_failed.load(Ordering::Relaxed)
    }
}
