//! How far the proof is, as the writers and the run tell each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::sleep;

/// How often somebody looks whether the other has got on.
const TICK: Duration = Duration::from_millis(1);

/// The writers write before the backfill runs, while it does, and no longer.
#[derive(Debug, Default)]
pub(super) struct Phase {
    acted: AtomicU64,
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
