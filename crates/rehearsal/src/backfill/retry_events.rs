//! Several attempts at one pass, which look like one to whoever listens: what was reported is not reported again.

use crate::event::{Event, Events, ResumePoint};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the attempts so far have reported. Each goes through the same findings and lines from the first, in the same order.
#[derive(Debug, Default)]
pub(super) struct RetryEvents {
    found: Reported,
    noticed: Reported,
    lines: Reported,
    /// Where the first one began, once it did.
    begun: Mutex<Option<Option<ResumePoint>>>,
}

/// How many of a kind of events were reported by all of them, and how many this one has come to.
#[derive(Debug, Default)]
struct Reported {
    reported: AtomicU64,
    come_to: AtomicU64,
}

impl Reported {
    fn begin(&self) {
        self.come_to.store(0, Ordering::Relaxed);
    }

    fn is_new(&self) -> bool {
        let come_to = self.come_to.fetch_add(1, Ordering::Relaxed) + 1;
        self.reported.fetch_max(come_to, Ordering::Relaxed) < come_to
    }
}

impl RetryEvents {
    /// Another one begins.
    pub(super) fn begin(&self) {
        [&self.found, &self.noticed, &self.lines].into_iter().for_each(Reported::begin);
    }

    /// Passes on what is new.
    pub(super) fn tell(&self, event: Event, events: Events<'_>) {
        let is_new = match &event {
            Event::FindingReported(_) => self.found.is_new(),
            Event::FindingCommitted(_) => self.noticed.is_new(),
            Event::Unit { .. } => self.lines.is_new(),
            Event::BackfillStarted { resumed, .. } => {
                let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
                let is_first = begun.is_none();
                begun.get_or_insert_with(|| resumed.clone());
                is_first
            }
            _ => true,
        };
        if is_new {
            events(event);
        }
    }

    /// True once the database was reached and the units were counted: what goes wrong before that is not likely to pass.
    pub(super) fn is_under_way(&self) -> bool {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Where an earlier process had stopped.
    pub(super) fn resumed(self) -> Option<ResumePoint> {
        self.begun.into_inner().unwrap_or_else(PoisonError::into_inner).flatten()
    }
}
