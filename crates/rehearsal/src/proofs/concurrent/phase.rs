//! The state that the writers and the backfill share while both run ([`Phase`]): whether the run has started, how
//! far it is, and whether it is over.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::sleep;

/// Interval at which the state is polled.
const TICK: Duration = Duration::from_millis(1);

/// Progress of the proof. The writers write before the backfill starts and while it runs, and stop when it ends.
#[derive(Debug, Default)]
pub(super) struct Phase {
    /// Writes so far, by all writers.
    acted: AtomicU64,
    /// Units that the run has committed.
    done: AtomicU64,
    is_running: AtomicBool,
    is_over: AtomicBool,
}

impl Phase {
    /// Counts a write, successful or not.
    pub(super) fn acted(&self) {
        self.acted.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for this many writes, then marks the run as started.
    pub(super) async fn run_behind(&self, acts: u64) {
        while self.acted.load(Ordering::Relaxed) < acts {
            sleep(TICK).await;
        }
        self.is_running.store(true, Ordering::Relaxed);
    }

    /// Records how many units the run has committed so far.
    pub(super) fn done(&self, units: u64) {
        self.done.store(units, Ordering::Relaxed);
    }

    /// The batch that the run has probably read and not yet written, as positions in the order of the run.
    pub(super) fn in_hand(&self, batch: NonZeroU32) -> Range<u64> {
        let done = self.done.load(Ordering::Relaxed);
        done..done + u64::from(batch.get())
    }

    /// Marks the run as over, finished or stopped. The writers stop.
    pub(super) fn end(&self) {
        self.is_running.store(false, Ordering::Relaxed);
        self.is_over.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Relaxed)
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}
