//! How far the proof is, as the writers and the run tell each other.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::sleep;

/// How often somebody looks whether the other has got on.
const TICK: Duration = Duration::from_millis(1);

/// The writers write before the backfill runs, while it does, and no longer.
#[derive(Debug, Default)]
pub(super) struct Phase {
    acted: AtomicU64,
    /// How many units are committed.
    done: AtomicU64,
    is_running: AtomicBool,
    is_over: AtomicBool,
}

impl Phase {
    /// A writer has done something.
    pub(super) fn acted(&self) {
        self.acted.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until so many things were done, and has the run begin.
    pub(super) async fn run_behind(&self, acts: u64) {
        while self.acted.load(Ordering::Relaxed) < acts {
            sleep(TICK).await;
        }
        self.is_running.store(true, Ordering::Relaxed);
    }

    /// The run has committed so many units.
    pub(super) fn done(&self, units: u64) {
        self.done.store(units, Ordering::Relaxed);
    }

    /// The places, in the order of the run, of the units that it has read and not written, about: the next batch.
    pub(super) fn in_hand(&self, batch: NonZeroU32) -> Range<u64> {
        let done = self.done.load(Ordering::Relaxed);
        done..done + u64::from(batch.get())
    }

    /// The run is over, or has to be: nobody writes any more.
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
