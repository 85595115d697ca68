//! Several attempts at one pass, which look like one to whoever listens: what was told is not told again.

use super::Effect;
use crate::event::{Event, Events, Resumed};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the attempts so far have told.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// How many findings, by all of them. Each attempt goes through the findings from the first, in the same order.
    told: AtomicU64,
    /// How many findings this one has come to.
    come_to: AtomicU64,
    /// The same of lines about units.
    lines_told: AtomicU64,
    lines_come_to: AtomicU64,
    /// How many batches.
    committed: AtomicU64,
    /// Where the first one began, once it did.
    begun: Mutex<Option<Begun>>,
}

/// What an earlier process had left.
#[derive(Debug, Clone)]
struct Begun {
    resumed: Option<Resumed>,
    retries: u64,
}

impl Attempts {
    /// Another one begins: behind the last batch that was committed, or, where nothing is kept, with the first unit.
    pub(super) fn begin(&self, effect: Effect) {
        self.come_to.store(0, Ordering::Relaxed);
        let lines = if effect.work().is_some() { self.lines_told() } else { 0 };
        self.lines_come_to.store(lines, Ordering::Relaxed);
    }

    /// Passes on what is new.
    pub(super) fn tell(&self, event: Event, events: Events<'_>) {
        let is_new = match &event {
            Event::Found(_) => {
                let come_to = self.come_to.fetch_add(1, Ordering::Relaxed) + 1;
                self.told.fetch_max(come_to, Ordering::Relaxed) < come_to
            }
            Event::Unit { .. } => {
                let come_to = self.lines_come_to.fetch_add(1, Ordering::Relaxed) + 1;
                self.lines_told.fetch_max(come_to, Ordering::Relaxed) < come_to
            }
            Event::BackfillStarted { resumed, counts, .. } => {
                let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
                let is_first = begun.is_none();
                begun.get_or_insert_with(|| Begun { resumed: resumed.clone(), retries: counts.retries });
                is_first
            }
            Event::Batch { .. } => {
                self.committed.fetch_add(1, Ordering::Relaxed);
                true
            }
            _ => true,
        };
        if is_new {
            events(event);
        }
    }

    /// How many batches were committed, or would have been.
    pub(super) fn committed(&self) -> u64 {
        self.committed.load(Ordering::Relaxed)
    }

    /// True once the database was reached and the units were counted: what goes wrong before that is not likely to pass.
    pub(super) fn is_under_way(&self) -> bool {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// How many lines about units were told.
    pub(super) fn lines_told(&self) -> u64 {
        self.lines_told.load(Ordering::Relaxed)
    }

    /// How many retries the run had before this process took it up; none where no attempt has come so far.
    pub(super) fn retries_before(&self) -> Option<u64> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|begun| begun.retries)
    }

    /// Where an earlier process had stopped.
    pub(super) fn resumed(self) -> Option<Resumed> {
        self.begun.into_inner().unwrap_or_else(PoisonError::into_inner).and_then(|begun| begun.resumed)
    }
}
